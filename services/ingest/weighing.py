"""Weighing: how many keys lie in the gaps of a landscape, guessed from the pages around them."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from math import fsum, isqrt, log, log1p, sqrt

from services.ingest.landscape import Level, Run, Stretch

_FEW = 100  # keys: too few to tell how densely they lie
_CONTRAST = 16  # times as dense: the keys end somewhere in between
_SAME = 4  # times as dense is still the same
_KIN = 32  # times as many keys, if the first page went on like that: still of one kind
_SETTLED_RUNS = 6
_SETTLED_SHARE = 3  # times the keys that were listed


@dataclass(frozen=True, slots=True)
class Kinds:
    """What was learned of the levels that were looked at, and tells of others like them.

    `leaves` are folders of files: what the first page promised, and the weight that was found.
    `rests` are by depth: how much more than its first large folder a level held.
    """

    leaves: list[tuple[float, float]] = field(default_factory=list)
    rests: dict[int, list[float]] = field(default_factory=dict)

    def learn(self, level: Level) -> None:
        """Take in a level that was looked at enough to tell of others."""
        if is_settled(level):
            self.leaves.append((promise(level), level.weight))
        if level.is_asked and level.inner and level.inner[0].weight:
            rest = level.weight / level.inner[0].weight - 1
            self.rests.setdefault(level.folder.count("/"), []).append(rest)

    def expect_leaf(self, level: Level) -> float | None:
        """Return what a folder of files weighs if it is like others; None when there are none."""
        if not level.is_leaf or not promise(level) or is_settled(level):
            return None
        near = min(self.leaves, key=lambda each: _distance(each[0], promise(level)), default=None)
        if near is None or not are_kin(near[0], promise(level)):
            return None
        return near[1] / near[0] * promise(level)

    def expect_rest(self, level: Level) -> float:
        """Return what lies behind the large folders of a level that was not asked for others."""
        rests = [1.0, *self.rests.get(level.folder.count("/"), [])]  # as much again, until shown
        weights = [each.weight for each in level.inner]
        return _mean(rests) * _mean(weights)


def weigh(top: Level) -> Kinds:
    """Guess the weight of all gaps, and return what was learned on the way."""
    kinds = Kinds()
    for level in top.levels():
        _weigh_level(level, Kinds())
        kinds.learn(level)
    for level in top.levels():
        _weigh_level(level, kinds)
    return kinds


def promise(level: Level) -> float:
    """Return what a level weighs if its keys went on as they began, through all that they may be.

    Six digits promise a million keys, whether there are more than the first thousand or not.
    """
    first = level.runs[0].density if level.runs else None
    return (first or 0.0) * max(1, level.parts[-1].end - level.parts[0].begin)


def are_kin(promised: float, other: float) -> bool:
    """Say whether two folders of files, by what they promise, may be of one kind."""
    return _distance(promised, other) < log(_KIN)


def is_settled(level: Level) -> bool:
    """Say whether a folder of files was looked at enough to know its weight."""
    if not level.is_leaf or not promise(level) or len(level.runs) < 2:  # noqa: PLR2004 (one page)
        return False
    return len(level.runs) >= _SETTLED_RUNS or level.weight <= _SETTLED_SHARE * _count_listed(level)


def _weigh_level(level: Level, kinds: Kinds) -> None:
    level.runs, gaps = _runs(level.parts)
    for gap, index in gaps:
        _weigh_gap(level, gap, index, kinds)
    expected = kinds.expect_leaf(level)
    guessed = fsum(gap.weight for gap, _ in gaps)
    if expected is not None and guessed:
        share = max(0.0, expected - _count_listed(level)) / guessed
        for gap, _ in gaps:
            gap.weight, gap.hope = gap.weight * share, 0.0
    level.weight = fsum(part.weight for part in level.parts)


def _weigh_gap(level: Level, gap: Stretch, index: int, kinds: Kinds) -> None:
    """Guess from the runs before and behind a gap; `index` of them lie before it."""
    left = level.runs[index - 1].tail if index else None
    right = level.runs[index].head if index < len(level.runs) else None
    gap.core = gap.begin, gap.end
    gap.middle = (gap.begin + gap.end) // 2
    if level.is_listed:
        _weigh_folders(level, gap, [each for each in (left, right) if each])
    elif left is not None and right is not None:
        _weigh_slope(level, gap, index, left, right)
    else:
        dense = left or right or 0.0
        _weigh_end(level, gap, index, dense, kinds, is_left=left is not None)


def _weigh_folders(level: Level, gap: Stretch, densities: Sequence[float]) -> None:
    """Guess the weight of listed folders: like their neighbours', or like the mean of all."""
    width = gap.end - gap.begin
    gap.weight = sqrt(densities[0]) * sqrt(densities[-1]) * width if densities else 0.0
    known = [part for part in level.parts if isinstance(part, Level) or part.keys is not None]
    covered = sum(part.end - part.begin for part in known)
    gap.hope = fsum(part.weight for part in known) / max(1, covered) * width


