"""One suite for every object store: a new adapter is done when it passes."""

import os
import re
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from threading import Thread
from typing import TYPE_CHECKING
from uuid import uuid4

import aioboto3
import pytest
from aiobotocore.config import AioConfig
from pydantic import SecretStr

from deploy.local.clouds.azurite import Azurite
from deploy.local.clouds.gcs_server import gcs_server
from deploy.local.demo.files import LONGEST_KEY_BYTES
from shared.egress import EgressGuard
from shared.errors import ObjectArchivedError, ObjectNotFoundError
from shared.leases import ANY_REGION, BearerToken, Bucket, SessionKeys
from shared.storage.azure import AzureStore
from shared.storage.base import ListingPage, ObjectRow, ObjectStore
from shared.storage.gcs import GcsStore
from shared.storage.memory import MemoryStore
from shared.storage.open import open_store
from shared.uris import Provider
from tests.emulators.azure_server import azure_server
from tests.hard_keys import HARD_KEYS, KEYS_AZURITE_HOLDS
from tests.integration.ceph import Ceph

if TYPE_CHECKING:
    from types_aiobotocore_s3.client import S3Client
    from types_aiobotocore_s3.literals import StorageClassType

# moto's routes end at a line break.
HARD_KEYS_OF_ALL = [key for key in HARD_KEYS if "\n" not in key]
KEYS = SessionKeys("AKIAIOSFODNN7EXAMPLE", SecretStr("secret"), SecretStr("token"))


@dataclass(frozen=True)
class Shelf:
    """A store, and the customer's way to put objects into its bucket.

    `classes` are the usual storage class, and those whose objects cannot be read. Some clouds make
    an ETag of the MD5 of the bytes, and Azurite knows neither every key nor every delimiter. Azure
    lists `by_utf16`, so that it has no order of keys with a character beyond U+FFFF.
    """

    store: ObjectStore
    put: Callable[..., Awaitable[None]]
    classes: tuple[str, ...] = ("STANDARD", "GLACIER", "DEEP_ARCHIVE")
    etags_are_md5: bool = True
    hard_keys: Sequence[str] = tuple(HARD_KEYS_OF_ALL)
    long_delimiters: bool = True
    by_utf16: bool = False

    @property
    def listed_keys(self) -> list[str]:
        return [key for key in self.hard_keys if not self.by_utf16 or max(key) <= "\uffff"]

    @property
    def ordered_keys(self) -> list[str]:
        return sorted(self.listed_keys, key=str.encode)

    async def put_all(self, *keys: str) -> None:
        for key in keys:
            await self.put(key)

    async def pages(self, prefix: str, **options: str | int) -> list[ListingPage]:
        return [page async for page in self.store.list_pages(prefix, **options)]  # type: ignore[arg-type]

    async def children(self, prefix: str, **options: str) -> list[str]:
        children = await self.store.list_children(prefix, **options)
        assert children.is_last
        return children.entries

    async def keys(self, prefix: str = "", **options: str | int) -> list[str]:
        return [row.key for page in await self.pages(prefix, **options) for row in page.rows]


@pytest.fixture(scope="session")
def moto() -> Iterator[str]:
    """The URL of a moto server; without the setting it would allow every origin everywhere."""
    with subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", "0"],
        env={**os.environ, "MOTO_DISABLE_GLOBAL_CORS": "true"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    ) as server:
        assert server.stderr is not None
        lines = iter(server.stderr.readline, b"")
        found = next(filter(None, (re.search(rb"http://127\.0\.0\.1:\d+", line) for line in lines)))
        drain = Thread(target=server.stderr.read)  # it logs each request
        drain.start()
        yield found[0].decode()
        server.kill()
        drain.join()


@pytest.fixture(scope="session")
async def customer(moto: str) -> AsyncIterator["S3Client"]:
    session = aioboto3.Session("AKIAIOSFODNN7EXAMPLE", "secret", region_name="us-east-1")
    path_style = AioConfig(s3={"addressing_style": "path"})
    async with session.client("s3", endpoint_url=moto, config=path_style) as client:
        yield client


@pytest.fixture
async def s3_shelf(moto: str, customer: "S3Client") -> AsyncIterator[Shelf]:
    bucket = Bucket(Provider.S3, f"b-{uuid4()}", "us-east-1", moto, path_style=True)
    await customer.create_bucket(Bucket=bucket.name)

    async def put(
        key: str, body: bytes = b"", storage_class: "StorageClassType" = "STANDARD"
    ) -> None:
        await customer.put_object(
            Bucket=bucket.name, Key=key, Body=body, StorageClass=storage_class
        )

    async with open_store(bucket, KEYS, egress=EgressGuard(allow_private=True)) as store:
        yield Shelf(store, put)


