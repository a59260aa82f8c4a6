"""The capability probe: asks a store that speaks S3's API what of it works there."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from http import HTTPStatus

from services.credentials.access.objects import choose_samples
from services.credentials.access.probes import Probes
from services.credentials.access.signed_questions import Reply, SignedQuestions
from services.credentials.access.trials import PROBE_LIFE
from shared.clock import Clock
from shared.errors import BrokenListingError, StorageUnavailableError
from shared.leases import Bucket, SessionKeys, SigningGrant
from shared.storage.capabilities import Capabilities, Listing
from shared.storage.listing_xml import ListingDocument, parse_listing
from shared.storage.names import ascend
from shared.storage.pages import read_rows
from shared.storage.s3_answers import refusal_of
from shared.storage.signing.base import ResponseOverrides, UrlRequest
from shared.storage.signing.local import presign
from shared.storage.signing.s3 import bucket_url

# For each question but the first: two come one after the other, and all fit into a check's ten.
PATIENCE = timedelta(seconds=3)

# What a store of ListObjects alone may answer to `list-type=2`; most ignore it.
_NOT_KNOWN = {
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.METHOD_NOT_ALLOWED,
    HTTPStatus.NOT_IMPLEMENTED,
}
# "AssumeRole", AWS STS API Reference, "Errors"; RGW answers as S3 does, and only its STS says so.
_STS_CODES = {"InvalidArgument", "InvalidParameterValue", "MissingParameter", "ValidationError"}
_OVERRIDES = ResponseOverrides(
    content_type="text/x-mooring-probe",
    content_disposition='attachment; filename="mooring-probe"',
    cache_control="private, max-age=61",
)


@dataclass(frozen=True, slots=True)
class _FirstPage:
    """The first page of the prefix: its first key, and an object that can be read."""

    listing: Listing
    encoded: bool
    ordered: bool | None
    first: str | None
    sample: str | None


class CapabilityProbe:
    """Ask eight short questions, with the credential's own keys, and write nothing."""

    def __init__(self, probes: Probes, clock: Clock) -> None:
        self._probes = probes
        self._clock = clock

    async def ask(
        self, bucket: Bucket, prefix: str, keys: SessionKeys, signing: SigningGrant
    ) -> Capabilities:
        """Return what the store does.

        Raise what a refused listing means (StorageError) and BrokenListingError for what is none:
        of such a store nothing else can be found out. A question that the store does not answer is
        left open.
        """
        questions = SignedQuestions(self._probes.client_for(bucket), bucket, keys)
        page = await _list_first(questions, prefix)
        other = replace(bucket, path_style=not _is_path(bucket))
        url = None if page.sample is None else self._presign(bucket, page.sample, signing)
        async with asyncio.TaskGroup() as group:
            begin = group.create_task
            reaches = begin(_patiently(lambda: _reaches(questions, other, bucket, prefix)))
            start_after = begin(_patiently(lambda: _starts_after(questions, page, prefix)))
            versions = begin(_patiently(lambda: _lists_versions(questions, prefix)))
            sts = begin(_patiently(lambda: _has_sts(questions)))
            checksum_mode, overrides = await _read(questions, page.sample, url)
        return Capabilities(
            path_style=_is_path(bucket) or reaches.result() is True,
            virtual_host=not _is_path(bucket) or reaches.result() is True,
            listing=page.listing,
            start_after=start_after.result(),
            ordered=page.ordered,
            encoded=page.encoded,
            versions=versions.result(),
            sts=sts.result(),
            checksum_mode=checksum_mode,
            overrides=overrides,
        )

    def _presign(self, bucket: Bucket, key: str, signing: SigningGrant) -> str:
        signed_at = self._clock.now().replace(microsecond=0)
        requests = [UrlRequest(key, overrides=_OVERRIDES)]
        (url,) = presign(bucket, signing, requests, signed_at=signed_at, expires_in=PROBE_LIFE)
        return url


async def _patiently(ask: Callable[[], Awaitable[bool | None]]) -> bool | None:
    """Ask; None when the store does not answer, or not in time."""
    try:
        async with asyncio.timeout(PATIENCE.total_seconds()):
            return await ask()
    except (TimeoutError, StorageUnavailableError):
        return None


async def _list_first(questions: SignedQuestions, prefix: str) -> _FirstPage:
    query = {"prefix": prefix, "max-keys": "1000", "encoding-type": "url"}
    reply = await questions.list({"list-type": "2", **query})
    listing: Listing | None = None
    if reply.status in _NOT_KNOWN:
        older = await questions.list(query)
        if older.is_success:
            reply, listing = older, "v1"
    document = _document(reply)
    names = document.names("Contents", "Key", prefix)
    rows = read_rows(document, "Contents", names)
    samples = choose_samples(rows)
    return _FirstPage(
        listing=listing or _listing_of(document),
        encoded=document.url_encoded,
        ordered=ascend(names.keys) if len(names.keys) > 1 else None,
        first=next(iter(names.keys), None),
        sample=samples[0][0].key if samples else None,
    )


