"""Signed questions: single requests to an S3-compatible store, whose raw answers are looked at."""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import md5
from urllib.parse import quote, urlencode

import httpx
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from lxml import etree

from services.credentials.access.probes import PROBE_NAME
from shared.errors import EndpointNotAllowedError, StorageError, StorageUnavailableError
from shared.leases import Bucket, SessionKeys
from shared.storage.limits import LARGEST_ANSWER
from shared.storage.s3_answers import refusal_of
from shared.storage.signing.s3 import bucket_url

ONE_BYTE = {"Range": "bytes=0-0"}
PLAIN = {"Accept-Encoding": "identity"}
ENCODING = "Content-Encoding"  # of an object, or unasked for: a thousand times as long when read
_OTHER_BODY = {"Content-MD5": b64encode(md5(b"no", usedforsecurity=False).digest()).decode()}
_NO_PART = urlencode({"partNumber": "1", "uploadId": PROBE_NAME})
_SHORT = 4_096  # bytes of an answer that is no listing: an error document; of an object nothing


@dataclass(frozen=True, slots=True)
class Reply:
    """A store's answer. The body is cut off at the limit of what was asked for."""

    status: int
    headers: httpx.Headers
    body: bytes

    @property
    def is_success(self) -> bool:
        return httpx.codes.is_success(self.status)

    @property
    def root(self) -> str:
        """Return the name of the document's root element, empty for what is no XML."""
        found = _parse(self.body)
        return "" if found is None else etree.QName(found).localname

    @property
    def code(self) -> str:
        """Return the code of an S3 error, empty when there is none."""
        return self.field("Code")

    def field(self, name: str) -> str:
        """Return the text of a child of the document's root element, empty when there is none."""
        found = _parse(self.body)
        return "" if found is None else found.findtext(f"{{*}}{name}") or ""

    def find_text(self, entry: str, name: str) -> str | None:
        """Return a field of the first entry of this name, None when there is no such entry."""
        found = _parse(self.body)
        return None if found is None else found.findtext(f"{{*}}{entry}/{{*}}{name}")

    def refusal(self) -> StorageError:
        """Return what an answer means that is no success, with the store's words as its cause."""
        return refusal_of(self.status, self.headers, self.body)


class SignedQuestions:
    """Ask about one bucket with a key of the customer's. Nothing is written, and no session made.

    Raises StorageUnavailableError when the store cannot be reached there.
    """

    def __init__(self, http: httpx.AsyncClient, bucket: Bucket, keys: SessionKeys) -> None:
        self._http = http
        self._bucket = bucket
        self._keys = keys

    async def list(
        self,
        query: Mapping[str, str],
        bucket: Bucket | None = None,
        *,
        headers: Mapping[str, str] = {},
    ) -> Reply:
        """Ask for a listing of the bucket, or of the same one as it is addressed here."""
        url = f"{bucket_url(bucket or self._bucket)}?{urlencode(query, quote_via=quote)}"
        return await self._ask("GET", url, headers, limit=LARGEST_ANSWER)

    async def list_buckets(self) -> Reply:
        """Ask for the names of all buckets of the account, of one bucket at most."""
        path = bucket_url(replace(self._bucket, path_style=True))
        url = path.removesuffix(f"{self._bucket.name}/") + "?max-buckets=1"
        return await self._ask("GET", url, {})

    async def put_part(self, key: str) -> Reply:
        """Put an empty part of an upload that nobody began, which nothing can come of.

        Whoever may not write is refused before the upload is looked for; UploadPart needs the
        right to put objects ("UploadPart", Amazon S3 API Reference). A digest that is another
        body's keeps even a server from storing it that does not look at the query.
        """
        return await self._ask("PUT", f"{self._object_url(key)}?{_NO_PART}", _OTHER_BODY)

    async def put_part_unsigned(self, key: str) -> Reply:
        """Try the same as a stranger."""
        url = f"{self._object_url(key)}?{_NO_PART}"
        return await self._send("PUT", url, _OTHER_BODY, b"", _SHORT)

    def _object_url(self, key: str) -> str:
        return bucket_url(self._bucket) + quote(key, safe="/~")

    async def read_byte(self, key: str, headers: Mapping[str, str]) -> Reply:
        """Ask for the first byte of an object, with further headers that are signed."""
        return await self._ask("GET", self._object_url(key), {**ONE_BYTE, **headers})

    async def read_version(self, key: str, version_id: str) -> Reply:
        """Ask for the first byte of a version of an object."""
        query = urlencode({"versionId": version_id})
        return await self._ask("GET", f"{self._object_url(key)}?{query}", ONE_BYTE)

    async def read_byte_by(self, url: str) -> Reply:
        """Ask for the first byte of an object by a presigned URL."""
        return await self._send("GET", url, ONE_BYTE, b"", _SHORT)

    async def ask_sts(self) -> Reply:
        """Ask the endpoint for a session of a second, which every STS refuses as too short."""
        path = bucket_url(replace(self._bucket, path_style=True))
        query = {"Action": "AssumeRole", "DurationSeconds": "1", "Version": "2011-06-15"}
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        body = urlencode(query).encode()
        url = path.removesuffix(f"{self._bucket.name}/")
        return await self._ask("POST", url, headers, body=body, service="sts")

    async def _ask(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        *,
        body: bytes = b"",
        service: str = "s3",
        limit: int = _SHORT,
    ) -> Reply:
        request = AWSRequest(method=method, url=url, headers=dict(headers), data=body)
        token = self._keys.session_token
        credentials = Credentials(
            self._keys.access_key_id,
            self._keys.secret_access_key.get_secret_value(),
            None if token is None else token.get_secret_value(),
        )
        signer = S3SigV4Auth if service == "s3" else SigV4Auth
        signer(credentials, service, self._bucket.region).add_auth(request)
        return await self._send(method, url, dict(request.headers.items()), body, limit)

    async def _send(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes, limit: int
    ) -> Reply:
        received = b""
        try:
            sent = {**headers, **PLAIN}
            async with self._http.stream(method, url, headers=sent, content=body) as answer:
                if ENCODING not in answer.headers:
                    async for chunk in answer.aiter_bytes():
                        received += chunk
                        if len(received) >= limit:
                            break
        except EndpointNotAllowedError as error:
            raise StorageUnavailableError(error.detail) from error
        except (httpx.RequestError, httpx.InvalidURL) as error:
            raise StorageUnavailableError("The object store cannot be reached.") from error
        return Reply(answer.status_code, answer.headers, received[:limit])


def _parse(body: bytes) -> etree._Element | None:
    # The bytes come from a server that a customer may run: no entities, no network.
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    try:
        return etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError):
        return None