@pytest.fixture
async def ceph_shelf(ceph: Ceph) -> AsyncIterator[Shelf]:
    name = f"b-{uuid4()}"
    keys = ceph.make_user(name)
    s3 = ceph.client("s3", keys)
    s3.create_bucket(Bucket=name)

    async def put(key: str, body: bytes = b"") -> None:
        s3.put_object(Bucket=name, Key=key, Body=body)

    bucket = Bucket(Provider.S3, name, "us-east-1", ceph.endpoint, path_style=True)
    lent = SessionKeys(keys.access_key_id, SecretStr(keys.secret_access_key))
    async with open_store(bucket, lent, egress=EgressGuard(allow_private=True)) as store:
        yield Shelf(store, put, ("STANDARD",), hard_keys=HARD_KEYS)


@pytest.fixture
async def gcs_shelf() -> AsyncIterator[Shelf]:
    async with gcs_server() as world:
        world.add_bucket("shelf")
        world.grant("shelf", "reader")
        bucket = Bucket(Provider.GCS, "shelf", ANY_REGION, world.url)
        token = BearerToken(SecretStr(world.issue_token("reader")))

        async def put(key: str, body: bytes = b"", storage_class: str = "STANDARD") -> None:
            world.put("shelf", key, body, storage_class=storage_class)

        async with GcsStore(bucket, token, egress=EgressGuard(allow_private=True)) as store:
            yield Shelf(store, put, ("STANDARD",))


@pytest.fixture
async def memory_shelf() -> AsyncIterator[Shelf]:
    async def put(key: str, body: bytes = b"", storage_class: str = "STANDARD") -> None:
        store.put(key, body, storage_class=storage_class)

    async with MemoryStore() as store:
        yield Shelf(store, put)


@pytest.fixture
async def azurite_shelf(azurite: Azurite) -> AsyncIterator[Shelf]:
    async with azurite.container() as container:
        bucket = azurite.bucket(container.container_name)
    async with (
        azurite.uploads(bucket) as put,
        AzureStore(bucket, azurite.sas(bucket), egress=EgressGuard(allow_private=True)) as store,
    ):
        yield Shelf(
            store,
            put,
            ("Hot", "Archive"),
            etags_are_md5=False,
            hard_keys=[key for key in HARD_KEYS_OF_ALL if key in KEYS_AZURITE_HOLDS],
            long_delimiters=False,
            by_utf16=True,
        )


@pytest.fixture
async def azure_shelf() -> AsyncIterator[Shelf]:
    async with (
        azure_server() as server,
        AzureStore(server.bucket(), server.sas(), egress=EgressGuard(allow_private=True)) as store,
    ):

        async def put(key: str, body: bytes = b"", storage_class: str = "Hot") -> None:
            server.put(key, body, storage_class)

        yield Shelf(store, put, ("Hot", "Archive"), etags_are_md5=False, by_utf16=True)


CEPH = pytest.param("ceph_shelf", marks=pytest.mark.integration)
PLAIN_SHELVES = ["s3_shelf", CEPH, "azurite_shelf", "azure_shelf", "memory_shelf"]


@pytest.fixture(params=[*PLAIN_SHELVES, "gcs_shelf"])
def shelf(request: pytest.FixtureRequest) -> Shelf:
    shelf: Shelf = request.getfixturevalue(request.param)
    return shelf


@pytest.fixture(params=PLAIN_SHELVES)
def plain_shelf(request: pytest.FixtureRequest) -> Shelf:
    """A store without versions, which Cloud Storage always has: each object has a generation."""
    shelf: Shelf = request.getfixturevalue(request.param)
    return shelf


async def test_an_empty_bucket_has_one_empty_page(shelf: Shelf) -> None:
    assert await shelf.pages("") == [ListingPage(after=None, last=None, rows=[], undecodable=[])]


async def test_hard_keys_are_listed_verbatim_in_the_order_of_their_bytes(shelf: Shelf) -> None:
    await shelf.put_all(*shelf.listed_keys)
    assert await shelf.keys() == shelf.ordered_keys


@pytest.mark.parametrize("key", HARD_KEYS_OF_ALL)
async def test_a_hard_key_is_found_and_read(shelf: Shelf, key: str) -> None:
    if key not in shelf.hard_keys:
        pytest.skip("This server has no such key.")
    await shelf.put(key, b"its bytes")
    await shelf.put_all("another", *([f"{key}+"] if len(key.encode()) < LONGEST_KEY_BYTES else []))
    row = await shelf.store.find_object(key)
    assert row is not None
    assert (row.key, row.size) == (key, 9)
    assert await shelf.store.read_range(key, 4, 100) == b"bytes"


