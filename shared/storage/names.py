"""The names on a listing page: decoded, checked, and those apart that no text can hold."""

from binascii import a2b_qp
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from operator import le, lt
from typing import Self
from urllib.parse import unquote_to_bytes

from shared.errors import BrokenListingError
from shared.storage.base import UndecodableKey, decode_key


@dataclass(frozen=True, slots=True)
class Names:
    """Keys, or common beginnings of keys, as the page has them; then those that are text."""

    all: Sequence[str | UndecodableKey]
    keys: list[str]
    undecodable: list[UndecodableKey]

    @classmethod
    def decode(cls, texts: list[str], *, url_encoded: bool) -> Self:
        """Return the names that were written as these texts."""
        keys = _undo_all_at_once(texts) if url_encoded else texts
        if keys is not None:
            return cls(keys, keys, [])
        names = [decode_key(undo_percents(text.replace("+", " "))) for text in texts]
        undecodable = [name for name in names if isinstance(name, UndecodableKey)]
        return cls(names, [name for name in names if isinstance(name, str)], undecodable)

    def check_prefix(self, prefix: str) -> None:
        """Raise BrokenListingError for a name that does not begin with the prefix."""
        # What lies between two keys that begin so begins so too; to sort what is sorted is quick.
        ends = sorted(self.keys)[:: max(len(self.keys) - 1, 1)] if prefix else ()
        if not all(key.startswith(prefix) for key in ends) or not all(
            name.raw.startswith(prefix.encode()) for name in self.undecodable
        ):
            raise BrokenListingError(
                "The listing has keys outside of the prefix that was asked for."
            )


def ascend(keys: Sequence[str], *, strictly: bool = True) -> bool:
    """Say whether each key is greater than the one before, or at least no less.

    Python compares text by code points, and UTF-8 keeps their order.
    """
    return all(map(lt if strictly else le, keys, islice(keys, 1, None)))


def _undo_all_at_once(texts: list[str]) -> list[str] | None:
    """Undo the encoding, in which S3 writes a space as `+` and a plus as `%2B`.

    No XML can hold the NUL that is put between them. None when one is a key that no text can hold.
    """
    joined = "\0".join(texts)
    if "%" not in joined and "+" not in joined:
        return texts
    try:
        names = undo_percents(joined.replace("+", " ")).decode().split("\0")
    except UnicodeDecodeError:
        return None
    return names if len(names) == len(texts) else None


def undo_percents(text: str) -> bytes:
    """Return what `unquote_to_bytes` returns, by a decoder in C.

    Quoted-printable is percent-encoding with another sign, and where each sign stood before two
    digits each has made three bytes one. It also joins lines, which no URL has.
    """
    quoted = text.replace("=", "%3D").replace("%", "=").encode()
    raw = a2b_qp(quoted)
    is_same = len(raw) == len(quoted) - 2 * quoted.count(b"=")
    has_lines = b"\n" in quoted or b"\r" in quoted
    return raw if is_same and not has_lines else unquote_to_bytes(text)
