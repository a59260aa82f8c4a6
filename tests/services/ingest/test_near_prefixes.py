"""Near prefixes: what there is instead of a prefix that no key begins with."""

import pytest

from services.ingest.near_prefixes import find_near_prefixes
from shared.storage.base import Children
from shared.storage.memory import MemoryStore

KEYS = [
    "team/Photos/2024/raw/a.jpg",
    "team/Photos/2024/thumbs/a.jpg",
    "team/Photos/2025/raw/a.jpg",
    "team/My Scans/IMG_001.dcm",
    "team/notes.txt",
    "other/a.jpg",
]


class CountingStore(MemoryStore):
    """A store that counts how often a level was listed."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0

    async def list_children(
        self, prefix: str, *, after: str | None = None, delimiter: str = "/"
    ) -> Children:
        self.asked += 1
        return await super().list_children(prefix, after=after, delimiter=delimiter)


@pytest.fixture
def store() -> CountingStore:
    store = CountingStore()
    for key in KEYS:
        store.put(key)
    return store


@pytest.mark.parametrize(
    ("prefix", "values"),
    [
        ("team/photos/", ["team/Photos/"]),
        ("team/photos/2024/raw/", ["team/Photos/2024/raw/"]),
        ("team/photos/2024/RAW", ["team/Photos/2024/raw/"]),
        ("team/photos/2024/ra", ["team/Photos/2024/ra"]),
        ("team/photos/2026/raw/", ["team/Photos/2025/", "team/Photos/2024/"]),
        ("team//Photos/2024/", ["team/Photos/2024/"]),
        ("team/Photos//2024/raw/", ["team/Photos/2024/raw/"]),
        ("team/Photos/2024//", ["team/Photos/2024/"]),
        ("team/My%20Scans/", ["team/My Scans/"]),
        ("team/My Scans /", ["team/My Scans/"]),
        ("team/My Scans/img_001", ["team/My Scans/IMG_001"]),
        ("team/notes.txt/", ["team/notes.txt"]),
        ("team/notes.txt/page/1/", ["team/notes.txt"]),
        ("team/Fotos/", ["team/Photos/"]),
        ("team/Photos/2024/raw/day/1/2/3/4/5/6/7/", ["team/Photos/2024/raw/"]),
        ("team/zzz/", ["team/"]),
    ],
)
async def test_a_prefix_that_is_nearly_right_is_put_right(
    store: CountingStore, prefix: str, values: list[str]
) -> None:
    near = await find_near_prefixes(store, prefix, within="")
    assert [(miss.field, miss.value) for miss in near] == [("prefix", value) for value in values]


async def test_a_near_prefix_is_told_in_a_sentence(store: CountingStore) -> None:
    (near,) = await find_near_prefixes(store, "team/photos/", within="")
    assert near.detail == "There is 'team/Photos/'."
    (near,) = await find_near_prefixes(store, "team/zzz/", within="")
    assert near.detail == "There is: 'team/My Scans/', 'team/Photos/', 'team/notes.txt'."


async def test_nothing_outside_of_the_location_is_listed(store: CountingStore) -> None:
    assert await find_near_prefixes(store, "tean/", within="tean/") == []
    assert store.asked == 0
    near = await find_near_prefixes(store, "team/Photos/x/y/z/", within="team/Photos/x/")
    assert near == []


async def test_a_deep_prefix_costs_few_listings(store: CountingStore) -> None:
    await find_near_prefixes(store, "TEAM/" + "x/" * 500, within="")
    assert store.asked <= 10
    store.asked = 0
    for depth in range(1, 60):
        store.put("/".join("a" * depth) + "/b")
    await find_near_prefixes(store, "/".join("A" * 60), within="")
    assert store.asked <= 10


async def test_an_empty_location_has_nothing_near() -> None:
    assert await find_near_prefixes(MemoryStore(), "photos/", within="") == []
    assert await find_near_prefixes(MemoryStore(), "//", within="") == []


async def test_a_prefix_of_slashes_is_told_what_there_is(store: CountingStore) -> None:
    (near,) = await find_near_prefixes(store, "//", within="")
    assert near.detail == "There is: 'other/', 'team/'."


@pytest.mark.parametrize(("wanted", "there"), [("zebras/", "Zebras/"), ("Apples/", "apples/")])
async def test_the_right_folder_is_found_among_thousands(wanted: str, there: str) -> None:
    store = MemoryStore()
    for number in range(1_500):
        store.put(f"M{number:04}/a")
        store.put(f"m{number:04}/a")
    store.put(f"{there}a")
    near = await find_near_prefixes(store, wanted, within="")
    assert [miss.value for miss in near] == [there]


async def test_a_bucket_without_order_has_nothing_near() -> None:
    store = MemoryStore(unordered=True)
    for key in KEYS:
        store.put(key)
    assert await find_near_prefixes(store, "Team/", within="") == []
