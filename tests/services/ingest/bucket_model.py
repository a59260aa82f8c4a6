"""A model of a dataset that follows a bucket: what imports should make of it, in plain Python."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

ARCHIVED = "GLACIER"
TINY = 1_024


@dataclass(frozen=True)
class Thing:
    """An object as the bucket holds it."""

    body: bytes
    changed_at: datetime
    storage_class: str = "STANDARD"

    @property
    def content(self) -> tuple[int, bytes]:
        return len(self.body), self.body

    @property
    def state(self) -> str:
        return "archived" if self.storage_class == ARCHIVED else "available"


@dataclass(frozen=True)
class Known:
    """An asset: `number` stands for its id, `thing` for what is known of its object."""

    number: int
    thing: Thing
    state: str
    version: int = 1


class Model:
    """The assets by key, and how an import of the bucket below a prefix changes them."""

    def __init__(self) -> None:
        self.assets: dict[str, Known] = {}
        self.numbers = 0

    def take(
        self, bucket: Mapping[str, Thing], prefix: str, *, dry_run: bool, agree: bool
    ) -> tuple[str, Counter[str]]:
        """Import the bucket; return the state that the import ends in, and what it counts."""
        listed: dict[str, Thing] = {
            key: thing for key, thing in bucket.items() if key.startswith(prefix)
        }
        known = {key: asset for key, asset in self.assets.items() if key.startswith(prefix)}
        came = listed.keys() - known.keys()
        gone = {key for key in known.keys() - listed.keys() if known[key].state != "missing"}
        back = {key for key in listed.keys() & known.keys() if known[key].state == "missing"}
        changed = {
            key for key in (listed.keys() & known.keys()) - back if differs(known[key], listed[key])
        }
        moves = find_moves({k: known[k].thing for k in gone}, {k: listed[k] for k in came})
        came -= moves.keys()
        gone -= set(moves.values())
        counts = Counter(
            listed=len(listed),
            added=len(came),
            changed=len(changed),
            moved=len(moves),
            restored=len(back),
            missing=len(gone),
            unchanged=len(listed) - len(came) - len(changed) - len(moves) - len(back),
        )
        before = counts["unchanged"] + len(changed) + len(moves) + len(gone)
        asks = bool(gone) and (len(gone) == before or len(gone) > 0.2 * before)
        if dry_run:
            return "completed", counts
        if asks and not agree:
            return "discarded", counts
        for key, previous in moves.items():
            self.assets[key] = become(self.assets.pop(previous), listed[key], moved=True)
        for key in gone:
            self.assets[key] = replace(self.assets[key], state="missing")
        for key in changed | back:
            self.assets[key] = become(self.assets[key], listed[key])
        for key in sorted(came):
            self.numbers += 1
            self.assets[key] = Known(self.numbers, listed[key], listed[key].state)
        return "completed", counts


def differs(known: Known, thing: Thing) -> bool:
    return (known.thing, known.state) != (thing, thing.state)


def become(known: Known, thing: Thing, *, moved: bool = False) -> Known:
    is_new = moved or known.thing.content != thing.content
    return Known(known.number, thing, thing.state, known.version + is_new)


def find_moves(gone: Mapping[str, Thing], came: Mapping[str, Thing]) -> dict[str, str]:
    """Return the previous key of each new key that holds what vanished, where it is certain."""
    vanished = Counter(thing.content for thing in gone.values())
    arrived = Counter(thing.content for thing in came.values())
    moves = {}
    for key, thing in came.items():
        if not thing.body or (vanished[thing.content], arrived[thing.content]) != (1, 1):
            continue
        (previous,) = [each for each, other in gone.items() if other.content == thing.content]
        same_name = previous.rpartition("/")[2] == key.rpartition("/")[2]
        if thing.changed_at >= gone[previous].changed_at and (len(thing.body) >= TINY or same_name):
            moves[key] = previous
    return moves
