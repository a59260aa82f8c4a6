"""Objects' bytes: an object of a customer's bucket as a stream that survives broken connections.

The bytes are always those of one object: when it was replaced meanwhile, the rest is not read.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from http import HTTPStatus

import httpx

from shared.errors import (
    SourceChangedError,
    SourceTooLargeError,
    StorageError,
    StorageThrottledError,
    StorageUnavailableError,
)

MOST_FAILURES = 5  # in a row; with pauses that double from the first one: about six seconds
FIRST_PAUSE = timedelta(milliseconds=200)
PROGRESS = 1024 * 1024  # bytes between two failures, so that they are not in a row

_PAST_THE_END = HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE
ANSWERS = (HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT, _PAST_THE_END)
"""The statuses that are no refusal."""

_CONTENT_RANGE = re.compile(r"bytes (\d{1,19})-\d{1,19}/(\d{1,19})")
_UNSATISFIED_RANGE = re.compile(r"bytes \*/(\d{1,19})")
_PASSING = (StorageUnavailableError, StorageThrottledError)

Ask = Callable[[Mapping[str, str]], Awaitable[httpx.Response]]
"""Ask for an object with these headers; the answer's body is still to be read."""


class ObjectBytes:
    """Iterate over the chunks of one object, each of 1 MiB at most.

    `size` and `etag` (without quotes) are the object's when it was opened, `position` is how far it
    has been read. Raises SourceChangedError when it is no longer that object, and what the object
    store answers.
    """

    def __init__(self, ask: Ask, *, start: int, etag: str | None, first_pause: timedelta) -> None:
        self.size = start
        self.position = start
        self.etag = etag or ""
        self._ask = ask
        self._first_pause = first_pause
        self._answer: httpx.Response | None = None
        self._failures = 0
        self._since_failure = 0

    async def begin(self, *, largest: int) -> None:
        """Ask for the object, or raise SourceTooLargeError."""
        while self._answer is None:
            try:
                self._answer = await self._ask_for_rest()
            except _PASSING as error:
                await self._bear(error)
        self.size = _size_of(self._answer, self.position)
        self._check(self._answer)
        if self.size > largest:
            raise SourceTooLargeError(
                f"The object has {self.size:,} bytes, and at most {largest:,} are read."
            )

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Yield the chunks from `position` on."""
        while self.position < self.size:
            try:
                if self._answer is None:
                    self._answer = await self._ask_for_rest()
                    self._check(self._answer)
                with translated_transport_errors():
                    # Raw: an object that is stored with a Content-Encoding is what is stored.
                    async for chunk in self._answer.aiter_raw():
                        self._note(len(chunk))
                        yield chunk
                if self.position < self.size:
                    raise StorageUnavailableError("The object store sent a part of the object.")
            except _PASSING as error:
                await self._bear(error)
        await self.close()

    async def close(self) -> None:
        """Let go of the connection."""
        answer, self._answer = self._answer, None
        if answer is not None:
            await answer.aclose()

    def _note(self, length: int) -> None:
        self.position += length
        if self.position > self.size:
            raise StorageError("The object store sent more than the object has.")
        self._since_failure += length
        if self._since_failure >= PROGRESS:
            self._failures = 0

    async def _bear(self, error: StorageError) -> None:
        """Wait before the next try, or raise the error after too many in a row."""
        await self.close()
        if self._failures == MOST_FAILURES:
            raise error
        await asyncio.sleep((self._first_pause * (1 << self._failures)).total_seconds())
        self._failures += 1
        self._since_failure = 0

    async def _ask_for_rest(self) -> httpx.Response:
        headers = {}
        if self.position:
            headers["Range"] = f"bytes={self.position}-"
        if self.etag and not self.etag.startswith("W/"):  # a weak one never matches (RFC 9110)
            headers["If-Match"] = f'"{self.etag}"'
        return await self._ask(headers)

    def _check(self, answer: httpx.Response) -> None:
        """Raise SourceChangedError for another object, also of a server that takes no If-Match."""
        etag = answer.headers.get("etag", "").strip('"')
        same_etag = self.etag in ("", etag) or answer.status_code == _PAST_THE_END
        if not same_etag or _size_of(answer, self.position) != self.size:
            raise changed_source()
        self.etag = etag or self.etag


def _size_of(answer: httpx.Response, start: int) -> int:
    """Return the size of the whole object whose bytes from `start` on are answered."""
    match answer.status_code:
        case HTTPStatus.OK if start == 0:
            length = answer.headers.get("content-length", "")
            if length.isdecimal():
                return int(length)
        case HTTPStatus.PARTIAL_CONTENT:
            part = _CONTENT_RANGE.fullmatch(answer.headers.get("content-range", ""))
            if part and int(part[1]) == start:
                return int(part[2])
        case HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            whole = _UNSATISFIED_RANGE.fullmatch(answer.headers.get("content-range", ""))
            if whole and int(whole[1]) < start:
                raise changed_source()
            return start  # which is the end, also of an object that Ceph does not tell the size of
    raise StorageError("The object store does not read ranges, or does not say what it answers.")


def changed_source() -> SourceChangedError:
    """Return what to say when an object is no longer the one whose reading began."""
    return SourceChangedError("The object was replaced while it was read: begin anew.")


@contextmanager
def translated_transport_errors() -> Iterator[None]:
    """Raise what breaks a connection as StorageUnavailableError."""
    try:
        yield
    except httpx.TransportError as error:
        raise StorageUnavailableError("The object store cannot be reached.") from error
