"""Redaction: cut what looks like a secret out of text and values that go to a log."""

import re
from collections.abc import Mapping
from datetime import date, timedelta
from uuid import UUID

from pydantic import JsonValue

_CUT = "[cut]"

_NAMES = (
    r"(?:signature|credential|sig|authorization|password|passwd|pwd|secret|token"
    r"|secret_?access_?key|(?:session|access|security|refresh|id)[_-]?token"
    r"|(?:api|admin|service|signing|private|account|webhook)_?key)"
)
_NAMED = re.compile(
    rf"(?P<name>(?<![a-z]){_NAMES}\\*[\"']?\s*[:=]\s*)"
    r"(?:(?P<quote>\\*[\"']).*?(?P=quote)"
    r"|\\*[\"']?(?:(?:bearer|basic)\s+)?(?!\[cut\])[^&\s\"',;\\]+)",
    re.IGNORECASE,
)
"""What a name says is a secret: `name=…`, `name: …`, `"name": "…"`, also inside a JSON string."""

_LOOKS = re.compile(
    r"m(?:rg|bc)_[0-9a-f]{32}_[0-9a-f]{32}_[A-Za-z0-9_-]+"
    r"|(?:AKIA|ASIA|GOOG)[A-Z0-9]{12,}"
    r"|ya29\.[A-Za-z0-9._~+/=-]+"
    # Up to its end, or to that of what is left of it.
    r"|(?s:-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----.{0,10000}?(?:-----END [A-Z ]{0,40}-----|\Z))"
    r"|whsec_[A-Za-z0-9+/]+=*"
    r"|(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*"
    r"|(?P<bearer>(?<![A-Za-z])(?i:bearer)\s+)(?!\[cut\])[A-Za-z0-9._~+/=-]+"
    # Up to the last @, since passwords hold them; bounded, so that no line takes long.
    r"|(?P<login>://[^:/\s@]*:)[^\s\"'<>]{1,2000}(?=@)"
)
"""What looks like a secret by itself: keys, key ids, links, tokens, bearers, passwords in URLs."""

_SECRET_NAME = re.compile(rf"(?:.*[^a-z])?{_NAMES}", re.IGNORECASE | re.DOTALL)


def cut_secrets(text: str) -> str:
    """Replace signatures, tokens, key ids, API keys and passwords."""
    return _LOOKS.sub(_cut_look, _NAMED.sub(_cut_named, text))


def cut_value(name: str, value: object) -> JsonValue:
    """Return the value as JSON can show it, without secrets; whole when its name says it is one."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if _SECRET_NAME.fullmatch(name):
        return _CUT
    match value:
        case Mapping():
            return {cut_secrets(str(key)): cut_value(str(key), each) for key, each in value.items()}
        case list() | tuple() | set() | frozenset():
            return [cut_value(name, each) for each in value]
        case str() | UUID() | date() | timedelta():
            return cut_secrets(str(value))
        case _:
            return cut_secrets(repr(value))


def _cut_named(match: re.Match[str]) -> str:
    quote = match["quote"] or ""
    return f"{match['name']}{quote}{_CUT}{quote}"


def _cut_look(match: re.Match[str]) -> str:
    return (match["bearer"] or match["login"] or "") + _CUT