def _weigh_slope(level: Level, gap: Stretch, index: int, left: float, right: float) -> None:
    """Guess the weight between two densities: their mean, or what a dense side may still hold."""
    width = gap.end - gap.begin
    dense, thin = max(left, right), min(left, right)
    mean = (dense + thin) / 2 * width
    extent = _extent(level, gap, index, dense, is_left=left >= right)
    gap.weight = min(mean, thin * width + _fade(dense, extent, width))
    gap.hope = sqrt(gap.weight) * sqrt(mean)
    if dense > _CONTRAST * thin:
        step = max(1, min(width // 2, isqrt(extent * width)))
        core = max(1, min(width, int(gap.weight / dense)))
        gap.middle = gap.begin + step if left >= right else gap.end - step
        gap.core = (gap.begin, gap.begin + core) if left >= right else (gap.end - core, gap.end)


def _weigh_end(
    level: Level, gap: Stretch, index: int, dense: float, kinds: Kinds, *, is_left: bool
) -> None:
    """Guess the weight of a gap with nothing on one side: what the other may still hold."""
    width = gap.end - gap.begin
    extent = _extent(level, gap, index, dense, is_left=is_left)
    gap.weight = min(dense * width, _fade(dense, extent, width))
    gap.hope = sqrt(gap.weight) * sqrt(dense * width)
    if level.has_folders and not level.is_asked and level.inner:
        gap.weight = kinds.expect_rest(level)
        gap.hope = gap.weight


def _fade(dense: float, extent: int, width: int) -> float:
    """Return the keys behind a dense extent, if they get as rare as it gets far away.

    Names tell how far keys may go, but not how far they do: each power of ten is as likely.
    """
    return dense * extent * log1p(width / extent)


def _extent(level: Level, gap: Stretch, index: int, dense: float, *, is_left: bool) -> int:
    """Return how far the keys on one side of a gap lie as densely as those beside it."""
    extent = int(_FEW / dense) if dense else 1
    for run in reversed(level.runs[:index]) if is_left else level.runs[index:]:
        if ((run.tail if is_left else run.head) or 0.0) < dense / _SAME:
            break
        extent = gap.begin - run.begin if is_left else run.end - gap.end
    return max(1, extent)


def _runs(parts: Sequence[Stretch | Level]) -> tuple[list[Run], list[tuple[Stretch, int]]]:
    """Return the runs of a level, and its gaps with the number of runs before each."""
    runs: list[Run] = []
    gaps: list[tuple[Stretch, int]] = []
    joined: list[Stretch | Level] = []
    for part in parts:
        if isinstance(part, Level) or part.keys is not None:
            joined.append(part)
            continue
        if joined:
            runs.append(_join(joined))
        joined = []
        gaps.append((part, len(runs)))
    if joined:
        runs.append(_join(joined))
    return runs, gaps


def _join(parts: Sequence[Stretch | Level]) -> Run:
    """Return the run of some parts.

    A large folder says little about what lies beside it, if anything else was listed there.
    """
    plain: Sequence[Stretch | Level] = [each for each in parts if isinstance(each, Stretch)]
    if len(plain) < len(parts) and sum(each.weight for each in plain) < _FEW:
        plain = parts
    density = _density(plain, lambda _: False)
    head, tail = (
        _density(some, lambda count: count >= _FEW) for some in (plain, list(reversed(plain)))
    )
    return Run(parts[0].begin, parts[-1].end, density, head, tail)


def _density(parts: Iterable[Stretch | Level], is_enough: Callable[[float], bool]) -> float | None:
    """Return the keys for each number in the first parts; None where there is no room for any."""
    weight, width = 0.0, 0
    for part in parts:
        weight += part.weight
        width += part.end - part.begin
        if is_enough(weight):
            break
    return weight / max(1, width) if weight or width else None


def _count_listed(level: Level) -> int:
    return sum(len(each.keys) for each in level.stretches if each.keys)


def _distance(first: float, second: float) -> float:
    return abs(log(first) - log(second))


def _mean(values: Sequence[float]) -> float:
    return fsum(values) / max(1, len(values))
