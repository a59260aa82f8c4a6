"""Cursor pagination: lists come in pages, each with an opaque cursor to the next one."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64Error
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar
from uuid import UUID

from pydantic import BaseModel

from shared.errors import InvalidInputError
from shared.storage.base import decode_key

DEFAULT_LIMIT = 100
LARGEST_LIMIT = 1000
_NUMBER_BYTES = 4

Item = TypeVar("Item")
Row = TypeVar("Row")


class Page(BaseModel, Generic[Item]):
    """One page. `next_cursor` is null on the last one."""

    items: Sequence[Item]
    next_cursor: str | None


def cut(
    rows: Sequence[Row], limit: int, position: Callable[[Row], UUID | bytes]
) -> tuple[Sequence[Row], str | None]:
    """Return a page and the cursor to the next one, from up to `limit + 1` rows.

    The rows are in the order of their `position`, an id or a key. The last page has no cursor.
    """
    if len(rows) <= limit:
        return rows, None
    return rows[:limit], encode_cursor(position(rows[limit - 1]))


def encode_cursor(last: UUID | bytes) -> str:
    """Make a cursor from the last row's id or key."""
    raw = last.bytes if isinstance(last, UUID) else last
    return urlsafe_b64encode(raw).decode().rstrip("=")


def decode_cursor(cursor: str | None) -> bytes | None:
    """Return what the cursor holds, or raise InvalidInputError (field `cursor`)."""
    if cursor is None:
        return None
    try:
        held = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    except (NotBase64Error, ValueError) as error:
        raise _refused() from error
    if encode_cursor(held) != cursor:  # the decoder skips what it does not know
        raise _refused()
    return held


def decode_id_cursor(cursor: str | None) -> UUID | None:
    """Return the id that the cursor holds, or raise InvalidInputError (field `cursor`)."""
    raw = decode_cursor(cursor)
    if raw is None:
        return None
    try:
        return UUID(bytes=raw)
    except ValueError as error:
        raise _refused() from error


def encode_number(number: int) -> bytes:
    """Return a number as the position of a row."""
    return number.to_bytes(_NUMBER_BYTES)


def decode_number_cursor(cursor: str | None) -> int | None:
    """Return the number that the cursor holds, or raise InvalidInputError (field `cursor`)."""
    raw = decode_cursor(cursor)
    if raw is None:
        return None
    if len(raw) != _NUMBER_BYTES:
        raise _refused()
    return int.from_bytes(raw)


def decode_key_cursor(cursor: str | None) -> str | None:
    """Return the key that the cursor holds, or raise InvalidInputError (field `cursor`)."""
    raw = decode_cursor(cursor)
    if raw is None:
        return None
    key = decode_key(raw)
    if not isinstance(key, str):
        raise _refused()
    return key


def _refused() -> InvalidInputError:
    return InvalidInputError("The cursor is not one that this list gave.", field="cursor")
