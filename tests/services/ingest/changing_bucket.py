"""A bucket that changes by chance, in all the ways that customers' buckets do."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from shared.storage.memory import MemoryStore
from tests.conftest import NOW
from tests.services.ingest.scenes import big

TEXTS = (
    "a", "a/", "a/1", "a/2", "a/3", "a/x/1", "a/x/2", "a/\u00e9", "a/e\u0301", "a/\U0001f600", "a0",
    "b/1", "b/2", "b/3", "b/x/1", "b/%20 +", "c", "\U0010ffff",
    *(f"a/{number}" for number in range(10, 30)),
)  # fmt: skip
KEYS: tuple[bytes, ...] = (*(text.encode() for text in TEXTS), b"a/\xff", b"a/1\0", b"b/\xc3")
PREFIXES = ("", "", "a/", "b/", "a/x", "a")
SMALL = (b"", b"1", b"22")
CONTENTS = 40
WEIGHTS = {
    "put": 3,
    "put old": 1,
    "touch": 2,
    "archive": 1,
    "remove": 3,
    "copy": 1,
    "rename": 6,
    "rename old": 2,
    "empty": 1,
}


@dataclass
class ChangingBucket:
    """A store and the time of its last change."""

    store: MemoryStore
    now: datetime = NOW

    def fill(self, chance: Random) -> None:
        """Put some of the keys."""
        for key in chance.sample(KEYS, chance.randint(5, len(KEYS))):
            self._put(key, _content(chance))

    def change(self, chance: Random, times: int) -> None:
        """Change the bucket so many times."""
        for _ in range(times):
            (way,) = chance.choices([*WEIGHTS], [*WEIGHTS.values()])
            self._change(way, chance)

    def _change(self, way: str, chance: Random) -> None:
        key, raws = chance.choice(KEYS), sorted(self.store._objects)
        match way:
            case "put":
                self._put(key, _content(chance))
            case "put old":
                self._put(key, _content(chance), age=timedelta(days=1))
            case "empty":
                prefix = chance.choice(PREFIXES).encode()
                for each in raws:
                    if each.startswith(prefix):
                        self.store.remove(each)
            case _ if raws:
                fresh = f"{chance.choice(PREFIXES)}{self.now}".encode()
                self._change_object(way, chance.choice(raws), chance.choice([key, fresh]))

    def _change_object(self, way: str, raw: bytes, key: bytes) -> None:
        body = self.store._objects[raw].body
        match way:
            case "touch":
                self._put(raw, body)
            case "archive":
                self._put(raw, body, storage_class="GLACIER")
            case "remove":
                self.store.remove(raw)
            case "copy":
                self._put(key, body)
            case "rename" | "rename old":
                self.store.remove(raw)
                self._put(key, body, age=timedelta(days=way == "rename old"))

    def _put(
        self,
        key: bytes,
        body: bytes,
        *,
        age: timedelta = timedelta(),
        storage_class: str = "STANDARD",
    ) -> None:
        self.now += timedelta(seconds=1)
        self.store.put(key, body, storage_class=storage_class, last_modified=self.now - age)


def _content(chance: Random) -> bytes:
    """Return one of a number of contents, a third of them too small to be known again."""
    return chance.choice([*SMALL, *[big(str(chance.randrange(CONTENTS)))] * 6])
