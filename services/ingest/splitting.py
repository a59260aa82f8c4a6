"""Splitting: where a stretch of the key space is cut, so that its pieces are about equal work.

A listing cannot tell how many keys lie where. But a page tells how close together its keys are, so
pages are listed where most keys may lie unseen, until no gap matters; what lies in the gaps is
guessed. What is still unequal evens out when ranges are done and others are cut again.
"""

import asyncio
from collections.abc import Iterator, Sequence
from itertools import chain

from services.ingest.key_scale import LAST_CHARACTER
from services.ingest.landscape import (
    Landscape,
    Level,
    Page,
    Stretch,
    beginning_of,
    end_of,
    is_inside,
)
from services.ingest.weighing import Kinds, are_kin, is_settled, promise, weigh
from shared.storage.base import MAX_PAGE_SIZE, ObjectStore

PROBES = 8  # at a time: as many as a range more or less costs a store
REQUESTS = 4  # for each piece: half a second at 100 ms a request, eight at a time
FEWEST_REQUESTS = 10  # two pieces need as many to find where the keys end
_SMALL = 4  # gaps that weigh less than this part of a piece do not matter
_WORTH = 8  # gaps that weigh less than this part of the heaviest wait for the next round


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
    end = prefix + LAST_CHARACTER
    high = end if upper is None else min(upper, end)
    survey = _Survey(store, prefix, high, requests=max(FEWEST_REQUESTS, REQUESTS * pieces))
    page = await survey.list_page(after)
    if pieces < 2 or not page.keys or page.last == high:  # noqa: PLR2004 (one is no cut)
        return []
    land = Landscape(prefix, page.keys[0], high, seen)
    page = Page(land.low, page.last, page.keys[1:])
    await _find_root(survey, land, page)
    land.add_page(page)
    while True:
        top = land.draw()
        kinds = weigh(top)
        most = min(PROBES, max(2, pieces // 2), survey.requests)
        asked = _choose(top, kinds, weight=top.weight / pieces / _SMALL, most=most)
        if not asked:
            pages = top.weight / max(1, len(page.keys))
            return _cut(top, int(min(pieces, pages)))  # a piece is a page, or it is not worth it
        await survey.ask(land, asked)


class _Survey:
    """Ask for pages and folders, a limited number of times."""

    def __init__(self, store: ObjectStore, prefix: str, high: str, *, requests: int) -> None:
        self._store = store
        self._prefix = prefix
        self._high = high
        self.requests = requests

    async def list_page(self, after: str | None) -> Page:
        """Return the page behind a key, up to the upper bound."""
        self.requests -= 1
        async for page in self._store.list_pages(
            self._prefix, after=after, page_size=MAX_PAGE_SIZE
        ):
            keys = [row.key for row in page.rows if row.key <= self._high]
            last = self._high if page.last is None else min(page.last, self._high)
            return Page(after or "", last, keys)
        return Page(after or "", self._high, [])

    async def ask(self, land: Landscape, asked: Sequence[str | Level]) -> None:
        """Add what lies behind some texts, and the folders of some levels."""
        try:
            async with asyncio.TaskGroup() as group:
                for each in asked:
                    group.create_task(self._ask(land, each))
        except ExceptionGroup as failed:
            raise failed.exceptions[0] from failed  # the others failed for the same reason

    async def _ask(self, land: Landscape, asked: str | Level) -> None:
        if isinstance(asked, str):
            land.add_page(await self.list_page(asked))
            return
        self.requests -= 1
        children = await self._store.list_children(asked.folder, after=asked.low)
        folders = [each for each in children.entries if each.endswith("/")]
        land.add_folders(asked.folder, folders if children.is_last else [])


async def _find_root(survey: _Survey, land: Landscape, page: Page) -> None:
    """Find the deepest folder that all keys lie in, by looking behind those of a page."""
    shared = beginning_of(land.low, page.last)
    slashes = [place for place in range(len(land.prefix), len(shared)) if shared[place] == "/"]
    folders = [land.prefix, *(shared[: place + 1] for place in slashes)]
    first, last = 0, len(folders) - 1
    allowed = survey.requests // 2
    while first < last and survey.requests > allowed:
        middle = (first + last + 1) // 2
        behind = end_of(folders[middle])
        found = await survey.list_page(behind) if behind < land.high else None
        if found is None or not found.keys:
            first = middle
            continue
        land.add_page(found)
        last = max(each for each in range(middle) if found.keys[0].startswith(folders[each]))
    land.root = folders[first]


def _choose(top: Level, kinds: Kinds, *, weight: float, most: int) -> list[str | Level]:
    """Return where to look next: behind texts in the heaviest gaps, or for a level's folders."""
    stakes = sorted(_stakes(top, kinds), key=lambda each: each[0], reverse=True)
    asked: list[str | Level] = []
    for stake, level, gap in stakes:
        if len(asked) >= most or stake <= weight or stake < stakes[0][0] / _WORTH:
            break
        if not level.has_folders or level.is_asked:
            text = _point(level, gap)
            if text is not None:
                asked.append(text)
        elif level not in asked:
            asked.append(level)
    return asked


def _stakes(top: Level, kinds: Kinds) -> Iterator[tuple[float, Level, Stretch]]:
    """Iterate over the gaps and what is at stake in each.

    Of the folders of files that seem to be of one kind, one is looked at first, until it tells what
    they weigh. So all is at stake there, and nothing in the others.
    """
    first: list[Level] = []
    for level, gap in top.walk():
        if gap.keys is not None:
            continue
        stake = max(gap.weight, gap.hope)
        if level is not top and level.is_leaf and promise(level) and not is_settled(level):
            known = chain((each for each, _ in kinds.leaves), map(promise, first))
            if level in first:
                stake = top.weight
            elif not any(are_kin(promise(level), each) for each in known):
                first.append(level)
                stake = top.weight
            elif kinds.expect_leaf(level) is None:
                continue
        yield stake, level, gap


def _point(level: Level, gap: Stretch) -> str | None:
    """Return a text in a gap, behind which to look; None when there is none."""
    is_open = len(level.runs) == 1 and gap is level.parts[-1]  # what names can there be at all?
    if level.is_listed or is_open:
        text = level.scale.folder(gap.middle) if level.is_listed else level.scale.end
        if is_inside(text, gap.low, gap.high):
            return text
    return level.key_at(gap, gap.middle)


def _cut(top: Level, pieces: int) -> list[str]:
    """Return the keys that cut all stretches in pieces of the same weight, as far as they do."""
    boundaries: list[str] = []
    passed, number = 0.0, 1
    for level, stretch in top.walk():
        while number < pieces and passed + stretch.weight >= top.weight * number / pieces:
            share = (top.weight * number / pieces - passed) / stretch.weight
            key = _key_at_share(level, stretch, max(0.0, min(share, 1.0)))
            if (boundaries[-1] if boundaries else top.low) < key < top.high:
                boundaries.append(key)
            number += 1
        passed += stretch.weight
    return boundaries


def _key_at_share(level: Level, stretch: Stretch, share: float) -> str:
    if stretch.keys:
        return stretch.keys[min(len(stretch.keys) - 1, int(share * len(stretch.keys)))]
    begin, end = stretch.core
    return level.key_at(stretch, begin + int((end - begin) * share)) or stretch.low