async def test_a_row_tells_what_the_listing_tells(shelf: Shelf) -> None:
    await shelf.put("a/b.txt", b"hello")
    [page] = await shelf.pages("")
    [row] = page.rows
    assert row == ObjectRow(
        key="a/b.txt",
        size=5,
        etag="5d41402abc4b2a76b9719d911017c592" if shelf.etags_are_md5 else row.etag,
        last_modified=row.last_modified,
        storage_class=shelf.classes[0],
        version_id=None,
    )
    assert re.fullmatch(r'[^"]+', row.etag)
    assert row.last_modified.tzname() == "UTC"
    assert not row.archived


async def test_a_prefix_ends_where_its_last_character_says(shelf: Shelf) -> None:
    await shelf.put_all("a", "a/", "a/1", "a//2", "a0", "ab/1", "A/1", "b/a/1")
    assert await shelf.keys("a/") == ["a/", "a//2", "a/1"]
    assert await shelf.keys("a") == ["a", "a/", "a//2", "a/1", "a0", "ab/1"]
    assert await shelf.keys("c/") == []


async def test_pages_join_without_a_gap_and_the_last_one_is_open(shelf: Shelf) -> None:
    await shelf.put_all("x/1", "x/2", "x/3", "y/1")
    pages = await shelf.pages("x/", page_size=1)
    assert [(page.after, page.last, [row.key for row in page.rows]) for page in pages] == [
        (None, "x/1", ["x/1"]),
        ("x/1", "x/2", ["x/2"]),
        ("x/2", None, ["x/3"]),
    ]


@pytest.mark.parametrize("page_size", [1, 2, 3, 1000])
async def test_hard_keys_survive_every_page_boundary(shelf: Shelf, page_size: int) -> None:
    await shelf.put_all(*shelf.listed_keys)
    assert await shelf.keys(page_size=page_size) == shelf.ordered_keys


async def test_a_listing_resumes_after_any_of_its_keys(shelf: Shelf) -> None:
    await shelf.put_all(*shelf.listed_keys)
    for index, key in enumerate(shelf.ordered_keys):
        assert await shelf.keys(after=key) == shelf.ordered_keys[index + 1 :]


async def test_a_listing_resumes_after_a_key_that_is_gone(shelf: Shelf) -> None:
    await shelf.put_all("p/1", "p/2", "p/4", "q")
    assert await shelf.pages("p/", after="p/3", page_size=1) == await shelf.pages("p/", after="p/3")
    assert await shelf.keys("p/", after="p/3") == ["p/4"]
    assert await shelf.keys("p/", after="a") == ["p/1", "p/2", "p/4"]
    assert await shelf.keys("p/", after="z") == []


async def test_each_version_in_a_bucket_that_keeps_none_is_null(plain_shelf: Shelf) -> None:
    shelf = plain_shelf
    await shelf.put_all("p/1", "p/2", "p/1", "p/3 +%/4", "q")
    listing = shelf.store.list_pages("p/", versions=True)
    rows = [row async for page in listing for row in page.rows]
    assert [(row.key, row.version_id) for row in rows] == [
        ("p/1", "null"),
        ("p/2", "null"),
        ("p/3 +%/4", "null"),
    ]
    assert await shelf.store.find_object("p/2", versions=True) == rows[1]


async def test_a_marker_object_is_an_object(shelf: Shelf) -> None:
    await shelf.put_all("folder/", "folder/sub/", "folder/sub/file")
    assert await shelf.keys("folder/") == ["folder/", "folder/sub/", "folder/sub/file"]
    row = await shelf.store.find_object("folder/")
    assert row is not None
    assert row.size == 0


async def test_the_children_of_a_prefix_are_its_keys_and_common_prefixes_in_one_order(
    shelf: Shelf,
) -> None:
    await shelf.put_all("a", "a/", "a/1", "a/2/x", "a/2/y/z", "a/20", "a//", "a0/1", "b/1")
    assert await shelf.children("") == ["a", "a/", "a0/", "b/"]
    assert await shelf.children("a") == ["a", "a/", "a0/"]
    assert await shelf.children("a/") == ["a/", "a//", "a/1", "a/2/", "a/20"]
    assert await shelf.children("c/") == []


async def test_a_level_may_end_in_any_delimiter(shelf: Shelf) -> None:
    await shelf.put_all("day=01/a", "day=02", "day-03", "eve", "eve=1=2")
    assert await shelf.children("", delimiter="=") == ["day-03", "day=", "eve", "eve="]
    assert await shelf.children("day", delimiter="0") == ["day-0", "day=0"]
    if shelf.long_delimiters:
        assert await shelf.children("", delimiter="=0") == ["day-03", "day=0", "eve", "eve=1=2"]
    with pytest.raises(ValueError, match="delimiter"):
        await shelf.store.list_children("", delimiter="")


