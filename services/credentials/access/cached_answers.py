"""Cached answers: whether a browser keeps one and gives it to whoever asks differently later."""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import httpx

from services.credentials.access.cors_verdicts import CorsAnswer, read_seconds

LONG_ENOUGH = timedelta(minutes=1)
"""A copy that is fresh for less is hardly met: the page that made it is still loading."""


def traps_readers(plain: CorsAnswer) -> bool:
    """Say whether the answer to a request without `Origin` fails a page that reads with CORS.

    It does when a browser keeps it, it allows no origin, and it does not say that it depends on
    `Origin`: the page that reads the same URL gets the copy, which allows nobody. Where the answer
    says nothing of its life, browsers guess one from its age. That is so of nearly every object,
    the more so the older it is, and no fault of the bucket's: it does not count here.
    """
    varies = {name.strip().lower() for name in plain.headers.get("vary", "").split(",")}
    allows = "access-control-allow-origin" in plain.headers
    return not allows and not varies & {"origin", "*"} and freshness(plain) >= LONG_ENOUGH


def freshness(answer: CorsAnswer) -> timedelta:
    """Return for how long a copy is used without asking, as the answer says (RFC 9111, 4.2.1).

    That is none at all where it says nothing, or nothing that is understood.
    """
    rules = _directives(answer.headers.get("cache-control", ""))
    if not answer.is_success or rules.keys() & {"no-store", "no-cache"}:
        return timedelta(0)
    if "max-age" in rules:
        return timedelta(seconds=read_seconds(rules["max-age"]) or 0)
    sent, expires = _time(answer.headers, "date"), _time(answer.headers, "expires")
    if sent is None or expires is None:
        return timedelta(0)
    return max(expires - sent, timedelta(0))


def _directives(text: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in text.lower().split(","))
    return {name.strip(): value.strip(' "') for name, _, value in pairs}


def _time(headers: httpx.Headers, name: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(headers[name])
    except (KeyError, ValueError, OverflowError):  # the last of a year that no calendar has
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
