"""SAS tokens that customers made: taken apart, judged, and never shown."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import unquote

from pydantic import SecretStr

from shared.errors import InvalidInputError

FIELD = "sas"
NEEDED = frozenset("rl")
CHANGING = {
    "w": "write",
    "d": "delete",
    "a": "add",
    "c": "create",
    "x": "delete versions",
    "y": "delete for good",
    "m": "move",
    "t": "set tags",
    "i": "set immutability",
    "o": "change owners",
    "p": "change permissions",
    "u": "update",
    "f": "filter by tags",
}
"""What a SAS may allow beyond r, l and e ("Create a service SAS", "Create an account SAS")."""

_PARAMETERS = frozenset(
    (
        *("sv", "ss", "srt", "sr", "st", "se", "sp", "spr", "sip", "si", "sig", "sdd", "ses"),
        *("skoid", "sktid", "skt", "ske", "sks", "skv", "saoid", "suoid", "scid", "sduoid"),
        *("skdutid", "srh", "srq", "rscc", "rscd", "rsce", "rscl", "rsct"),
    )
)
_WORDS = re.compile(r"[!$%&'()*+,./0-9:;=?@A-Z_a-z~-]{1,4096}")  # RFC 3986, "Query"


@dataclass(frozen=True, slots=True)
class SasToken:
    """A SAS: its query without the question mark, and what it says of itself. Times are UTC."""

    query: SecretStr
    permissions: frozenset[str]
    starts_at: datetime | None
    expires_at: datetime
    reaches_account: bool
    needs_https: bool

    @property
    def changes(self) -> list[str]:
        """Return what it may do beyond listing and reading, in words."""
        return [word for letter, word in CHANGING.items() if letter in self.permissions]


def parse_sas(text: SecretStr, account: str) -> SasToken:
    """Read a SAS, a query with or without its question mark, or a whole URL of the account's.

    Raise InvalidInputError (field `sas`), which shows nothing of it.
    """
    query = _query(text.get_secret_value().strip(), account)
    values = _split(query)
    for name in ("sig", "se", "sp"):
        if not values.get(name):
            raise _invalid(f"A SAS must have the parameter {name}.")
    permissions = frozenset(values["sp"])
    if not permissions >= NEEDED:
        raise _invalid("A SAS must allow to read and to list: its parameter sp has r and l.")
    reaches_account = "srt" in values
    if reaches_account and not ("b" in values.get("ss", "") and {*"co"} <= {*values["srt"]}):
        raise _invalid("An account SAS must cover blobs (ss=b), containers and objects (srt=co).")
    if not reaches_account and values.get("sr") != "c":
        raise _invalid("A SAS must be one for a container (sr=c), or for the account.")
    start = values.get("st")
    return SasToken(
        query=SecretStr(query),
        permissions=permissions,
        starts_at=None if start is None else _time(start, "st"),
        expires_at=_time(values["se"], "se"),
        reaches_account=reaches_account,
        needs_https=values.get("spr", "https,http") == "https",
    )


def _query(text: str, account: str) -> str:
    if not _WORDS.fullmatch(text):
        raise _invalid("A SAS is a query, percent-encoded, of at most 4,096 characters.")
    place, _, query = text.partition("?")
    _, is_url, address = place.partition("://")
    if not is_url:
        return text.removeprefix("?")
    if address.partition("/")[0].partition(".")[0] != account:
        raise _invalid("The URL of the SAS is of another account.")
    return query


def _split(query: str) -> dict[str, str]:
    values: dict[str, str] = {}
    for part in query.split("&"):
        name, equals, value = part.partition("=")
        if name not in _PARAMETERS or not equals or name in values:
            raise _invalid("The SAS has a parameter that none has, or one twice.")
        values[name] = unquote(value)
    return values


def _time(text: str, name: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError) as error:  # a year that no calendar has in UTC
        raise _invalid(f"The parameter {name} of the SAS is not a time.") from error


def _invalid(sentence: str) -> InvalidInputError:
    return InvalidInputError(sentence, field=FIELD)
