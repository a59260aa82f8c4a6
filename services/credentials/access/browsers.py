"""Checks of signed URLs: does a store answer those who have nothing else, as browsers."""

import html
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TypeAlias

import httpx

from services.credentials.access.causes import CauseKind
from services.credentials.access.checks import Cause, Finding, failed, passed
from services.credentials.access.cors_verdicts import CorsAnswer
from services.credentials.access.probes import Probes
from services.credentials.access.signed_questions import ENCODING, ONE_BYTE
from shared.errors import StorageThrottledError, StorageUnavailableError
from shared.leases import Bucket

LONGEST_BODY = 4_096  # an error document; of an object nothing is read

_CODE = re.compile(rb"<Code>([A-Za-z0-9.]{1,64})</Code>")
_MESSAGE = re.compile(rb"<Message>([^<]{1,2048})</Message>")
_REDIRECTS = {HTTPStatus.MOVED_PERMANENTLY, HTTPStatus.FOUND, HTTPStatus.TEMPORARY_REDIRECT}


@dataclass(frozen=True, slots=True)
class UrlRefusal:
    """A store's refusal of a presigned URL, and its message, which is looked at and not shown.

    `only_aged` says that a URL which was just signed works, and one of some minutes ago does not.
    """

    status: int
    code: str
    message: str
    only_aged: bool = False


ExplainUnsigned: TypeAlias = Callable[[UrlRefusal], Finding]


@dataclass(frozen=True, slots=True)
class SignedUrl:
    """A URL that allows one method on one object, and the bucket that it leads to."""

    bucket: Bucket
    url: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class StoreAnswer(CorsAnswer):
    """An answer, and the code and the sentence of the error document in it, if it is one."""

    code: str = ""
    message: str = ""


class BrowserChecks:
    """Use signed URLs, each at the address that it was signed for."""

    def __init__(self, probes: Probes) -> None:
        self._probes = probes

    async def sign(
        self, signed: SignedUrl, aged: SignedUrl | None, explain: ExplainUnsigned
    ) -> Finding:
        """Fetch one byte by a URL that was just signed, and by an `aged` one; `explain` a refusal.

        Viewers use URLs some minutes after they were signed.
        """
        answer = await self.ask_awake("GET", signed, ONE_BYTE)
        if answer.is_success:
            refusal = None if aged is None else await self._find_refusal(aged)
            if refusal is not None:
                return explain(
                    UrlRefusal(refusal.status, refusal.code, refusal.message, only_aged=True)
                )
            return passed("A presigned URL fetches an object.")
        if answer.status in _REDIRECTS or answer.code == "AuthorizationHeaderMalformed":
            return failed(
                "The presigned URL leads to another region.",
                Cause(
                    CauseKind.OTHER_REGION, "Verify again: the bucket's region is then looked up."
                ),
            )
        return explain(UrlRefusal(answer.status, answer.code, answer.message))

    async def are_refused(self, signed: SignedUrl) -> bool:
        """Say whether the store refuses browsers with this URL; one that is busy does not."""
        return await self._find_refusal(signed) is not None

    async def _find_refusal(self, signed: SignedUrl) -> StoreAnswer | None:
        answer = await self.ask("GET", signed, ONE_BYTE)
        busy = answer.status == HTTPStatus.TOO_MANY_REQUESTS
        return answer if httpx.codes.is_client_error(answer.status) and not busy else None

    async def ask(self, method: str, signed: SignedUrl, headers: Mapping[str, str]) -> StoreAnswer:
        """Send this, and return the answer. Raise StorageUnavailableError.

        Of an object nothing is read.
        """
        http = self._probes.client_for(signed.bucket)
        try:
            async with http.stream(method, signed.url, headers=headers) as response:
                body = b""
                if not response.is_success and ENCODING not in response.headers:
                    body = await _read(response)
        except (httpx.RequestError, httpx.InvalidURL) as error:
            raise StorageUnavailableError("The object store cannot be reached.") from error
        code, message = (_text(pattern, body) for pattern in (_CODE, _MESSAGE))
        return StoreAnswer(response.status_code, response.headers, code, message)

    async def ask_awake(
        self, method: str, signed: SignedUrl, headers: Mapping[str, str]
    ) -> StoreAnswer:
        """Do the same of a store that answers at all: one that is busy refuses nobody.

        Raise StorageThrottledError, or StorageUnavailableError.
        """
        answer = await self.ask(method, signed, headers)
        if answer.status in {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}:
            raise StorageThrottledError("The object store asks us to slow down.")
        if httpx.codes.is_server_error(answer.status):
            raise StorageUnavailableError("The object store fails on its side.")
        return answer


def _text(pattern: re.Pattern[bytes], body: bytes) -> str:
    """Return what an error document says, empty when it does not."""
    found = pattern.search(body)
    return "" if found is None else html.unescape(found[1].decode(errors="replace"))


async def _read(response: httpx.Response) -> bytes:
    body = b""
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) >= LONGEST_BODY:
            break
    return body[:LONGEST_BODY]
