"""The landscape of a key space: the pages that were listed of it, in levels of large folders."""

import re
from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from operator import attrgetter, eq

from services.ingest.key_scale import KeyScale
from shared.uris import MAX_KEY_BYTES

_NESTING = 8  # levels below each other that are told apart
_SAMPLES = 200  # keys that show what a level's keys look like
_DEPTH = 48  # characters: few pages share more below their folder
_LAST_WORD = re.compile(r"[^\W_]+\Z")


@dataclass(frozen=True, slots=True)
class Page:
    """The keys in `(after, last]`."""

    after: str
    last: str
    keys: list[str]

    def clip(self, low: str, high: str) -> "Page":
        """Return the part of the page in `(low, high]`."""
        start, stop = bisect_right(self.keys, low), bisect_right(self.keys, high)
        return Page(max(low, self.after), min(high, self.last), self.keys[start:stop])


@dataclass(eq=False, slots=True)
class Stretch:
    """A part `(low, high]` of a level. `keys` is None for a gap, which was not listed.

    `begin` and `end` are its places on the level's scale. `weight` is the number of its keys,
    counted or guessed. A gap's `hope` is what it may weigh as well, `core` where its keys lie if it
    weighs as much as was guessed, and `middle` the place where to look next.
    """

    low: str
    high: str
    keys: list[str] | None
    begin: int = 0
    end: int = 0
    weight: float = 0.0
    hope: float = 0.0
    core: tuple[int, int] = (0, 0)
    middle: int = 0


@dataclass(frozen=True, slots=True)
class Run:
    """Parts of a level without a gap between them.

    The densities are keys for each number of the scale: in all, at the beginning and at the end.
    """

    begin: int
    end: int
    density: float | None
    head: float | None
    tail: float | None


@dataclass(eq=False, slots=True)
class Level:
    """What lies in `(low, high]` below one folder. Its large folders are levels of their own."""

    folder: str
    low: str
    high: str
    parts: list["Stretch | Level"]
    begin: int = 0
    end: int = 0
    weight: float = 0.0
    is_asked: bool = False  # for its folders
    is_listed: bool = False  # and they are known
    has_folders: bool = False
    runs: list[Run] = field(default_factory=list)
    scale: KeyScale = field(init=False)

    @property
    def is_leaf(self) -> bool:
        return not self.has_folders and not any(isinstance(each, Level) for each in self.parts)

    @property
    def stretches(self) -> list[Stretch]:
        return [each for each in self.parts if isinstance(each, Stretch)]

    @property
    def inner(self) -> list["Level"]:
        return [each for each in self.parts if isinstance(each, Level)]

    def levels(self) -> Iterator["Level"]:
        """Iterate over this level and all below, the inner ones first."""
        for each in self.inner:
            yield from each.levels()
        yield self

    def walk(self) -> Iterator[tuple["Level", Stretch]]:
        """Iterate over the stretches of this level and all below, in the order of their keys."""
        for each in self.parts:
            if isinstance(each, Level):
                yield from each.walk()
            else:
                yield self, each

    def key_at(self, gap: Stretch, number: int) -> str | None:
        """Return a short text in a gap, at the number if that can be; None when there is none."""
        for tolerance in ((gap.end - gap.begin) >> 5, 0):
            text = self.scale.text(number, tolerance)
            if is_inside(text, gap.low, gap.high):
                return text
        return None


