"""Origin checks: what pages of each browser origin may do with signed URLs.

Each asks as a browser does, and judges as it does. Only where that fails are further questions
asked, to say why.
"""

import asyncio
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from services.credentials.access.browsers import BrowserChecks, SignedUrl, StoreAnswer
from services.credentials.access.cached_answers import traps_readers
from services.credentials.access.checks import Finding, ask_together, passed, skipped
from services.credentials.access.cors_findings import CorsFindings, CorsRule
from services.credentials.access.cors_verdicts import (
    CorsRequest,
    hidden_headers,
    judge_answer,
    judge_preflight,
    kept_preflight_seconds,
)
from services.credentials.access.near_origins import near_origins
from services.credentials.access.signed_questions import ONE_BYTE
from services.credentials.setup.cors import EXPOSED_HEADERS, REQUEST_HEADERS
from shared.storage.signing.base import Method

ORIGIN_CHECKS = ("browser_get", "browser_preflight", "browser_range", "browser_head")
"""The names of the checks that there are for each origin."""

_OTHER: dict[Method, Method] = {"GET": "HEAD", "HEAD": "GET"}
_NOT_ENABLED = "CORS is not enabled"  # "CORS configuration", Amazon S3 User Guide, troubleshooting
_PARTIAL = 206


@dataclass(frozen=True, slots=True)
class ViewerUrls:
    """What a viewer gets for one object. `object_exists` says whether it can be read."""

    get: SignedUrl
    head: SignedUrl
    object_exists: bool


class OriginChecks:
    """Ask for the pages of every origin of one location. `rule` is that of its cloud."""

    def __init__(self, browsers: BrowserChecks, urls: ViewerUrls, rule: CorsRule) -> None:
        self._browsers = browsers
        self._urls = urls
        self._rule = rule
        self._lock = asyncio.Lock()
        self._traps: bool | None = None

    def ask(self, origin: str) -> Sequence[tuple[str, Awaitable[Finding]]]:
        """Return the name of each check, and its question."""
        pages = _Pages(self, self._browsers, self._urls, CorsFindings(origin, self._rule))
        questions = (pages.get(), pages.preflight(), pages.range(), pages.head())
        return list(zip(ORIGIN_CHECKS, questions, strict=True))

    async def trap_readers(self) -> bool:
        """Say whether a copy that was loaded without CORS fails who reads; it is asked once."""
        async with self._lock:
            if self._traps is None:
                plain = await self._browsers.ask("GET", self._urls.get, {})
                self._traps = traps_readers(plain)
            return self._traps