async def test_children_after_a_key_leave_out_the_common_prefix_that_it_lies_in(
    shelf: Shelf,
) -> None:
    await shelf.put_all("a", "b/1", "b/3", "b/5/x", "b0", "c/1")
    assert await shelf.children("", after="a") == ["b/", "b0", "c/"]
    assert await shelf.children("", after="b") == ["b/", "b0", "c/"]
    assert await shelf.children("", after="b/") == ["b0", "c/"]
    assert await shelf.children("", after="b/3") == ["b0", "c/"]
    assert await shelf.children("b/", after="b/3") == ["b/5/"]
    assert await shelf.children("b/", after="a") == ["b/1", "b/3", "b/5/"]
    assert await shelf.children("", after="c/1") == []


async def test_children_are_verbatim_and_go_on_after_each_of_them(shelf: Shelf) -> None:
    await shelf.put_all(*shelf.listed_keys, *(f"in/{key}/x" for key in shelf.listed_keys[:-2]))
    top = sorted(
        {key.partition("/")[0] + "/" * ("/" in key) for key in shelf.listed_keys} | {"in/"}
    )
    assert await shelf.children("") == top
    inside = sorted({f"in/{key.partition('/')[0]}/" for key in shelf.listed_keys[:-2]})
    assert await shelf.children("in/") == inside
    for index, entry in enumerate(top):
        assert await shelf.children("", after=entry) == top[index + 1 :]


async def test_an_ordered_bucket_can_be_listed_by_tokens_too(shelf: Shelf) -> None:
    await shelf.put_all("p/a", "p/b", "p/c", "q")
    pages = [page async for page in shelf.store.list_unordered("p/", page_size=2)]
    assert [[row.key for row in page.rows] for page in pages] == [["p/a", "p/b"], ["p/c"]]
    listing = shelf.store.list_unordered("p/", token=pages[0].next_token)
    assert [row.key async for page in listing for row in page.rows] == ["p/c"]


async def test_a_missing_object_is_not_found_though_others_begin_like_it(shelf: Shelf) -> None:
    await shelf.put_all("photo.jpg", "photos/1", "photo")
    assert await shelf.store.find_object("phot") is None
    assert await shelf.store.find_object("photo.jpeg") is None
    found = await shelf.store.find_object("photo")
    assert found is not None
    assert found.key == "photo"


async def test_a_range_is_read_as_far_as_the_object_goes(shelf: Shelf) -> None:
    await shelf.put("ten", b"0123456789")
    store = shelf.store
    assert await store.read_range("ten", 0, 1) == b"0"
    assert await store.read_range("ten", 0, 10) == b"0123456789"
    assert await store.read_range("ten", 3, 4) == b"3456"
    assert await store.read_range("ten", 8, 100) == b"89"
    assert await store.read_range("ten", 10, 1) == b""
    assert await store.read_range("ten", 99, 5) == b""


async def test_an_empty_object_has_a_row_and_no_bytes(shelf: Shelf) -> None:
    await shelf.put("empty")
    row = await shelf.store.find_object("empty")
    assert row is not None
    assert row.size == 0
    assert row.etag == "d41d8cd98f00b204e9800998ecf8427e" or not shelf.etags_are_md5
    assert await shelf.store.read_range("empty", 0, 1) == b""


async def test_reading_what_is_missing_says_so(shelf: Shelf) -> None:
    with pytest.raises(ObjectNotFoundError):
        await shelf.store.read_range("missing", 0, 1)


@pytest.mark.parametrize(("start", "length"), [(-1, 5), (0, 0), (3, -1)])
async def test_a_range_that_is_none_is_refused(shelf: Shelf, start: int, length: int) -> None:
    await shelf.put("ten", b"0123456789")
    with pytest.raises(ValueError, match="range"):
        await shelf.store.read_range("ten", start, length)


async def test_an_archived_object_is_listed_as_archived_and_not_read(shelf: Shelf) -> None:
    if len(shelf.classes) == 1:
        pytest.skip("No class of this cloud has to be restored.")
    for storage_class in shelf.classes[1:]:
        await shelf.put("cold", b"ice", storage_class=storage_class)
        row = await shelf.store.find_object("cold")
        assert row is not None
        assert (row.storage_class, row.archived) == (storage_class, True)
        with pytest.raises(ObjectArchivedError):
            await shelf.store.read_range("cold", 0, 1)
