"""Cached answers: whether a browser keeps one and gives it to whoever asks differently later."""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import httpx

from services.credentials.access.cors_verdicts import CorsAnswer

HEURISTIC = 10
"""A tenth of its age: RFC 9111, 4.2.2, and Chromium and Firefox do so."""

LONG_ENOUGH = timedelta(minutes=1)
"""A copy that is fresh for less is hardly met: the page that made it is still loading."""


def traps_readers(plain: CorsAnswer) -> bool:
    """Say whether the answer to a request without `Origin` fails a page that reads with CORS.

    It does when a browser keeps it, it allows no origin, and it does not say that it depends on
    `Origin`: the page that reads the same URL gets the copy, which allows nobody.
    """
    varies = {name.strip().lower() for name in plain.headers.get("vary", "").split(",")}
    allows = "access-control-allow-origin" in plain.headers
    return not allows and not varies & {"origin", "*"} and freshness(plain) >= LONG_ENOUGH


def freshness(answer: CorsAnswer) -> timedelta:
    """Return for how long a browser uses a copy without asking (RFC 9111, 4.2.1)."""
    rules = _directives(answer.headers.get("cache-control", ""))
    if not answer.is_success or rules.keys() & {"no-store", "no-cache"}:
        return timedelta(0)
    if "max-age" in rules:
        text = rules["max-age"]
        return timedelta(seconds=min(int(text), 2**31) if _is_number(text) else 0)
    sent = _time(answer.headers, "date")
    if "expires" in answer.headers:
        return _between(sent, _time(answer.headers, "expires"))
    if "must-revalidate" in rules:
        return timedelta(0)
    return _between(_time(answer.headers, "last-modified"), sent) / HEURISTIC


def _between(first: datetime | None, last: datetime | None) -> timedelta:
    if first is None or last is None:
        return timedelta(0)
    return max(last - first, timedelta(0))


def _directives(text: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in text.lower().split(","))
    return {name.strip(): value.strip(' "') for name, _, value in pairs}


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _time(headers: httpx.Headers, name: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(headers[name])
    except (KeyError, ValueError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
