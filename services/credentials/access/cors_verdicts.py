"""CORS verdicts: what a browser makes of an answer to a page of another origin.

The Fetch standard decides, for requests without credentials, as those with presigned URLs are:
`fetch(url)` and `crossorigin="anonymous"` send no cookies to another site.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

import httpx

SAFELISTED_METHODS = frozenset({"GET", "HEAD", "POST"})

# Fetch, "CORS-safelisted response-header name": scripts see these anyway.
_VISIBLE = frozenset({"cache-control", "content-language", "content-length", "content-type"})
_VISIBLE |= {"expires", "last-modified", "pragma"}
_REDIRECTS = frozenset({301, 302, 303, 307, 308})

LONGEST_LIFE = 2**31
"""Seconds: what caches take for whatever is longer."""

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_SIMPLE_RANGE = re.compile(r"bytes=(\d+)-(\d*)", re.ASCII)
_LONGEST_VALUE = 128
_OWS = " \t"


class Fault(StrEnum):
    """The rule that an answer breaks."""

    NO_ORIGIN = "no_origin"
    """Access-Control-Allow-Origin is not there."""
    OTHER_ORIGIN = "other_origin"
    """It names something else than the page's origin, character by character, or `*`."""
    SEVERAL_ORIGINS = "several_origins"
    """It comes more than once, or with several origins in it."""
    STATUS = "status"
    """A preflight's status is not one of success."""
    REDIRECT = "redirect"
    """A preflight is redirected; or a read is, to where its signature does not count."""
    LIST = "list"
    """A list in a preflight's answer is no list of names."""
    METHOD = "method"
    """The method is not in Access-Control-Allow-Methods."""
    HEADERS = "headers"
    """Not every header is in Access-Control-Allow-Headers."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a page may go on, or which rule forbids it; `names` is what it is about."""

    fault: Fault | None = None
    names: tuple[str, ...] = ()

    @property
    def allowed(self) -> bool:
        return self.fault is None


ALLOWED = Verdict()


@dataclass(frozen=True, slots=True)
class CorsAnswer:
    """An answer of a server of another origin, without its body."""

    status: int
    headers: httpx.Headers

    @property
    def is_success(self) -> bool:
        return httpx.codes.is_success(self.status)

    @property
    def is_redirect(self) -> bool:
        """Say whether a browser follows it, to wherever it leads."""
        return self.status in _REDIRECTS and "location" in self.headers

    @property
    def allows_all(self) -> bool:
        return _value(self, "access-control-allow-origin") == "*"


@dataclass(frozen=True, slots=True)
class CorsRequest:
    """A read by a page of `origin`, with the headers that its script sets."""

    origin: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def unsafe_headers(self) -> tuple[str, ...]:
        """Return the names of the headers that a server must allow, in order and lower case."""
        unsafe = {name.lower() for name, value in self.headers.items() if not is_safe(name, value)}
        return tuple(sorted(unsafe))

    @property
    def needs_preflight(self) -> bool:
        return self.method not in SAFELISTED_METHODS or bool(self.unsafe_headers)

    @property
    def sent_headers(self) -> dict[str, str]:
        """Return what the request itself carries; a part is never asked for compressed."""
        sent = {"Origin": self.origin, **self.headers}
        part = any(name.lower() == "range" for name in self.headers)
        return {**sent, "Accept-Encoding": "identity"} if part else sent

    @property
    def preflight_headers(self) -> dict[str, str]:
        """Return what the preflight carries (Fetch, "CORS-preflight fetch", steps 2 to 6)."""
        asked = {"Origin": self.origin, "Access-Control-Request-Method": self.method}
        if self.unsafe_headers:
            asked["Access-Control-Request-Headers"] = ",".join(self.unsafe_headers)
        return asked


def is_safe(name: str, value: str) -> bool:
    """Say whether a header needs no preflight, of those that viewers set.

    Of the safelisted ones (Fetch, "CORS-safelisted request-header") that is one range with a
    beginning. The others, as `Accept`, are not judged by value and count as unsafe.
    """
    if name.lower() != "range" or len(value) > _LONGEST_VALUE:
        return False
    found = _SIMPLE_RANGE.fullmatch(value.strip(_OWS))
    return found is not None and (not found[2] or int(found[1]) <= int(found[2]))


