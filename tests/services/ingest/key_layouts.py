"""Layouts of keys as buckets have them, and a store that lists many keys fast."""

from bisect import bisect_left, bisect_right
from collections.abc import AsyncIterator, Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from random import Random
from string import ascii_letters, digits
from uuid import UUID

from shared.storage.base import MAX_PAGE_SIZE, Children, ListingPage, ObjectRow
from shared.storage.memory import MemoryStore

_LAST_CHARACTER = chr(0x10FFFF)
_EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
_NAMES = [
    "acme",
    "alder",
    "amber",
    "anchor",
    "arrow",
    "basalt",
    "beacon",
    "birch",
    "bolt",
    "bramble",
    "cedar",
    "cinder",
    "cobalt",
    "copper",
    "coral",
    "delta",
    "drift",
    "ember",
    "falcon",
    "fern",
    "flint",
    "garnet",
    "glacier",
    "harbor",
    "hazel",
    "indigo",
    "iris",
    "jasper",
    "juniper",
    "kestrel",
    "lagoon",
    "larch",
    "lumen",
    "maple",
    "mesa",
    "nickel",
    "oak",
    "onyx",
    "orchid",
    "pearl",
    "pine",
    "quartz",
    "raven",
    "river",
    "sable",
    "slate",
    "sorrel",
    "spruce",
    "thistle",
    "tundra",
    "umber",
    "velvet",
    "willow",
    "yarrow",
    "zephyr",
]


class SortedStore(MemoryStore):
    """A store of keys only, which finds its place without a look at them all, and counts requests.

    MemoryStore sorts all its keys for each request.
    """

    def __init__(self, keys: Iterable[str]) -> None:
        super().__init__()
        self.keys = sorted(set(keys))
        self.requests = 0

    async def list_pages(
        self,
        prefix: str,
        *,
        after: str | None = None,
        page_size: int = MAX_PAGE_SIZE,
        versions: bool = False,
    ) -> AsyncIterator[ListingPage]:
        assert not versions
        start = self._start(prefix, after)
        stop = max(start, bisect_left(self.keys, prefix + _LAST_CHARACTER))
        while True:
            self.requests += 1
            keys = self.keys[start : min(start + page_size, stop)]
            start += page_size
            last = keys[-1] if start < stop else None
            yield ListingPage(after, last, [ObjectRow(key, 1, "", _EPOCH) for key in keys], [])
            if last is None:
                return
            after = last

    async def list_children(
        self, prefix: str, *, after: str | None = None, delimiter: str = "/"
    ) -> Children:
        self.requests += 1
        entries: list[str] = []
        place = self._start(prefix, after)
        while place < len(self.keys) and self.keys[place].startswith(prefix):
            head, end, _ = self.keys[place][len(prefix) :].partition(delimiter)
            entry = prefix + head + end
            if len(entries) == MAX_PAGE_SIZE:
                return Children(entries, is_last=False)
            if entry > (after or ""):
                entries.append(entry)
            place = bisect_left(self.keys, entry + _LAST_CHARACTER) if end else place + 1
        return Children(entries, is_last=True)

    def _start(self, prefix: str, after: str | None) -> int:
        start = bisect_left(self.keys, prefix)
        return max(start, bisect_right(self.keys, after)) if after else start


def padded(_: Random, count: int) -> list[str]:
    return [f"img_{each:06}.jpg" for each in range(1, count + 1)]


def unpadded(_: Random, count: int) -> list[str]:
    return [f"img_{each}.jpg" for each in range(1, count + 1)]


def milliseconds(random: Random, count: int) -> list[str]:
    now = 1_700_000_000_000
    return [f"cam0/{(now := now + random.randint(1, 200))}.jpg" for _ in range(count)]


def hexadecimal(random: Random, count: int) -> list[str]:
    return [f"{random.getrandbits(128):032x}.jpg" for _ in range(count)]


def hashed_folders(random: Random, count: int) -> list[str]:
    names = [f"{random.getrandbits(128):032x}" for _ in range(count)]
    return [f"media/{name[:2]}/{name[2:4]}/{name}.jpg" for name in names]


def base62(random: Random, count: int) -> list[str]:
    return ["".join(random.choices(digits + ascii_letters, k=16)) for _ in range(count)]


def uuids(random: Random, count: int) -> list[str]:
    return [f"up/{UUID(int=random.getrandbits(128))}/original.png" for _ in range(count)]


def deep(_: Random, count: int) -> list[str]:
    return [f"a/b/c/d/e/f/batch{each // 1000:03}/{each % 1000:04}.jpg" for each in range(count)]


def deep_and_flat(_: Random, count: int) -> list[str]:
    return [f"organizations/acme/projects/raw/camera-front/{each:08}.png" for each in range(count)]


