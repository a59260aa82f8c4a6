"""The store of Cloud Storage: what it asks, what it bears, and what it says of the answers."""

import gzip
import socket
from collections.abc import AsyncIterator
from urllib.parse import parse_qs

import pytest
from pydantic import SecretStr

from deploy.local.clouds.gcs_server import gcs_server
from deploy.local.clouds.gcs_world import Fault, GcsWorld
from shared.egress import EgressGuard
from shared.errors import (
    BrokenListingError,
    EndpointNotAllowedError,
    LeaseExpiredError,
    ListingTokenError,
    StorageDeniedError,
    StorageError,
    StorageThrottledError,
    StorageUnavailableError,
    UnorderedListingError,
)
from shared.leases import ANY_REGION, BearerToken, Bucket
from shared.storage.base import ListingPage, UndecodableKey, UnorderedPage
from shared.storage.gcs import GcsStore
from shared.storage.limits import Limits
from shared.uris import Provider
from tests.shared.storage.gcs_stores import (
    MD5,
    ON_PREMISES,
    TOKEN,
    item,
    list_all,
    listing,
    page,
    refusal,
    row,
    store_at,
)
from tests.shared.storage.scripted_server import Answer, serving

READER = "reader@mooring.iam.gserviceaccount.com"


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the store try again without waiting."""
    monkeypatch.setattr("shared.storage.gcs_client.pause_after", lambda _: 0.0)


@pytest.fixture
async def world() -> AsyncIterator[GcsWorld]:
    """A Cloud Storage with one bucket, which READER may read."""
    async with gcs_server() as world:
        world.add_bucket("acme")
        world.grant("acme", READER)
        yield world


def store_of(world: GcsWorld, token: str | None = None, *, attempts: int = 3) -> GcsStore:
    bucket = Bucket(Provider.GCS, "acme", ANY_REGION, world.url)
    grant = BearerToken(SecretStr(token or world.issue_token(READER)))
    return GcsStore(bucket, grant, egress=ON_PREMISES, attempts=attempts)


# --- What it asks -----------------------------------------------------------------------------


async def test_a_listing_asks_for_what_was_asked_and_follows_the_tokens() -> None:
    async with (
        serving(
            listing(page(item("a/b"), item("a/b+c"), token="to+ken/1=")),
            listing(page(item("a/d"))),
        ) as server,
        store_at(server.url) as store,
    ):
        pages = await list_all(store, "a/", after="a/b")
    assert pages == [
        ListingPage("a/b", "a/b+c", [row("a/b+c")], []),
        ListingPage("a/b+c", None, [row("a/d")], []),
    ]
    common = {
        "prefix": ["a/"],
        "maxResults": ["1000"],
        "startOffset": ["a/b"],
        "prettyPrint": ["false"],
        "fields": [
            "kind,nextPageToken,items(name,size,md5Hash,etag,timeCreated,storageClass)",
        ],
    }
    assert [(url.path, parse_qs(url.query)) for url in server.asked] == [
        ("/storage/v1/b/bucket/o", common),
        ("/storage/v1/b/bucket/o", {**common, "pageToken": ["to+ken/1="]}),
    ]


async def test_a_request_bears_the_lease_s_token_and_says_who_asks() -> None:
    async with serving(listing(page())) as server, store_at(server.url) as store:
        await list_all(store)
    [headers] = server.headers
    assert headers["Authorization"] == "Bearer ya29.secret"
    assert headers["User-Agent"].startswith("Mooring gcloud-aio-storage/")
    assert headers["Cookie"] is None


async def test_generations_are_asked_for_with_versions_alone() -> None:
    body = page(item("a", generation="17"))
    async with serving(listing(body), listing(body)) as server, store_at(server.url) as store:
        assert await store.find_object("a", versions=True) == row("a", version_id="17")
        assert await store.find_object("a") == row("a")
    asked = [parse_qs(url.query)["fields"] for url in server.asked]
    assert ["generation" in fields for [fields] in asked] == [True, False]


async def test_a_listing_behind_a_key_leaves_it_out_though_the_first_page_is_empty() -> None:
    answers = [listing(page(token="t")), listing(page(item("b"), item("c")))]
    async with serving(*answers) as server, store_at(server.url) as store:
        pages = [each async for each in store.list_pages("", after="b")]
    assert [[found.key for found in each.rows] for each in pages] == [["c"]]


async def test_an_object_is_looked_for_past_pages_without_one() -> None:
    async with (
        serving(listing(page(token="1")), listing(page(item("a")))) as server,
        store_at(server.url) as store,
    ):
        assert await store.find_object("a") == row("a")
    assert len(server.asked) == 2


async def test_a_key_that_begins_like_a_path_upwards_is_asked_for_as_it_is() -> None:
    async with serving(Answer(206, b"x")) as server, store_at(server.url) as store:
        assert await store.read_range("../a/./%2F?#b", 0, 1) == b"x"
    [url] = server.asked
    assert (url.path, url.query) == (
        "/storage/v1/b/bucket/o/..%2Fa%2F.%2F%252F%3F%23b",
        "alt=media",
    )


async def test_bytes_are_read_as_they_are_stored(world: GcsWorld) -> None:
    stored = gzip.compress(b"a long text " * 100)
    world.put("acme", "packed", stored, content_encoding="gzip", content_type="text/plain")
    async with store_of(world) as store:
        assert await store.read_range("packed", 0, 10_000) == stored
        assert await store.read_range("packed", 5, 7) == stored[5:12]


async def test_the_time_and_the_etag_of_an_object_are_its_content_s(world: GcsWorld) -> None:
    stored = world.put("acme", "a", b"its bytes")
    async with store_of(world) as store:
        before = await store.find_object("a")
        world.touch("acme", "a")
        after = await store.find_object("a")
    assert before == after
    assert before is not None
    assert before.etag == MD5.hexdigest()
    assert abs((before.last_modified - stored.created).total_seconds()) < 0.001


@pytest.mark.parametrize("storage_class", ["STANDARD", "NEARLINE", "COLDLINE", "ARCHIVE"])
async def test_an_object_of_each_class_is_read_at_once(world: GcsWorld, storage_class: str) -> None:
    world.put("acme", "a", b"its bytes", storage_class=storage_class)
    async with store_of(world) as store:
        found = await store.find_object("a")
        assert found is not None
        assert (found.storage_class, found.archived) == (storage_class, False)
        assert await store.read_range("a", 4, 5) == b"bytes"


async def test_composite_objects_are_listed(world: GcsWorld) -> None:
    world.put("acme", "a", b"its bytes", composite=True)
    async with store_of(world) as store:
        found = await store.find_object("a")
    assert found is not None
    assert found.size == 9
    assert found.etag not in ("", MD5.hexdigest())


async def test_an_unordered_listing_is_refused() -> None:
    for bodies in (
        [page(item("b"), item("a"))],
        [page(item("b"), token="1"), page(item("a"))],
        [page(item("b"), token="1"), page(item("b"))],
    ):
        async with serving(*map(listing, bodies)) as server, store_at(server.url) as store:
            with pytest.raises(UnorderedListingError):
                await list_all(store)


async def test_a_listing_that_begins_too_early_is_refused() -> None:
    async with (
        serving(listing(page(item("a"), item("c")))) as server,
        store_at(server.url) as store,
    ):
        with pytest.raises(UnorderedListingError):
            await list_all(store, after="b")


async def test_an_unordered_walk_shows_pages_without_any_key() -> None:
    async with (
        serving(
            listing(page(item("b"), item("c\0"), token="1")),
            listing(page(token="2")),
            listing(page(item("d"))),
        ) as server,
        store_at(server.url) as store,
    ):
        pages = [each async for each in store.list_unordered("", token="0")]
    nul = UndecodableKey(b"c\0", "key-has-nul", "The key has a NUL character.")
    assert pages == [
        UnorderedPage([row("b")], [nul], "1"),
        UnorderedPage([], [], "2"),
        UnorderedPage([row("d")], [], None),
    ]
    asked = [parse_qs(url.query) for url in server.asked]
    assert [each["pageToken"] for each in asked] == [["0"], ["1"], ["2"]]


async def test_a_token_that_is_no_longer_taken_says_so(world: GcsWorld) -> None:
    async with store_of(world) as store:
        with pytest.raises(ListingTokenError):
            await anext(store.list_unordered("", token="\xff"))


async def test_a_listing_in_a_circle_or_of_nothing_is_broken() -> None:
    circle = [listing(page(item("a"), token=each)) for each in "01010101"]
    async with serving(*circle) as server, store_at(server.url) as store:
        with pytest.raises(BrokenListingError, match="go on"):
            async for _ in store.list_unordered(""):
                pass
    empty = [listing(page(token=str(n))) for n in range(8)]
    async with (
        serving(*empty) as server,
        store_at(server.url, limits=Limits(empty_pages=3)) as store,
    ):
        with pytest.raises(BrokenListingError):
            await store.find_object("a")
        with pytest.raises(BrokenListingError):
            await list_all(store)


# --- Where it connects ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "endpoint", ["http://storage.example", "https://127.0.0.1:4443", "https://user@storage.example"]
)
async def test_an_endpoint_that_is_not_public_is_refused(endpoint: str) -> None:
    bucket = Bucket(Provider.GCS, "acme", ANY_REGION, endpoint)
    with pytest.raises(EndpointNotAllowedError):
        async with GcsStore(bucket, TOKEN, egress=EgressGuard(allow_private=False)):
            pass


async def test_a_name_that_leads_inside_is_refused_when_it_is_resolved() -> None:
    bucket = Bucket(Provider.GCS, "acme", ANY_REGION, "https://localhost:4443")
    async with GcsStore(bucket, TOKEN, egress=EgressGuard(allow_private=False)) as store:
        with pytest.raises(EndpointNotAllowedError):
            await store.find_object("a")


async def test_a_redirect_is_not_followed() -> None:
    away = Answer(307, headers={"Location": "http://169.254.169.254/"})
    async with serving(away) as server, store_at(server.url, attempts=3) as store:
        with pytest.raises(StorageError) as raised:
            await store.find_object("a")
    assert type(raised.value) is StorageError
    assert len(server.asked) == 1


async def test_a_server_that_is_not_there_is_unavailable() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    async with store_at(f"http://127.0.0.1:{port}") as store:
        with pytest.raises(StorageUnavailableError):
            await store.find_object("a")


# --- What fails in passing --------------------------------------------------------------------


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("fault", ["throttle", "fail", "truncate", "html"])
async def test_a_request_is_made_three_times(world: GcsWorld, fault: Fault) -> None:
    world.put("acme", "a", b"its bytes")
    async with store_of(world) as store:
        world.fail_next(fault, times=2)
        [page] = await list_all(store)
        assert [each.key for each in page.rows] == ["a"]
        assert len(world.asked) == 3
        world.fail_next(fault, times=3)
        with pytest.raises(StorageError):
            await list_all(store)
        assert len(world.asked) == 6


@pytest.mark.usefixtures("impatient")
async def test_a_connection_that_is_lost_is_made_again_so_many_times(world: GcsWorld) -> None:
    async with store_of(world) as store:
        world.fail_next("reset", times=99)
        with pytest.raises(StorageUnavailableError):
            await list_all(store)
    assert len(world.asked) == 6  # aiohttp asks twice before it says so


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("fault", ["throttle", "fail", "reset", "truncate"])
async def test_bytes_are_read_again(world: GcsWorld, fault: Fault) -> None:
    world.put("acme", "a", b"its bytes" * 100)
    async with store_of(world) as store:
        world.fail_next(fault, times=2)
        assert await store.read_range("a", 9, 100) == (b"its bytes" * 100)[9:109]


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("throttle", StorageThrottledError),
        ("fail", StorageUnavailableError),
        ("truncate", StorageUnavailableError),
        ("html", BrokenListingError),
    ],
)
async def test_each_fault_has_its_name(
    world: GcsWorld, fault: Fault, kind: type[StorageError]
) -> None:
    world.put("acme", "a")
    world.fail_next(fault)
    async with store_of(world, attempts=1) as store:
        with pytest.raises(StorageError) as raised:
            await list_all(store)
    assert type(raised.value) is kind


async def test_what_will_not_pass_is_asked_once() -> None:
    async with (
        serving(refusal(403, "forbidden"), refusal(401, "authError")) as server,
        store_at(server.url, attempts=3) as store,
    ):
        with pytest.raises(StorageDeniedError):
            await store.find_object("a")
        with pytest.raises(LeaseExpiredError):
            await store.find_object("a")
    assert len(server.asked) == 2


# --- Who may ----------------------------------------------------------------------------------


async def test_a_token_that_expired_is_a_lease_s_end(world: GcsWorld) -> None:
    async with store_of(world, "ya29.unknown") as store:
        with pytest.raises(LeaseExpiredError):
            await store.find_object("a")


async def test_a_grant_below_a_prefix_lists_and_reads_there_alone(world: GcsWorld) -> None:
    world.revoke("acme", READER)
    world.grant("acme", READER, prefix="photos/")
    for key in ("photos/1", "private/1"):
        world.put("acme", key, b"x")
    async with store_of(world) as store:
        assert [page.rows[0].key for page in await list_all(store, "photos/")] == ["photos/1"]
        assert await store.find_object("photos/1") is not None
        assert (await store.list_children("photos/")).entries == ["photos/1"]
        assert await store.read_range("photos/1", 0, 1) == b"x"
        with pytest.raises(StorageDeniedError):
            await list_all(store)
        with pytest.raises(StorageDeniedError):
            await store.read_range("private/1", 0, 1)