class _Pages:
    """The pages of one origin."""

    def __init__(
        self, checks: OriginChecks, browsers: BrowserChecks, urls: ViewerUrls, say: CorsFindings
    ) -> None:
        self._checks = checks
        self._browsers = browsers
        self._urls = urls
        self._say = say
        self._origin = say.origin
        self._lock = asyncio.Lock()
        self._reasons: dict[Method, Finding | None] = {}

    # --- the checks ---------------------------------------------------------------------------

    async def get(self) -> Finding:
        """Read as `<img crossorigin>` does, and as `fetch` without options."""
        answer = await self._read(CorsRequest(self._origin), self._urls.get)
        if isinstance(answer, Finding):
            return answer
        if await self._checks.trap_readers():
            return self._say.kept_copy()
        others = ", and so may those of any other origin" if answer.allows_all else ""
        return passed(f"Pages at {self._origin} may read objects{others}.")

    async def head(self) -> Finding:
        """Ask for an object's headers alone."""
        answer = await self._read(CorsRequest(self._origin, "HEAD"), self._urls.head)
        if isinstance(answer, Finding):
            return answer
        return passed(f"Pages at {self._origin} may ask for an object's headers alone.")

    async def range(self) -> Finding:
        """Read one part, which needs no preflight, and look whether scripts see which one it is."""
        answer = await self._read(CorsRequest(self._origin, headers=ONE_BYTE), self._urls.get)
        if isinstance(answer, Finding):
            return answer
        if answer.status != _PARTIAL:
            return self._say.whole_answer()
        hidden = hidden_headers(answer, EXPOSED_HEADERS)
        if hidden:
            return self._say.headers_hidden(hidden)
        return passed(f"Pages at {self._origin} may read parts of objects, and see which they got.")

    async def preflight(self) -> Finding:
        """Ask before a read with every header that viewers set, as browsers do."""
        if mixed := self._mixed():
            return mixed
        request = _with_headers(self._origin, REQUEST_HEADERS)
        answer = await self._ask_before(request)
        verdict = judge_preflight(request, answer)
        if verdict.allowed:
            kept = kept_preflight_seconds(answer)
            return passed(
                f"Pages at {self._origin} may send the headers that viewers set. Browsers keep this"
                f" answer for {kept} s."
            )
        return self._say.shown("preflight", verdict) or await self._explain_preflight()

    # --- asking -------------------------------------------------------------------------------

    async def _read(self, request: CorsRequest, signed: SignedUrl) -> StoreAnswer | Finding:
        """Return an answer that the page may read, or why there is none."""
        if mixed := self._mixed():
            return mixed
        method: Method = "HEAD" if request.method == "HEAD" else "GET"
        if not self._urls.object_exists:
            return await self._explain(method) or skipped(
                f"The CORS rules let pages at {self._origin} {method} objects. That could not be"
                " tried with one: see the check `read`."
            )
        answer = await self._browsers.ask(method, signed, request.sent_headers)
        verdict = judge_answer(request, answer)
        if not (answer.is_success or answer.is_redirect):
            return self._say.refused(method, answer.status)
        if verdict.allowed:
            return answer
        shown = self._say.shown(method, verdict)
        return shown or await self._explain(method) or self._say.lost(method)

    async def _explain(self, method: Method) -> Finding | None:
        """Say why the rules keep the origin out; None when a preflight finds that they do not."""
        async with self._lock:
            if method not in self._reasons:
                self._reasons[method] = await self._find_reason(method)
            return self._reasons[method]

    async def _find_reason(self, method: Method) -> Finding | None:
        nearby, other = near_origins(self._origin), _OTHER[method]
        own, others, *near = await self._ask_all(
            CorsRequest(self._origin, method),
            CorsRequest(self._origin, other),
            *(CorsRequest(each, method) for each in nearby),
        )
        verdict = judge_preflight(CorsRequest(self._origin, method), own)
        if verdict.allowed:
            return None
        if shown := self._say.shown("preflight", verdict):
            return shown
        if judge_preflight(CorsRequest(self._origin, other), others).allowed:
            return self._say.method_missing(method, other)
        allowed = [
            each
            for each, answer in zip(nearby, near, strict=True)
            if judge_preflight(CorsRequest(each, method), answer).allowed
        ]
        if allowed:
            return self._say.nearly_allowed(allowed)
        if _NOT_ENABLED in own.message:
            return self._say.no_rules()
        return self._say.no_rule(method)

    async def _explain_preflight(self) -> Finding:
        """Ask for each header alone, where the origin may read at all."""
        if reason := await self._explain("GET"):
            return reason
        requests = [_with_headers(self._origin, [name]) for name in REQUEST_HEADERS]
        answers = await self._ask_all(*requests)
        missing = [
            name
            for name, request, answer in zip(REQUEST_HEADERS, requests, answers, strict=True)
            if not judge_preflight(request, answer).allowed
        ]
        return self._say.headers_missing(missing)

    async def _ask_before(self, request: CorsRequest) -> StoreAnswer:
        signed = self._urls.head if request.method == "HEAD" else self._urls.get
        return await self._browsers.ask_awake("OPTIONS", signed, request.preflight_headers)

    async def _ask_all(self, *requests: CorsRequest) -> list[StoreAnswer]:
        return await ask_together(*map(self._ask_before, requests))

    def _mixed(self) -> Finding | None:
        url = urlsplit(self._urls.get.url)
        if self._origin.startswith("http:") or url.scheme == "https" or is_local(url.hostname):
            return None
        return self._say.mixed_content(url.netloc)


def is_local(host: str | None) -> bool:
    """Say whether browsers trust a host without TLS (Secure Contexts, 3.1)."""
    if host is None:
        return False
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _with_headers(origin: str, names: Sequence[str]) -> CorsRequest:
    """Return a read whose preflight names these headers: none of their values is a safe one."""
    return CorsRequest(origin, headers=dict.fromkeys(names, "*"))
