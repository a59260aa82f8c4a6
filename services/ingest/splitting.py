"""Splitting: where a stretch of the key space is cut, so that its pieces are about equal work.

A listing tells nothing of how many keys lie where, so keys are sampled: the first one behind each
of some points that are spread over the stretch. Where keys are dense the samples stay apart, and
where there are none they fall together. What is still unequal evens out when ranges are done and
others are cut again.
"""

import asyncio
from bisect import bisect_left
from collections.abc import Sequence
from itertools import takewhile
from operator import eq
from string import ascii_lowercase, ascii_uppercase, digits

from shared.database.asset_merge import end_of_prefix
from shared.storage.base import ObjectStore

PROBES = 8  # at a time: as many as a range more or less costs a store
DIGITS = 8  # characters behind the common prefix that points are spread over
SAMPLES = 2  # for each piece
ROUNDS = 5  # of sampling, each in a smaller part of the stretch
LEVELS = 2  # of the key space in which the last key is looked for
_SMALLEST = " "
_GREATEST = "\U0010ffff"
_LAST_ASCII = 0x7F
_KIN = (digits, "abcdef", ascii_lowercase[6:], ascii_uppercase)
_SURROGATES = range(0xD800, 0xE000)  # code points that no text has


async def find_boundaries(
    store: ObjectStore,
    prefix: str,
    *,
    after: str | None,
    upper: str | None,
    pieces: int,
    seen: Sequence[str] = (),
) -> list[str]:
    """Return up to `pieces - 1` keys that cut what lies in `(after, upper]`, in ascending order.

    None is an open end. `seen` are keys that were listed just now: they show what characters keys
    are made of. There are fewer boundaries, or none, where too little is left to cut.
    """
    probe = _Probe(store, prefix, upper)
    low = await probe.end_of_page(after)
    if low is None:
        return []
    high = await _find_last(probe, low) if upper is None else upper
    samples = sorted(await _sample(probe, low, high, count=SAMPLES * pieces, seen=seen))
    chosen = [samples[len(samples) * number // pieces] for number in range(1, pieces) if samples]
    return sorted(set(chosen))


async def _sample(
    probe: "_Probe", low: str, high: str, *, count: int, seen: Sequence[str]
) -> set[str]:
    """Return keys between two, about as many as asked for if there are.

    Where few are found, the points are spread anew over the part that they did not show empty.
    """
    samples: set[str] = set()
    begin, end = low, high
    for _ in range(ROUNDS):
        points = _spread(begin, end, count=count, seen=[*seen, low, high])
        found = await probe.first_behind_each(points)
        inside = {key for key in found if key is not None and low < key < high}
        empty = [point for point, key in zip(points, found, strict=True) if key not in inside]
        samples |= inside
        if len(inside) >= count // SAMPLES or not points:
            break
        begin, end = max(inside, default=begin), min(empty, default=end)
        if begin >= end:
            break
    return samples


class _Probe:
    """Ask for single keys of a listing."""

    def __init__(self, store: ObjectStore, prefix: str, upper: str | None) -> None:
        self._store = store
        self._prefix = prefix
        self._upper = upper

    async def end_of_page(self, point: str | None) -> str | None:
        """Return the last key of the page behind a point; None when there is nothing behind it."""
        async for page in self._store.list_pages(self._prefix, after=point):
            if page.last is None or (self._upper is not None and page.last >= self._upper):
                return None
            return page.last
        return None

    async def first_behind(self, point: str | None) -> str | None:
        """Return the first key behind a point and up to the bound; None when there is none."""
        async for page in self._store.list_pages(self._prefix, after=point, page_size=1):
            for row in page.rows:
                return row.key if self._upper is None or row.key <= self._upper else None
        return None

    async def first_behind_each(self, points: Sequence[str]) -> list[str | None]:
        """Return the first key behind each point, asking some at a time."""
        found: list[str | None] = []
        for start in range(0, len(points), PROBES):
            some = points[start : start + PROBES]
            found += await asyncio.gather(*map(self.first_behind, some))
        return found


async def _find_last(probe: _Probe, low: str) -> str:
    """Return a key near the last one: of those with its first characters, as few as may be."""
    high = low
    for _ in range(LEVELS):
        place = await _find_difference(probe, high)
        found = await _find_greatest(probe, high, place)
        if found == high:
            break
        high = found
    return high


async def _find_difference(probe: _Probe, key: str) -> int:
    """Return how many of the key's first characters all keys behind it share with it."""
    fewest, most = 0, len(key)  # behind all keys with `fewest` of them is nothing
    while most - fewest > 1:
        places = _between(fewest, most)
        ends = [end_of_prefix(key[:place]) or _GREATEST for place in places]
        found = await probe.first_behind_each(ends)
        for place, behind in zip(places, found, strict=True):
            if behind is None:
                fewest = place
            else:
                most = place
                break
    return fewest


async def _find_greatest(probe: _Probe, key: str, place: int) -> str:
    """Return the first key behind the last one of `key` that differs at this place the most."""
    first, last = ord(key[place : place + 1] or _SMALLEST), ord(_GREATEST)
    if first < _LAST_ASCII and await probe.first_behind(key[:place] + chr(_LAST_ASCII)) is None:
        last = _LAST_ASCII
    while last - first > 1:
        steps = [step for step in _between(first, last) if step not in _SURROGATES]
        found = await probe.first_behind_each([key[:place] + chr(step) for step in steps])
        for step, behind in zip(steps, found, strict=True):
            if behind is None:
                last = step
                break
            key, first = behind, max(step, ord(behind[place : place + 1] or _SMALLEST))
        if not steps:
            break
    return key


def _between(first: int, last: int) -> list[int]:
    """Return numbers between two, spread evenly, as many as are asked for at a time."""
    spread = {first + (last - first) * each // (PROBES + 1) for each in range(1, PROBES + 1)}
    return sorted(spread - {first})


def _spread(low: str, high: str, *, count: int, seen: Sequence[str]) -> list[str]:
    """Return points between two keys, spread evenly over the texts that look like those seen."""
    shared = _shared(low, high)
    place = len(shared)
    ends = ord(low[place : place + 1] or _SMALLEST), ord(high[place : place + 1] or _SMALLEST)
    letters = ""
    if ends[1] > _LAST_ASCII:  # a script whose letters were not all seen
        letters = "".join(chr(each) for each in _between(*ends) if each not in _SURROGATES)
    alphabets = [
        _alphabet(seen, place, letters),
        *(_alphabet(seen, place + behind) for behind in range(1, DIGITS)),
    ]
    first, last = (_number(key[len(shared) :], alphabets) for key in (low, high))
    numbers = [first + (last - first) * each // (count + 1) for each in range(1, count + 1)]
    points = [shared + _text(number, alphabets) for number in dict.fromkeys(numbers)]
    return [point for point in points if low < point < high]


def _alphabet(seen: Sequence[str], place: int, more: str = "") -> str:
    """Return the characters that keys may have at a place, in order: those seen, and their kin."""
    letters = {key[place] for key in seen if len(key) > place} | set(more)
    for kin in _KIN:
        if letters & set(kin):
            letters |= set(kin)
    return "".join(sorted(letters)) or _SMALLEST


def _number(text: str, alphabets: Sequence[str]) -> int:
    number = 0
    for place, alphabet in enumerate(alphabets):
        digit = bisect_left(alphabet, text[place]) if place < len(text) else 0
        number = number * len(alphabet) + min(digit, len(alphabet) - 1)
    return number


def _text(number: int, alphabets: Sequence[str]) -> str:
    letters = []
    for alphabet in reversed(alphabets):
        number, digit = divmod(number, len(alphabet))
        letters.append(alphabet[digit])
    return "".join(reversed(letters))


def _shared(low: str, high: str) -> str:
    """Return the characters that both begin with."""
    same = sum(1 for _ in takewhile(bool, map(eq, low, high)))
    return low[:same]
