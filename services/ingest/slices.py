"""Time slices: how long a job may keep its place in a worker, whatever its store does."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from shared.errors import StorageUnavailableError

# A store's own limits are tighter: two minutes for a request, and an hour for a search through
# deleted keys, which finds none to go on from.
LONGEST_ANSWER = timedelta(minutes=65)


class SliceOverError(Exception):
    """The slice ended while a store was waited for: take what there is, and come back."""


class TimeSlice:
    """The time that a job has for its range; it begins now.

    It ends after its length, or at once by `end`. Only `end` cuts short the wait for its first
    answer, since a range whose answers each take longer than a slice would never get on.
    """

    def __init__(self, length: timedelta, *, longest_answer: timedelta = LONGEST_ANSWER) -> None:
        self._now = asyncio.get_running_loop().time
        self._began = self._now()
        self._ends = self._began + length.total_seconds()
        self._longest_answer = longest_answer.total_seconds()
        self._may_wait = True
        self._waiting: asyncio.Timeout | None = None

    @property
    def elapsed(self) -> timedelta:
        return timedelta(seconds=self._now() - self._began)

    @property
    def is_over(self) -> bool:
        return self._now() >= self._ends

    def end(self) -> None:
        """End the slice now, also while a store is waited for."""
        self._ends, self._may_wait = self._now(), False
        if self._waiting is not None and not self._waiting.expired():
            self._waiting.reschedule(self._ends)

    @asynccontextmanager
    async def answer(self) -> AsyncIterator[None]:
        """Wait in the block for one answer of a store.

        Raise SliceOverError when the slice ends first, and StorageUnavailableError when the store
        answers nothing for longer than it ever should.
        """
        latest = self._now() + self._longest_answer
        try:
            async with asyncio.timeout_at(
                latest if self._may_wait else min(latest, self._ends)
            ) as self._waiting:
                yield
        except TimeoutError as error:
            if not self._may_wait and self.is_over:
                raise SliceOverError from error
            raise StorageUnavailableError("The object store does not answer in time.") from error
        finally:
            self._waiting = None
        self._may_wait = False
