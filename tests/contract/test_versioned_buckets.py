"""One suite for listings of versions: of buckets that keep them, and of those that do not."""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from uuid import uuid4

import pytest
from pydantic import SecretStr

from deploy.local.clouds.gcs_server import gcs_server
from deploy.local.clouds.gcs_world import FIRST_GENERATION
from shared.egress import EgressGuard
from shared.leases import ANY_REGION, BearerToken, Bucket, SessionKeys
from shared.storage.azure import AzureStore
from shared.storage.base import ListingPage, ObjectRow, ObjectStore
from shared.storage.gcs import GcsStore
from shared.storage.memory import MemoryStore
from shared.storage.s3 import S3Store
from shared.uris import Provider
from tests.contract.test_object_store import HARD_KEYS_OF_ALL
from tests.emulators.azure_server import AzureServer, azure_server
from tests.hard_keys import HARD_KEYS
from tests.integration.ceph import Ceph
from tests.shared.storage.bucket_server import BucketServer, serving_bucket
from tests.shared.storage.s3_stores import ON_PREMISES, store_at


@dataclass(frozen=True)
class Archive:
    """The store of a bucket; `version(n)` is the id of the nth version or delete marker.

    `cold` is a storage class. Where a bucket has markers of what was deleted, its listings can end
    a page with one.
    """

    store: ObjectStore
    put: Callable[..., object]
    remove: Callable[[str], None]
    version: Callable[[int], str] = "v{:03}".format
    cold: str = "GLACIER"
    has_markers: bool = True
    hard_keys: Sequence[str] = tuple(HARD_KEYS_OF_ALL)

    def put_all(self, *keys: str) -> None:
        for key in keys:
            self.put(key)

    async def pages(self, prefix: str = "", **options: str | int) -> list[ListingPage]:
        listing = self.store.list_pages(prefix, versions=True, **options)  # type: ignore[arg-type]
        return [page async for page in listing]

    async def versions(self, prefix: str = "", **options: str | int) -> dict[str, str | None]:
        pages = await self.pages(prefix, **options)
        return {row.key: row.version_id for page in pages for row in page.rows}


async def s3_archive(*, versioned: bool) -> AsyncIterator[Archive]:
    async with (
        serving_bucket(BucketServer(versioned=versioned)) as bucket,
        store_at(bucket.url) as store,
    ):
        yield Archive(store, bucket.put, bucket.remove)


async def gcs_archive(*, versioned: bool) -> AsyncIterator[Archive]:
    async with gcs_server() as world:
        world.add_bucket("archive", versioned=versioned)
        world.grant("archive", "reader")
        bucket = Bucket(Provider.GCS, "archive", ANY_REGION, world.url)
        token = BearerToken(SecretStr(world.issue_token("reader")))
        async with GcsStore(bucket, token, egress=EgressGuard(allow_private=True)) as store:
            yield Archive(
                store,
                partial(world.put, "archive"),
                partial(world.remove, "archive"),
                lambda number: str(FIRST_GENERATION + number),
                has_markers=False,
            )


async def azure_archive(*, versioned: bool) -> AsyncIterator[Archive]:
    async with (
        azure_server(AzureServer(versioned=versioned)) as server,
        AzureStore(server.bucket(), server.sas("l"), egress=ON_PREMISES) as store,
    ):
        listed = [key for key in HARD_KEYS_OF_ALL if max(key) <= "\uffff"]  # it lists by UTF-16
        yield Archive(
            store, server.put, server.remove, cold="Cool", has_markers=False, hard_keys=listed
        )


async def ceph_archive(ceph: Ceph, *, versioned: bool) -> AsyncIterator[Archive]:
    name = f"b-{uuid4()}"
    keys = ceph.make_user(name)
    s3 = ceph.client("s3", keys)
    s3.create_bucket(Bucket=name)
    if versioned:
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    ids: list[str] = []

    def put(key: str, body: bytes = b"", storage_class: str = "STANDARD") -> None:
        done = s3.put_object(Bucket=name, Key=key, Body=body, StorageClass=storage_class)
        ids.append(done.get("VersionId", "null"))

    def remove(key: str) -> None:
        ids.append(s3.delete_object(Bucket=name, Key=key)["VersionId"])

    bucket = Bucket(Provider.S3, name, "us-east-1", ceph.endpoint, path_style=True)
    lent = SessionKeys(keys.access_key_id, SecretStr(keys.secret_access_key))
    async with S3Store(bucket, lent, egress=ON_PREMISES) as store:
        yield Archive(
            store,
            put,
            remove,
            lambda number: ids[number - 1],
            cold="STANDARD",
            hard_keys=HARD_KEYS,
        )


async def memory_archive(*, versioned: bool) -> AsyncIterator[Archive]:
    async with MemoryStore(versioned=versioned) as store:
        yield Archive(store, store.put, store.remove)