def _document(reply: Reply) -> ListingDocument:
    if not reply.is_success:
        headers = {name.lower(): text for name, text in reply.headers.items()}
        raise refusal_of(reply.status, headers, reply.body)
    return parse_listing(reply.body, "ListBucketResult", "Contents")


def _listing_of(document: ListingDocument) -> Listing:
    """Tell the two listings by what only one has ("ListObjectsV2", Amazon S3 API Reference).

    The older one has a Marker, and goes on without a token.
    """
    if document.text("KeyCount") or document.text("NextContinuationToken"):
        return "v2"
    has_marker = document.root.find(f"{document.space}Marker") is not None
    return "v1" if has_marker or not document.is_last() else "v2"


async def _reaches(
    questions: SignedQuestions, other: Bucket, bucket: Bucket, prefix: str
) -> bool | None:
    """Say whether the bucket is listed at its other address, if it has one."""
    if bucket_url(other) == bucket_url(bucket):
        return False
    reply = await questions.list({"list-type": "2", "prefix": prefix, "max-keys": "1"}, other)
    return reply.is_success and reply.root == "ListBucketResult"


async def _starts_after(questions: SignedQuestions, page: _FirstPage, prefix: str) -> bool | None:
    """Say whether a listing behind the first key leaves that key, and those before it, out."""
    if page.first is None or page.listing == "v1":
        return None
    query = {"list-type": "2", "prefix": prefix, "max-keys": "1", "encoding-type": "url"}
    reply = await questions.list({**query, "start-after": page.first})
    if not reply.is_success:
        return None if _is_passing(reply) else False
    try:
        keys = _document(reply).names("Contents", "Key", prefix).keys
    except BrokenListingError:
        return False
    return all(key > page.first for key in keys)


async def _lists_versions(questions: SignedQuestions, prefix: str) -> bool | None:
    reply = await questions.list(
        {"versions": "", "prefix": prefix, "max-keys": "1", "encoding-type": "url"}
    )
    if _is_passing(reply):
        return None
    return reply.is_success and reply.root == "ListVersionsResult"


async def _has_sts(questions: SignedQuestions) -> bool | None:
    """Say whether the refusal is an STS's: its errors have a root of their own."""
    reply = await questions.ask_sts()
    if reply.root in {"ErrorResponse", "AssumeRoleResponse"}:
        return True
    if _is_passing(reply):
        return None
    return reply.status == HTTPStatus.BAD_REQUEST and reply.code in _STS_CODES


async def _read(
    questions: SignedQuestions, sample: str | None, url: str | None
) -> tuple[bool | None, bool | None]:
    """Say whether a GET may ask for checksums, and a presigned one set the answer's headers.

    Open where the object cannot be read at all.
    """
    if sample is None or url is None:
        return None, None
    if not await _patiently(lambda: _reads(questions, sample, {})):
        return None, None
    with_mode = {"x-amz-checksum-mode": "ENABLED"}
    async with asyncio.TaskGroup() as group:
        checksum_mode = group.create_task(_patiently(lambda: _reads(questions, sample, with_mode)))
        overrides = group.create_task(_patiently(lambda: _overrides(questions, url)))
    return checksum_mode.result(), overrides.result()


async def _reads(questions: SignedQuestions, sample: str, headers: dict[str, str]) -> bool | None:
    reply = await questions.read_byte(sample, headers)
    return None if _is_passing(reply) else reply.is_success


async def _overrides(questions: SignedQuestions, url: str) -> bool | None:
    reply = await questions.read_byte_by(url)
    if _is_passing(reply):
        return None
    wanted = {
        "content-type": _OVERRIDES.content_type,
        "content-disposition": _OVERRIDES.content_disposition,
        "cache-control": _OVERRIDES.cache_control,
    }
    found = {name: reply.headers.get(name) for name in wanted}
    return reply.is_success and found == wanted


def _is_passing(reply: Reply) -> bool:
    """Say whether an answer says only that the store is busy or broken now."""
    return reply.status == HTTPStatus.TOO_MANY_REQUESTS or (
        reply.status >= HTTPStatus.INTERNAL_SERVER_ERROR
        and reply.status != HTTPStatus.NOT_IMPLEMENTED
    )


def _is_path(bucket: Bucket) -> bool:
    """Say whether the bucket's name is in the path: as configured, or since it cannot be a host."""
    return bucket_url(bucket).endswith(f"/{bucket.name}/")