class Landscape:
    """What is known of the keys in `(low, high]` that begin with a prefix."""

    def __init__(self, prefix: str, low: str, high: str, seen: Sequence[str]) -> None:
        self.prefix = prefix
        self.root = prefix  # all keys lie below it
        self.low = low
        self.high = high
        self._seen = seen[:: len(seen) // _SAMPLES + 1]
        self._pages: list[Page] = []
        self._folders: dict[str, list[str]] = {}
        self._large: set[str] = set()

    def add_page(self, page: Page) -> None:
        """Take in a page, and notice the large folders that it ends in."""
        insort(self._pages, page, key=attrgetter("after"))
        if not page.keys or page.last == self.high:
            return
        folder = self.root
        for _ in range(_NESTING):
            slash = page.last.find("/", len(folder))
            if slash < 0:
                return
            child = page.last[: slash + 1]
            if _is_large(child, folder, page.keys):
                self._large.add(child)
            folder = child

    def add_folders(self, folder: str, folders: list[str]) -> None:
        """Take in the folders of a level, or none when they are too many to list."""
        self._folders[folder] = folders

    def draw(self) -> Level:
        """Return what is known, as levels without weights."""
        if self.root == self.prefix:
            return self._draw(self.root, self.low, self.high)
        low, high = max(self.low, self.root), min(self.high, end_of(self.root))
        return self._draw(self.root, low, high)

    def _draw(self, folder: str, low: str, high: str) -> Level:
        parts: list[Stretch | Level] = []
        at = low
        for child in sorted(each for each in self._large if each.startswith(folder)):
            if child == folder or child >= high or end_of(child) <= at:
                continue
            parts += self._stretches(at, max(at, child))
            parts.append(self._draw(child, max(at, child), min(high, end_of(child))))
            at = parts[-1].high
        parts += self._stretches(at, high)
        level = Level(folder, low, high, parts)
        self._lay_out(level)
        return level

    def _stretches(self, at: str, high: str) -> list[Stretch]:
        found = []
        for page in self._pages:
            if page.last <= at or page.after >= high:
                continue
            part = page.clip(at, high)
            if part.after > at:
                found.append(Stretch(at, part.after, None))
            found.append(Stretch(part.after, part.last, part.keys, weight=len(part.keys)))
            at = part.last
        if at < high:
            found.append(Stretch(at, high, None))
        return found

    def _lay_out(self, level: Level) -> None:
        """Give a level its scale, and its parts their places."""
        samples = self._sample(level)
        level.has_folders = any("/" in key[len(level.folder) :] for key in samples)
        level.is_asked = level.folder in self._folders
        folders = self._folders_in(level)
        level.is_listed = bool(folders)
        base = _LAST_WORD.sub("", beginning_of(min(samples), max(samples))) if samples else ""
        listed = [each.keys for each in level.stretches if each.keys and len(each.keys) > 1]
        shared = max((len(beginning_of(keys[0], keys[-1])) for keys in listed), default=0)
        depth = min(_DEPTH, max(8, shared - len(level.folder) + 6))  # six tell a page's keys apart
        level.scale = KeyScale(folders or [max(base, level.folder)], [*samples, level.low], depth)
        first = level.parts[0] if level.parts else None
        keys = first.keys if isinstance(first, Stretch) else None
        floor = level.scale.place(keys[0]) if keys else 0  # a folder is wide before its first key
        for part in level.parts:
            part.begin = max(floor, level.scale.place(part.low))
            part.end = max(floor, level.scale.place(part.high))

    def _sample(self, level: Level) -> list[str]:
        pages = [each for each in self._pages if each.last > level.low and each.after < level.high]
        keys = [key for page in pages if page.keys for key in (*page.keys[::25], page.keys[-1])]
        if level.folder == self.root:
            keys += self._seen
        keys = [key for key in keys if key.startswith(level.folder)]
        return keys[:: len(keys) // _SAMPLES + 1]

    def _folders_in(self, level: Level) -> list[str]:
        folders = self._folders.get(level.folder, [])
        if not folders or not level.low.startswith(level.folder):
            return folders
        own = level.low[: level.low.find("/", len(level.folder)) + 1]
        return [*([own] if own else []), *(each for each in folders if level.low < each)]


def is_inside(text: str, low: str, high: str) -> bool:
    """Say whether a text lies between two, and is short enough for a key."""
    return low < text < high and len(text.encode()) <= MAX_KEY_BYTES


def beginning_of(low: str, high: str) -> str:
    """Return the characters that both texts, and all between them, begin with."""
    return low[: sum(1 for _ in takewhile(bool, map(eq, low, high)))]


def end_of(folder: str) -> str:
    """Return the first text behind all that a folder holds."""
    return folder[:-1] + "0"  # the character behind the slash


def _is_large(child: str, folder: str, keys: Sequence[str]) -> bool:
    """Say whether a page that ends in a folder shows more of it than of its neighbours."""
    start = bisect_left(keys, child)
    count = len(keys) - start
    others = [
        key[len(folder) :].partition("/")[0] for key in keys[bisect_left(keys, folder) : start]
    ]
    whole = [name for name in others if name != others[0]]  # the page may begin within the first
    mean = len(whole) / max(1, len(set(whole)))
    return 2 * count >= len(keys) or count > max(len(keys) / 64, 4 * mean)
