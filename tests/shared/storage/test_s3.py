"""The S3 store survives what servers say in place of an answer, and says what it means."""

import socket
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs

import pytest

from shared.egress import EgressGuard
from shared.errors import (
    BrokenListingError,
    EndpointNotAllowedError,
    StorageUnavailableError,
    UnorderedListingError,
    WrongRegionError,
)
from shared.leases import Bucket
from shared.storage.base import ListingPage, UndecodableKey
from shared.storage.s3 import S3Store
from shared.storage.s3_client import open_s3_client
from shared.storage.signing.s3 import presign_s3
from shared.uris import Provider
from tests.shared.storage.s3_stores import KEYS, ON_PREMISES, list_all, listing, store_at
from tests.shared.storage.scripted_server import Answer, serving
from tests.shared.storage.test_pages import Listed, page, row
from tests.shared.storage.test_version_pages import latest, version
from tests.shared.storage.test_version_pages import page as version_page


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the SDK try again without waiting."""
    monkeypatch.setattr("botocore.retries.standard.ExponentialBackoff.delay_amount", lambda *_: 0.0)


async def test_a_listing_asks_for_what_was_asked_and_follows_the_tokens() -> None:
    async with (
        serving(
            listing(page(Listed("a/b%2Bc"), token="to+ken/1=")),
            listing(page(Listed("a/d"))),
        ) as server,
        store_at(server.url) as store,
    ):
        pages = await list_all(store, "a/", after="a/b")
    assert pages == [
        ListingPage("a/b", "a/b+c", [row("a/b+c")], []),
        ListingPage("a/b+c", None, [row("a/d")], []),
    ]
    common = {
        "list-type": ["2"],
        "max-keys": ["1000"],
        "prefix": ["a/"],
        "encoding-type": ["url"],
    }
    assert [(url.path, parse_qs(url.query)) for url in server.asked] == [
        ("/bucket", {**common, "start-after": ["a/b"]}),
        ("/bucket", {**common, "continuation-token": ["to+ken/1="]}),
    ]


async def test_a_bucket_s_owner_sees_who_asks() -> None:
    async with serving(listing(page())) as server, store_at(server.url) as store:
        await list_all(store)
    [headers] = server.headers
    assert headers["User-Agent"].startswith("Mooring aiobotocore/")


async def test_a_page_without_a_usable_key_joins_the_next_one() -> None:
    async with (
        serving(
            listing(page(token="1")),
            listing(page(Listed("caf%E9"), token="2")),
            listing(page(Listed("d"), Listed("e%FF"), token="3")),
            listing(page(Listed("f%00"))),
        ) as server,
        store_at(server.url) as store,
    ):
        pages = await list_all(store)
    not_utf8 = "The key is not valid UTF-8."
    assert pages == [
        ListingPage(
            None,
            "d",
            [row("d")],
            [UndecodableKey(b"caf\xe9", "key-not-utf8", not_utf8)],
        ),
        ListingPage(
            "d",
            None,
            [],
            [
                UndecodableKey(b"e\xff", "key-not-utf8", not_utf8),
                UndecodableKey(b"f\0", "key-has-nul", "The key has a NUL character."),
            ],
        ),
    ]


@pytest.mark.parametrize("versions", [False, True])
async def test_a_whole_listing_is_never_parsed_by_the_sdk(
    monkeypatch: pytest.MonkeyPatch, *, versions: bool
) -> None:
    parsed: list[bytes] = []
    monkeypatch.setattr(
        "botocore.handlers._looks_like_special_case_error", lambda _, body: parsed.append(body)
    )
    monkeypatch.setattr(
        "botocore.parsers.RestXMLParser._parse_xml_string_to_dom",
        lambda _, body: parsed.append(body),
    )
    body = version_page(version("a")) if versions else page(Listed("a"))
    async with serving(listing(body)) as server, store_at(server.url) as store:
        found = await store.find_object("a", versions=versions)
    assert found == (latest("a") if versions else row("a"))
    assert parsed == [b""]


@pytest.mark.parametrize(
    "answers",
    [
        pytest.param([page(Listed("b"), token="1"), page(token="1")], id="turning in a circle"),
        pytest.param([page(Listed("b"), token="1"), b"<html/>"], id="ending in a foreign page"),
        pytest.param([page(Listed("b"))[:-9]], id="cut off"),
        pytest.param([b""], id="empty"),
    ],
)
async def test_a_listing_that_cannot_be_one_is_broken(answers: list[bytes]) -> None:
    async with (
        serving(*(listing(body) for body in answers)) as server,
        store_at(server.url) as store,
    ):
        with pytest.raises(BrokenListingError):
            await list_all(store)


@pytest.mark.parametrize(
    "answers",
    [
        pytest.param([page(Listed("b"), Listed("a"))], id="in a page"),
        pytest.param([page(Listed("b"), token="1"), page(Listed("a"))], id="going back"),
        pytest.param([page(Listed("b"), token="1"), page(Listed("b"))], id="repeating"),
    ],
)
async def test_a_listing_out_of_order_is_unordered(answers: list[bytes]) -> None:
    async with serving(*map(listing, answers)) as server, store_at(server.url) as store:
        with pytest.raises(UnorderedListingError):
            await list_all(store)


async def test_a_listing_that_ignores_where_to_start_is_unordered() -> None:
    async with (
        serving(listing(page(Listed("a"), Listed("b")))) as server,
        store_at(server.url) as store,
    ):
        with pytest.raises(UnorderedListingError):
            await list_all(store, after="a")


@pytest.mark.usefixtures("impatient")
async def test_a_listing_that_failed_with_status_200_is_asked_for_again() -> None:
    async with (
        serving(
            listing(page(Listed("a"))[:-9]),
            listing(b"<Error><Code>InternalError</Code></Error>"),
            listing(page(Listed("a"))),
        ) as server,
        store_at(server.url, attempts=3) as store,
    ):
        assert await list_all(store) == [ListingPage(None, None, [row("a")], [])]


async def test_a_server_that_ignores_the_range_is_read_only_as_far_as_needed() -> None:
    answer = Answer(200, b"0123456789", length=10**12)
    async with serving(answer) as server, store_at(server.url) as store:
        assert await store.read_range("key", 2, 3) == b"234"


async def test_a_redirect_is_not_followed() -> None:
    async with serving(Answer(body=b"secret")) as inner:
        redirect = Answer(302, headers={"Location": f"{inner.url}/latest/meta-data"})
        async with serving(redirect) as server, store_at(server.url) as store:
            with pytest.raises(WrongRegionError):
                await store.read_range("key", 0, 10)
    assert inner.asked == []


async def test_a_store_that_cannot_be_reached_is_unavailable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    async with store_at(f"http://127.0.0.1:{port}") as store:
        with pytest.raises(StorageUnavailableError):
            await store.find_object("key")


@pytest.mark.parametrize("endpoint", ["https://10.0.0.1", "http://store.example"])
async def test_an_endpoint_that_is_not_public_is_not_even_opened(endpoint: str) -> None:
    bucket = Bucket(Provider.S3, "bucket", "eu-west-1", endpoint)
    with pytest.raises(EndpointNotAllowedError):
        await S3Store(bucket, KEYS, egress=EgressGuard(allow_private=False)).__aenter__()


async def test_a_name_that_turns_private_is_refused_without_another_try(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []

    def getaddrinfo(host: str, port: int, *_: object, **__: object) -> list[tuple[object, ...]]:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("169.254.169.254", port))]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    bucket = Bucket(Provider.S3, "bucket", "eu-west-1", "https://store.example")
    async with S3Store(bucket, KEYS, egress=EgressGuard(allow_private=False)) as store:
        with pytest.raises(EndpointNotAllowedError):
            await store.find_object("key")
    assert asked == ["bucket.store.example"]


async def test_the_environments_proxy_is_not_used_for_a_customers_endpoint(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    async with serving(listing(page())) as server, store_at(server.url) as store:
        assert await store.find_object("key") is None


@pytest.mark.parametrize(
    "bucket",
    [
        Bucket(Provider.S3, "bucket", "us-east-1"),
        Bucket(Provider.S3, "bucket", "eu-west-1"),
        Bucket(Provider.S3, "dotted.bucket", "eu-west-1"),
        Bucket(Provider.S3, "bucket", "cn-north-1"),
        Bucket(Provider.S3, "bucket", "eu-west-1", "https://store.example:9000"),
        Bucket(Provider.S3, "bucket", "eu-west-1", "https://store.example:9000", path_style=True),
    ],
)
async def test_the_store_and_the_signer_agree_where_a_bucket_is(bucket: Bucket) -> None:
    async with open_s3_client(bucket, KEYS, egress=ON_PREMISES) as client:
        theirs = await client.generate_presigned_url(
            "get_object", Params={"Bucket": bucket.name, "Key": "a/b"}
        )
    ours = presign_s3(
        bucket,
        "a/b",
        access_key_id="AKIAIOSFODNN7EXAMPLE",
        session_token=None,
        signing_key=b"",
        signed_at=datetime(2026, 5, 1, tzinfo=UTC),
        expires_in=timedelta(hours=1),
    )
    assert theirs.split("?")[0] == ours.split("?")[0]
