"""Checks of viewing: does a presigned URL work, and may browsers of each origin use it."""

import html
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TypeAlias

import httpx

from services.credentials.access.causes import CauseKind
from services.credentials.access.checks import Cause, Finding, failed, passed, warning
from services.credentials.access.probes import Probes
from services.credentials.setup.cors import EXPOSED_HEADERS, METHODS
from shared.errors import StorageUnavailableError
from shared.leases import Bucket

ONE_BYTE = {"Range": "bytes=0-0"}
LONGEST_BODY = 4_096  # an error document; of an object nothing is read

# Fetch Standard, "CORS-safelisted response-header name": scripts see these anyway.
_SAFELISTED = {"cache-control", "content-language", "content-length", "content-type"}
_SAFELISTED |= {"expires", "last-modified", "pragma"}
_CODE = re.compile(rb"<Code>([A-Za-z0-9.]{1,64})</Code>")
_MESSAGE = re.compile(rb"<Message>([^<]{1,2048})</Message>")
_REDIRECTS = {HTTPStatus.MOVED_PERMANENTLY, HTTPStatus.FOUND, HTTPStatus.TEMPORARY_REDIRECT}


ExplainUnsigned: TypeAlias = Callable[[int, str, str], Finding]
"""Explain a refusal's status, code and message, which is looked at and not shown."""


@dataclass(frozen=True, slots=True)
class SignedUrl:
    """A presigned URL, and the bucket that it leads to."""

    bucket: Bucket
    url: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    headers: httpx.Headers
    code: str
    message: str

    @property
    def is_success(self) -> bool:
        return httpx.codes.is_success(self.status)


class BrowserChecks:
    """Do what a browser will do, and judge the answers' headers as it does."""

    def __init__(self, probes: Probes) -> None:
        self._probes = probes

    async def sign(self, signed: SignedUrl, explain: ExplainUnsigned) -> Finding:
        """Fetch one byte by a really presigned URL; `explain` a refusal."""
        answer = await self._ask("GET", signed, ONE_BYTE)
        if answer.is_success:
            return passed("A presigned URL fetches an object.")
        if answer.status in _REDIRECTS or answer.code == "AuthorizationHeaderMalformed":
            return failed(
                "The presigned URL leads to another region.",
                Cause(
                    CauseKind.OTHER_REGION, "Verify again: the bucket's region is then looked up."
                ),
            )
        return explain(answer.status, answer.code, answer.message)

    async def are_refused(self, signed: SignedUrl) -> bool:
        """Say whether the store refuses browsers with this URL; one that is busy does not."""
        answer = await self._ask("GET", signed, ONE_BYTE)
        busy = answer.status == HTTPStatus.TOO_MANY_REQUESTS
        return httpx.codes.is_client_error(answer.status) and not busy

    async def cors(
        self, origin: str, signed: SignedUrl, remedy: Cause, *, object_exists: bool
    ) -> Finding:
        """Ask as a page of this origin would: preflights first, then a GET."""
        for method in METHODS:
            headers = {
                "Origin": origin,
                "Access-Control-Request-Method": method,
                "Access-Control-Request-Headers": "range",
            }
            problem = judge_preflight(await self._ask("OPTIONS", signed, headers), origin, method)
            if problem is not None:
                return failed(problem, remedy)
        if not object_exists:
            return warning(
                f"The preflights for {origin} pass; a GET could not be tried without an object."
            )
        answer = await self._ask("GET", signed, {"Origin": origin, **ONE_BYTE})
        if not _allows(answer, origin):
            problem = f"A GET of a page at {origin} is answered without allowing this origin."
            return failed(problem, remedy)
        hidden = hidden_headers(answer.headers)
        if hidden:
            sentence = f"Scripts of {origin} cannot see the headers {', '.join(hidden)}."
            return warning(sentence, remedy)
        return passed(f"Pages at {origin} may read objects.")

    async def _ask(self, method: str, signed: SignedUrl, headers: dict[str, str]) -> _Answer:
        http = self._probes.client_for(signed.bucket)
        try:
            async with http.stream(method, signed.url, headers=headers) as response:
                body = b""
                if not response.is_success:
                    body = await _read(response)
        except httpx.TransportError as error:
            raise StorageUnavailableError("The object store cannot be reached.") from error
        code, message = (_text(pattern, body) for pattern in (_CODE, _MESSAGE))
        return _Answer(response.status_code, response.headers, code, message)


def judge_preflight(answer: _Answer, origin: str, method: str) -> str | None:
    """Return what a browser would stumble over (Fetch Standard, "CORS-preflight fetch"), or None.

    GET and HEAD need not be in the list of methods, which browsers do not look up for them.
    """
    if not answer.is_success or not _allows(answer, origin):
        return f"The bucket's CORS rules do not let {origin} {method} with the header Range."
    headers = _names(answer.headers, "access-control-allow-headers")
    if not headers & {"range", "*"}:
        return f"The bucket's CORS rules do not let {origin} send the header Range."
    return None


def hidden_headers(headers: httpx.Headers) -> list[str]:
    """Return the headers that viewers need and scripts could not see."""
    visible = _SAFELISTED | _names(headers, "access-control-expose-headers")
    if "*" in visible:
        return []
    return [name for name in EXPOSED_HEADERS if name.lower() not in visible]


def _allows(answer: _Answer, origin: str) -> bool:
    """Fetch Standard, "CORS check", for a request without credentials."""
    return answer.headers.get("access-control-allow-origin") in {origin, "*"}


def _names(headers: httpx.Headers, name: str) -> set[str]:
    return {part.strip().lower() for part in headers.get(name, "").split(",") if part.strip()}


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
    return body