def judge_preflight(request: CorsRequest, answer: CorsAnswer) -> Verdict:
    """Judge the answer to a preflight (Fetch, "CORS-preflight fetch", step 7).

    GET and HEAD need not be in the list of methods, but a list that is none is refused for them
    too.
    """
    if not answer.is_success:
        return Verdict(Fault.REDIRECT if answer.status in _REDIRECTS else Fault.STATUS)
    verdict = _judge_origin(request.origin, answer)
    if not verdict.allowed:
        return verdict
    methods = _names(answer, "access-control-allow-methods")
    headers = _names(answer, "access-control-allow-headers")
    if methods is None or headers is None:
        return Verdict(Fault.LIST)
    if request.method not in SAFELISTED_METHODS | {*methods} and "*" not in methods:
        return Verdict(Fault.METHOD, (request.method,))
    allowed = {name.lower() for name in headers}
    refused = [name for name in request.unsafe_headers if not _is_allowed(name, allowed)]
    return Verdict(Fault.HEADERS, tuple(refused)) if refused else ALLOWED


def judge_answer(request: CorsRequest, answer: CorsAnswer) -> Verdict:
    """Judge the answer to the read itself (Fetch, "CORS check").

    An error that names the origin is read by the page as well as a success. A redirect that does is
    followed, but what was signed for one address is refused at another.
    """
    verdict = _judge_origin(request.origin, answer)
    if verdict.allowed and answer.is_redirect:
        return Verdict(Fault.REDIRECT)
    return verdict


def hidden_headers(answer: CorsAnswer, wanted: Sequence[str]) -> tuple[str, ...]:
    """Return which headers scripts do not see (Fetch, "main fetch", on exposed headers)."""
    exposed = _names(answer, "access-control-expose-headers") or ()
    if "*" in exposed:
        return ()
    visible = _VISIBLE | {name.lower() for name in exposed}
    return tuple(name for name in wanted if name.lower() not in visible)


def kept_preflight_seconds(answer: CorsAnswer) -> int:
    """Return for how long browsers need not ask again: five seconds where nothing is said."""
    kept = read_seconds(_value(answer, "access-control-max-age"))
    return 5 if kept is None else kept


def read_seconds(text: str) -> int | None:
    """Read delta-seconds, None where they are none; more than 2^31 are 2^31 (RFC 9111, 1.2.2)."""
    if not (text.isascii() and text.isdigit()):
        return None
    digits = text.lstrip("0") or "0"
    return LONGEST_LIFE if len(digits) > len(str(LONGEST_LIFE)) else min(int(digits), LONGEST_LIFE)


def _judge_origin(origin: str, answer: CorsAnswer) -> Verdict:
    value = _value(answer, "access-control-allow-origin")
    if not value:
        return Verdict(Fault.NO_ORIGIN)
    if value in {origin, "*"}:
        return ALLOWED
    several = tuple(part for part in re.split(r"[ \t,]+", value) if part)
    if len(several) > 1:
        return Verdict(Fault.SEVERAL_ORIGINS, several)
    return Verdict(Fault.OTHER_ORIGIN, (value,))


def _is_allowed(name: str, allowed: set[str]) -> bool:
    """Fetch, "CORS non-wildcard request-header name": Authorization must be named."""
    return name in allowed or ("*" in allowed and name != "authorization")


def _names(answer: CorsAnswer, name: str) -> tuple[str, ...] | None:
    """Return a list of names, or None where it is not one (Fetch, "extract header list values")."""
    parts = (part.strip(_OWS) for part in _value(answer, name).split(","))
    names = tuple(part for part in parts if part)
    return names if all(_TOKEN.fullmatch(part) for part in names) else None


def _value(answer: CorsAnswer, name: str) -> str:
    """Return a header's value; lines of one name are joined by a comma (Fetch, "get")."""
    value: str = answer.headers.get(name, "")
    return value.strip(_OWS)
