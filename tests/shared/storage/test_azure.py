"""The Azure store asks for what was asked, and says what an answer that is none means."""

import socket
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs

import pytest
from pydantic import SecretStr

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
from shared.leases import Bucket, SasToken
from shared.storage.azure import AzureStore
from shared.storage.base import Children, ListingPage, UnorderedPage
from shared.uris import Provider
from tests.emulators.azure_server import AzureServer, azure_server
from tests.emulators.faulty_store import cut_off, refuse, reset, rewrite
from tests.shared.storage.azure_stores import ON_PREMISES, SAS, list_all, listing, store_at
from tests.shared.storage.scripted_server import Answer, serving
from tests.shared.storage.test_azure_pages import Blob, folder, page, row

BUCKET = Bucket(Provider.AZURE, "acme/photos", "auto")


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the SDK try again without waiting."""
    monkeypatch.setattr("shared.storage.azure_client._BACKOFF_SECONDS", 0.0)


# --- What is asked ----------------------------------------------------------------------------


async def test_a_listing_asks_for_what_was_asked_and_follows_the_markers() -> None:
    async with (
        serving(
            listing(page(Blob("a/b"), Blob("a/b+c"), marker="2!8+/=")), listing(page(Blob("a/d")))
        ) as server,
        store_at(server.url) as store,
    ):
        pages = await list_all(store, "a/", after="a/b")
    assert pages == [
        ListingPage("a/b", "a/b+c", [row("a/b+c")], []),
        ListingPage("a/b+c", None, [row("a/d")], []),
    ]
    common = {
        "restype": ["container"],
        "comp": ["list"],
        "maxresults": ["5000"],
        "prefix": ["a/"],
        "startFrom": ["a/b"],
        **parse_qs(SAS.token.get_secret_value()),
    }
    assert [(url.path, parse_qs(url.query)) for url in server.asked] == [
        ("/acme/photos", common),
        ("/acme/photos", {**common, "marker": ["2!8+/="]}),
    ]
    assert server.asked[0].query.endswith("&sig=a%2Bb%3D")


async def test_an_account_s_owner_sees_who_asks_and_by_which_version() -> None:
    async with serving(listing(page())) as server, store_at(server.url) as store:
        await list_all(store)
    [headers] = server.headers
    assert headers["User-Agent"].startswith("Mooring azsdk-python-storage-blob/")
    assert headers["x-ms-version"] == "2026-02-06"


async def test_nothing_is_asked_of_what_lies_behind_a_prefix() -> None:
    async with serving() as server, store_at(server.url) as store:
        assert await list_all(store, "b/", after="c") == [ListingPage("c", None, [], [])]
        assert await store.list_children("b/", after="b0") == Children([], is_last=True)
    assert server.asked == []


async def test_a_listing_from_before_its_prefix_or_at_it_starts_with_it() -> None:
    async with (
        serving(listing(page(Blob("b/"), Blob("b/1"))), listing(page(Blob("b/")))) as server,
        store_at(server.url) as store,
    ):
        [at_it] = await list_all(store, "b/", after="b/")
        [before_it] = await list_all(store, "b/", after="a")
    assert (at_it.rows, before_it.rows) == ([row("b/1")], [row("b/")])
    assert all("startFrom" not in parse_qs(url.query) for url in server.asked)


async def test_a_level_starts_from_the_entry_that_the_key_lies_in_until_one_lies_behind() -> None:
    async with (
        serving(
            listing(page(Blob("a/b"), Blob("a/b-1"), marker="1")),
            listing(page(folder("a/b/"), marker="2")),
            listing(page(folder("a/c/"), marker="3")),
        ) as server,
        store_at(server.url) as store,
    ):
        children = await store.list_children("a/", after="a/b/c/d")
    assert children == Children(["a/c/"], is_last=False)
    asked = [parse_qs(url.query) for url in server.asked]
    assert [query["startFrom"] for query in asked] == [["a/b"]] * 3
    assert [query.get("marker") for query in asked] == [None, ["1"], ["2"]]
    assert {query["maxresults"][0] for query in asked} == {"1000"}


async def test_an_object_is_found_though_the_first_pages_are_empty() -> None:
    async with (
        serving(listing(page(marker="1")), listing(page(Blob("a/1")))) as server,
        store_at(server.url) as store,
    ):
        assert await store.find_object("a/1") == row("a/1")
    assert [parse_qs(url.query)["maxresults"] for url in server.asked] == [["1"]] * 2


async def test_a_name_with_dots_is_asked_for_as_it_is() -> None:
    async with serving(Answer(206, b"abc")) as server, store_at(server.url) as store:
        assert await store.read_range("./a/../b+c ~\u00e9", 3, 3) == b"abc"
    [url] = server.asked
    assert url.path == "/acme/photos/./a/../b%2Bc%20~%C3%A9"
    assert server.headers[0]["x-ms-range"] == "bytes=3-5"


async def test_connections_are_used_again_for_listings_and_for_ranges() -> None:
    async with (
        azure_server() as server,
        AzureStore(server.bucket(), server.sas(), egress=ON_PREMISES) as store,
    ):
        server.put("a", b"0123456789")
        for _ in range(3):
            assert len(await list_all(store)) == 1
            assert await store.read_range("a", 2, 3) == b"234"
        connector = store._client._pipeline._transport.session.connector  # type: ignore[attr-defined]
        assert [len(each) for each in connector._conns.values()] == [1]


# --- Order ------------------------------------------------------------------------------------


async def test_a_hierarchical_namespace_is_listed_by_markers_alone() -> None:
    async with (
        azure_server(AzureServer(order="hierarchical")) as server,
        AzureStore(server.bucket(), server.sas("l"), egress=ON_PREMISES) as store,
    ):
        for key in ("a-1", "a/1", "a/2/3", "b"):
            server.put(key, b"")
        for after in (None, "a", "a-1"):
            with pytest.raises(UnorderedListingError):
                await list_all(store, after=after)
        with pytest.raises(UnorderedListingError):
            await store.list_children("")
        pages = [each async for each in store.list_unordered("", page_size=4)]
        assert [[row.key for row in each.rows] for each in pages] == [
            ["a/1", "a/2/3"],  # beside the directories a and a/2
            ["a-1", "b"],
        ]
        assert await store.find_object("a") is None
        found = await store.find_object("a/2/3")
        assert found is not None
        assert found.key == "a/2/3"


async def test_a_hierarchical_namespace_has_no_order_even_where_it_looks_like_one() -> None:
    async with (
        serving(listing(page(Blob("a", kind="file"), Blob("b", kind="file")))) as server,
        store_at(server.url) as store,
    ):
        with pytest.raises(UnorderedListingError):
            await list_all(store)


async def test_names_that_sort_otherwise_by_utf_16_are_listed_by_markers_alone() -> None:
    async with (
        azure_server() as server,
        AzureStore(server.bucket(), server.sas("l"), egress=ON_PREMISES) as store,
    ):
        for key in ("a", "\U0001f3a3", "\uff01"):
            server.put(key)
        pages = [each async for each in store.list_unordered("", page_size=2)]
        assert [[row.key for row in each.rows] for each in pages] == [
            ["a", "\U0001f3a3"],
            ["\uff01"],
        ]
        listing = store.list_pages("", page_size=1)
        assert (await anext(listing)).last == "a"
        with pytest.raises(UnorderedListingError):
            await anext(listing)


async def test_the_end_of_a_folder_is_its_last_character_by_utf_16() -> None:
    async with (
        azure_server() as server,
        AzureStore(server.bucket(), server.sas("l"), egress=ON_PREMISES) as store,
    ):
        for key in ("a/1", "a/\uff01", "b"):
            server.put(key)
        [behind] = await list_all(store, after="a/\U0010ffff")
        assert [row.key for row in behind.rows] == ["b"]
        assert await store.list_children("", after="a/\U0010ffff") == Children(["b"], is_last=True)


async def test_a_service_that_does_not_start_from_a_key_is_found_out() -> None:
    async with (
        azure_server(AzureServer(knows_start_from=False)) as server,
        AzureStore(server.bucket(), server.sas("l"), egress=ON_PREMISES) as store,
    ):
        for key in ("p/1", "p/2", "p/3"):
            server.put(key)
        assert len(await list_all(store, "p/")) == 1
        with pytest.raises(UnorderedListingError):
            await list_all(store, "p/", after="p/2")
        [last] = await list_all(store, "p/", after="p/0")  # nothing was to be skipped
        assert [row.key for row in last.rows] == ["p/1", "p/2", "p/3"]


@pytest.mark.parametrize(
    "answers",
    [
        pytest.param([page(Blob("b"), Blob("a"))], id="in a page"),
        pytest.param([page(Blob("b"), marker="1"), page(Blob("a"))], id="going back"),
        pytest.param([page(Blob("b"), marker="1"), page(Blob("b"))], id="repeating"),
    ],
)
async def test_a_listing_out_of_order_is_unordered(answers: list[bytes]) -> None:
    async with serving(*map(listing, answers)) as server, store_at(server.url) as store:
        with pytest.raises(UnorderedListingError):
            await list_all(store)


async def test_a_marker_is_refused_by_the_code_and_the_parameter_that_azure_names() -> None:
    async with (
        azure_server() as server,
        AzureStore(server.bucket(), server.sas("l"), egress=ON_PREMISES) as store,
    ):
        server.put("a")
        server.put("b")
        first = await anext(store.list_unordered("", page_size=1))
        server.expire_tokens()
        with pytest.raises(ListingTokenError):
            await anext(store.list_unordered("", token=first.next_token))


@pytest.mark.parametrize(
    "answers",
    [
        pytest.param([page(Blob("b"), marker="1"), page(marker="1")], id="turning in a circle"),
        pytest.param([page(Blob("b"), marker="1"), b"<html/>"], id="ending in a foreign page"),
        pytest.param([page(Blob("b"))[:-9]], id="cut off"),
        pytest.param([b""], id="empty"),
        pytest.param([b"<Error><Code>ServerBusy</Code></Error>"], id="error in disguise"),
    ],
)
async def test_a_listing_that_cannot_be_one_is_broken(answers: list[bytes]) -> None:
    async with (
        serving(*(listing(body) for body in answers)) as server,
        store_at(server.url) as store,
    ):
        with pytest.raises(BrokenListingError):
            await list_all(store)


# --- Faults that pass -------------------------------------------------------------------------


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(
    "fault",
    [
        refuse(503, "ServerBusy"),
        refuse(500, "InternalError"),
        refuse(500, "OperationTimedOut"),
        refuse(429, "TooManyRequests"),
        reset,
        cut_off,
        rewrite(lambda body: body[:-20]),
    ],
)
async def test_what_fails_in_passing_is_asked_for_again(fault: object) -> None:
    async with (
        azure_server() as server,
        AzureStore(server.bucket(), server.sas(), egress=ON_PREMISES) as store,
    ):
        server.put("a", b"bytes")
        server.fail(fault, times=2)  # type: ignore[arg-type]
        assert len(await list_all(store)) == 1
        assert len(server.asked) == 3


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (refuse(503, "ServerBusy"), StorageThrottledError),
        (refuse(500, "InternalError"), StorageUnavailableError),
        (reset, StorageUnavailableError),
        (cut_off, StorageUnavailableError),
        (rewrite(lambda body: body[:-20]), BrokenListingError),
    ],
)
async def test_what_goes_on_failing_is_asked_for_three_times(
    fault: object, kind: type[Exception]
) -> None:
    async with (
        azure_server() as server,
        AzureStore(server.bucket(), server.sas(), egress=ON_PREMISES) as store,
    ):
        server.fail(fault)  # type: ignore[arg-type]
        with pytest.raises(kind):
            await list_all(store)
        assert len(server.asked) == 3


@pytest.mark.usefixtures("impatient")
async def test_a_range_that_breaks_off_is_read_again() -> None:
    async with (
        azure_server() as server,
        AzureStore(server.bucket(), server.sas(), egress=ON_PREMISES) as store,
    ):
        server.put("a", bytes(range(256)) * 4096)
        server.fail(reset, times=1)
        assert await store.read_range("a", 255, 70_000) == (bytes(range(256)) * 4096)[255:70_255]


# --- Signatures -------------------------------------------------------------------------------


async def test_a_signature_that_is_over_is_the_end_of_a_lease() -> None:
    async with azure_server() as server:
        bucket, sas = server.bucket(), server.sas()
        server.clock = datetime.now(UTC) + timedelta(hours=2)
        async with AzureStore(bucket, sas, egress=ON_PREMISES) as store:
            with pytest.raises(LeaseExpiredError):
                await list_all(store)


async def test_a_signature_that_was_tampered_with_or_allows_less_is_denied() -> None:
    async with azure_server() as server:
        listing_only = server.sas("l").token.get_secret_value()
        more = SasToken(SecretStr(listing_only.replace("sp=l", "sp=rl")))
        server.put("a", b"bytes")
        async with AzureStore(server.bucket(), more, egress=ON_PREMISES) as store:
            with pytest.raises(StorageDeniedError, match="signature"):
                await list_all(store)
        async with AzureStore(server.bucket(), server.sas("l"), egress=ON_PREMISES) as store:
            assert len(await list_all(store)) == 1
            with pytest.raises(StorageDeniedError, match="role"):
                await store.read_range("a", 0, 1)


# --- Where it connects ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://127.0.0.1/acme",
        "http://store.example/acme",
        "https://user@store.example/acme",
        "https://store.example/acme#",
    ],
)
async def test_an_endpoint_of_the_customer_s_must_be_public(endpoint: str) -> None:
    store = AzureStore(
        replace(BUCKET, endpoint=endpoint), SAS, egress=EgressGuard(allow_private=False)
    )
    with pytest.raises(EndpointNotAllowedError):
        async with store:
            pass


@pytest.mark.parametrize(
    ("endpoint", "guarded"),
    [
        ("https://acme.store.example", True),
        ("https://acme.blob.core.windows.net.store.example", True),
        ("https://acme.blob.core.chinacloudapi.cn", False),
        (None, False),
    ],
)
async def test_a_host_that_is_not_azure_s_own_must_be_at_a_public_address(
    monkeypatch: pytest.MonkeyPatch, endpoint: str | None, *, guarded: bool
) -> None:
    def resolve(*_: object, **__: object) -> list[object]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 1))]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    bucket = replace(BUCKET, endpoint=endpoint)
    egress = EgressGuard(allow_private=False)
    async with AzureStore(bucket, SAS, egress=egress, attempts=1) as store:
        expected = EndpointNotAllowedError if guarded else StorageUnavailableError
        with pytest.raises(expected):
            await list_all(store)


async def test_a_redirect_is_not_followed() -> None:
    answer = Answer(307, headers={"Location": "http://169.254.169.254/"})
    async with serving(answer) as server, store_at(server.url, attempts=3) as store:
        with pytest.raises(StorageError, match="refused"):
            await list_all(store)
    assert len(server.asked) == 1


async def test_an_empty_container_lists_one_empty_page_by_markers() -> None:
    async with serving(listing(page())) as server, store_at(server.url) as store:
        assert [each async for each in store.list_unordered("")] == [UnorderedPage([], [], None)]