def scenes(_: Random, count: int) -> list[str]:
    cameras = ("CAM_BACK", "CAM_FRONT", "CAM_FRONT_LEFT", "CAM_FRONT_RIGHT", "LIDAR_TOP")
    return [
        f"sweeps/scene-{scene:04}/{camera}/{each:04}.jpg"
        for scene in range(count // 200)
        for camera in cameras
        for each in range(40)
    ]


def customers(random: Random, count: int) -> list[str]:
    names = random.sample(_NAMES, 20)
    return [f"{name}/{each:06}.jpg" for name in names for each in range(count // 20)]


def ideographs(random: Random, count: int) -> list[str]:
    return ["".join(chr(random.randrange(0x4E00, 0x9FFF)) for _ in range(6)) for _ in range(count)]


def many_scripts(random: Random, count: int) -> list[str]:
    folders = ("写真", "תמונות", "фото", "été", "ñandú", "\U0001f3a3", "ภาพ", "図面")
    letters = "的一是不了人我在有他这中大来上国个到说们为子和你地出道也时年得就那要下以生会"
    return [
        f"{random.choice(folders)}/{''.join(random.choices(letters, k=4))}_{each}.jpg"
        for each in range(count)
    ]


def days(random: Random, count: int) -> list[str]:
    return [
        f"{day:%Y/%m/%d}/{random.getrandbits(40):010x}.jpg"
        for day, share in _growing_days(1_400, doubling=250)
        for _ in range(round(count * share))
    ]


def partitions(_: Random, count: int) -> list[str]:
    return [
        f"events/dt={day:%Y-%m-%d}/part-{each:05}.parquet"
        for day, share in _growing_days(600, doubling=60)
        for each in range(max(1, round(count * share)))
    ]


def one_huge_folder(_: Random, count: int) -> list[str]:
    tiny = [f"job-{job:05}/{name}" for job in range(3_000) for name in ("in", "log", "out")]
    return [*tiny, *(f"job-01234/frames/{each:07}.png" for each in range(count))]


def one_huge_named_folder(random: Random, count: int) -> list[str]:
    folders = ["-".join(random.choices(_NAMES, k=3)) for _ in range(3_000)]
    tiny = [f"{folder}/{name}.json" for folder in folders for name in "ab"]
    return [*tiny, *(f"{folders[0]}/{each}.png" for each in range(count))]


def unequal_customers(random: Random, count: int) -> list[str]:
    names = random.sample(_NAMES, 40)
    whole = sum(1 / rank for rank in range(1, 41))
    return [
        f"customers/{name}/uploads/{random.getrandbits(48):012x}"
        for rank, name in enumerate(names, 1)
        for _ in range(int(count / rank / whole))
    ]


def users(random: Random, count: int) -> list[str]:
    names = ["".join(random.choices(_NAMES, k=2)) for _ in range(count // 50)]
    return [f"u/{name}{random.randint(1, 99)}/{each}.jpg" for name in names for each in range(50)]


def train_and_test(random: Random, count: int) -> list[str]:
    images = sorted(random.sample(range(6 * count), count))
    return [
        "README.md",
        "annotations/instances.json",
        *(f"images/train2017/{each:012}.jpg" for each in images),
        *(f"images/val2017/{each:012}.jpg" for each in images[::24]),
    ]


def unlike_folders(random: Random, count: int) -> list[str]:
    return [
        *(f"{year}/{each:06}.jpg" for year in (2022, 2023) for each in range(count // 10)),
        *(f"Archive/{each}.tif" for each in range(count // 5)),
        *(f"videos/{random.getrandbits(64):016x}.mp4" for _ in range(count // 2)),
        *(f"thumbs/{each:06}_s.jpg" for each in range(count // 10)),
    ]


Layout = Callable[[Random, int], list[str]]
REGULAR: tuple[Layout, ...] = (
    padded,
    unpadded,
    milliseconds,
    hexadecimal,
    hashed_folders,
    base62,
    uuids,
    deep,
    deep_and_flat,
    scenes,
    customers,
    ideographs,
    many_scripts,
)
SKEWED: tuple[Layout, ...] = (
    days,
    partitions,
    one_huge_folder,
    one_huge_named_folder,
    unequal_customers,
    users,
    train_and_test,
    unlike_folders,
)


def _growing_days(count: int, *, doubling: int) -> list[tuple[date, float]]:
    """Return days, and the share of the keys that each has: they double again and again."""
    weights = [2 ** (each / doubling) for each in range(count)]
    first = date(2021, 3, 17)
    return [
        (first + timedelta(days=each), weight / sum(weights)) for each, weight in enumerate(weights)
    ]