def opener(request: pytest.FixtureRequest) -> Callable[..., AsyncIterator[Archive]]:
    """Return what opens the archive, with the server that it needs."""
    chosen: Callable[..., AsyncIterator[Archive]] = request.param
    if chosen is ceph_archive:
        return partial(chosen, request.getfixturevalue("ceph"))
    return chosen


CEPH = pytest.param(ceph_archive, marks=pytest.mark.integration)


@pytest.fixture(params=[s3_archive, CEPH, azure_archive, gcs_archive, memory_archive])
async def archive(request: pytest.FixtureRequest) -> AsyncIterator[Archive]:
    async for each in opener(request)(versioned=True):
        yield each


@pytest.fixture(params=[s3_archive, CEPH, azure_archive, memory_archive])
async def plain(request: pytest.FixtureRequest) -> AsyncIterator[Archive]:
    async for each in opener(request)(versioned=False):
        yield each


async def test_an_empty_bucket_has_one_empty_page(archive: Archive) -> None:
    assert await archive.pages() == [ListingPage(after=None, last=None, rows=[], undecodable=[])]


async def test_a_row_is_that_of_the_listing_with_its_version(archive: Archive) -> None:
    archive.put("a/b.txt", b"hello", storage_class=archive.cold)
    [page] = await archive.pages()
    [row] = page.rows
    assert row == ObjectRow(
        key="a/b.txt",
        size=5,
        etag=row.etag,
        last_modified=row.last_modified,
        storage_class=archive.cold,
        version_id=archive.version(1),
    )
    assert await archive.store.find_object("a/b.txt", versions=True) == row


async def test_only_the_latest_version_of_each_key_that_is_not_deleted_is_listed(
    archive: Archive,
) -> None:
    archive.put_all("a", "b", "a", "c", "d", "d", "e")
    archive.remove("b")
    archive.remove("d")
    archive.put("d")
    archive.remove("e")
    latest = {name: archive.version(number) for name, number in (("a", 3), ("c", 4), ("d", 10))}
    assert await archive.versions() == latest
    for page_size in range(1, 12):
        assert await archive.versions(page_size=page_size) == latest
    for key in "abcdef":
        found = await archive.store.find_object(key, versions=True)
        assert (found and found.version_id) == latest.get(key)


async def test_a_bucket_without_versions_calls_each_one_null(plain: Archive) -> None:
    plain.put_all("a", "b", "a", "ab")
    assert await plain.versions("a") == {"a": "null", "ab": "null"}
    assert await plain.versions("a", page_size=1) == {"a": "null", "ab": "null"}
    found = await plain.store.find_object("a", versions=True)
    assert found is not None
    assert found.version_id == "null"


@pytest.mark.parametrize("versioned", [False, True])
async def test_each_object_of_cloud_storage_has_a_generation(*, versioned: bool) -> None:
    async for archive in gcs_archive(versioned=versioned):
        archive.put_all("a", "b", "a", "ab")
        expected = {"a": archive.version(3), "ab": archive.version(4)}
        assert await archive.versions("a") == expected
        assert await archive.versions("a", page_size=1) == expected


async def test_other_listings_tell_no_version(archive: Archive) -> None:
    archive.put_all("a", "a")
    [page] = [page async for page in archive.store.list_pages("")]
    assert [row.version_id for row in page.rows] == [None]
    found = await archive.store.find_object("a")
    assert found is not None
    assert found.version_id is None


@pytest.mark.parametrize("page_size", [1, 2, 3, 1000])
async def test_hard_keys_are_listed_verbatim_over_every_page_boundary(
    archive: Archive, page_size: int
) -> None:
    archive.put_all(*archive.hard_keys, *archive.hard_keys[::2])
    in_order = sorted(archive.hard_keys, key=str.encode)
    assert list(await archive.versions(page_size=page_size)) == in_order


async def test_a_listing_resumes_after_any_key(archive: Archive) -> None:
    archive.put_all("p/1", "p/2", "p/4", "q", "p/2", "p/3")
    archive.remove("p/3")
    for page_size in (1, 2, 1000):
        assert list(await archive.versions("p/", after="p/1", page_size=page_size)) == [
            "p/2",
            "p/4",
        ]
        for after in ("p/2", "p/3", "p/33"):
            assert list(await archive.versions("p/", after=after, page_size=page_size)) == ["p/4"]
        assert await archive.versions("p/", after="p/4", page_size=page_size) == {}


async def test_pages_join_without_a_gap_though_some_have_no_row(archive: Archive) -> None:
    archive.put_all("a", "b", "c", "d")
    archive.remove("b")
    archive.remove("c")
    pages = await archive.pages(page_size=1)
    assert [page.after for page in pages] == [None, *(page.last for page in pages[:-1])]
    assert pages[-1].last is None
    by_last = {page.last: [row.key for row in page.rows] for page in pages}
    gone: dict[str | None, list[str]] = {"b": [], "c": []}
    assert by_last == {"a": ["a"], **(gone if archive.has_markers else {}), None: ["d"]}
    for number, page in enumerate(pages[:-1], start=1):
        assert await archive.pages(after=str(page.last), page_size=1) == pages[number:]
