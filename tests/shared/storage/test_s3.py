"""The S3 store survives what servers say in place of an answer, and says what it means."""

import socket
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs

import pytest
from pydantic import SecretStr

from shared.egress import EgressGuard
from shared.errors import (
    AppError,
    BrokenListingError,
    BucketNotFoundError,
    EndpointNotAllowedError,
    LeaseExpiredError,
    ObjectArchivedError,
    ObjectNotFoundError,
    StorageDeniedError,
    StorageError,
    StorageThrottledError,
    StorageUnavailableError,
    WrongRegionError,
)
from shared.leases import Bucket, SessionKeys
from shared.storage.base import ListingPage, UndecodableKey
from shared.storage.s3 import S3Store
from shared.storage.s3_client import open_s3_client
from shared.storage.signing.s3 import presign_s3
from shared.uris import Provider
from tests.shared.storage.scripted_server import Answer, serving
from tests.shared.storage.test_pages import Listed, page, row

KEYS = SessionKeys("AKIAIOSFODNN7EXAMPLE", SecretStr("secret"), SecretStr("token"))
ON_PREMISES = EgressGuard(allow_private=True)


def store_at(endpoint: str | None, *, attempts: int = 1) -> S3Store:
    bucket = Bucket(Provider.S3, "bucket", "eu-west-1", endpoint, path_style=True)
    return S3Store(bucket, KEYS, egress=ON_PREMISES, attempts=attempts)


def listing(body: bytes) -> Answer:
    return Answer(body=body, headers={"Content-Type": "application/xml"})


def refusal(
    status: int, code: str | None = None, inside: str = "", headers: dict[str, str] | None = None
) -> Answer:
    body = f"<Error><Code>{code}</Code><Message/>{inside}</Error>".encode() if code else b""
    return Answer(status, body, headers or {})


async def list_all(store: S3Store, prefix: str = "", after: str | None = None) -> list[ListingPage]:
    return [page async for page in store.list_pages(prefix, after=after)]


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
            [
                UndecodableKey(b"caf\xe9", "key-not-utf8", not_utf8),
                UndecodableKey(b"e\xff", "key-not-utf8", not_utf8),
            ],
        ),
        ListingPage(
            "d",
            None,
            [],
            [UndecodableKey(b"f\0", "key-has-nul", "The key has a NUL character.")],
        ),
    ]


async def test_a_whole_listing_is_never_parsed_by_the_sdk(monkeypatch: pytest.MonkeyPatch) -> None:
    parsed: list[bytes] = []
    monkeypatch.setattr(
        "botocore.handlers._looks_like_special_case_error", lambda _, body: parsed.append(body)
    )
    monkeypatch.setattr(
        "botocore.parsers.RestXMLParser._parse_xml_string_to_dom",
        lambda _, body: parsed.append(body),
    )
    async with serving(listing(page(Listed("a")))) as server, store_at(server.url) as store:
        assert await list_all(store) == [ListingPage(None, None, [row("a")], [])]
    assert parsed == [b""]


@pytest.mark.parametrize(
    "answers",
    [
        pytest.param([page(Listed("b"), Listed("a"))], id="not in order"),
        pytest.param([page(Listed("b"), token="1"), page(Listed("a"))], id="going back"),
        pytest.param([page(Listed("b"), token="1"), page(Listed("b"))], id="repeating"),
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


async def test_a_listing_that_ignores_where_to_start_is_broken() -> None:
    async with (
        serving(listing(page(Listed("a"), Listed("b")))) as server,
        store_at(server.url) as store,
    ):
        with pytest.raises(BrokenListingError):
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


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (refusal(403, "AccessDenied"), StorageDeniedError),
        (refusal(403), StorageDeniedError),
        (refusal(401), StorageDeniedError),
        (refusal(403, "InvalidAccessKeyId"), StorageDeniedError),
        (refusal(403, "SignatureDoesNotMatch"), StorageDeniedError),
        (refusal(400, "KMS.DisabledException"), StorageDeniedError),
        (refusal(400, "AuthorizationHeaderMalformed"), StorageDeniedError),
        (refusal(400, "ExpiredToken"), LeaseExpiredError),
        (refusal(403, "ExpiredToken"), LeaseExpiredError),
        (refusal(503, "SlowDown"), StorageThrottledError),
        (refusal(503), StorageThrottledError),
        (refusal(429), StorageThrottledError),
        (refusal(400, "ThrottlingException"), StorageThrottledError),
        (listing(b"<Error><Code>SlowDown</Code></Error>"), StorageThrottledError),
        (refusal(500, "InternalError"), StorageUnavailableError),
        (refusal(502), StorageUnavailableError),
        (refusal(408), StorageUnavailableError),
        (listing(b"<Error><Code>InternalError</Code></Error>"), StorageUnavailableError),
        (Answer(body=b"<ListBucketRes", length=10_000), StorageUnavailableError),
        (Answer(502, b"<html>Bad gateway</html>"), StorageUnavailableError),
        (refusal(404, "NoSuchBucket"), BucketNotFoundError),
        (refusal(301, "PermanentRedirect"), WrongRegionError),
        (refusal(307, headers={"Location": "http://169.254.169.254/"}), WrongRegionError),
        (refusal(400, "IllegalLocationConstraintException"), WrongRegionError),
        (refusal(400, "InvalidArgument"), StorageError),
        (
            Answer(403, b"<ErrorResponse><RequestId>1</RequestId></ErrorResponse>"),
            StorageDeniedError,
        ),
        (Answer(403, b"not xml"), StorageDeniedError),
    ],
)
async def test_each_refusal_of_a_listing_means_one_thing(
    answer: Answer, kind: type[StorageError]
) -> None:
    async with serving(answer) as server, store_at(server.url) as store:
        with pytest.raises(StorageError) as raised:
            await list_all(store)
    assert type(raised.value) is kind
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    "answer",
    [
        refusal(400, "AuthorizationHeaderMalformed", "<Region>eu-central-1</Region>"),
        refusal(301, "PermanentRedirect", headers={"x-amz-bucket-region": "eu-central-1"}),
        refusal(301, headers={"x-amz-bucket-region": "eu-central-1"}),
    ],
)
async def test_a_wrong_region_is_told_and_not_followed(answer: Answer) -> None:
    async with serving(answer) as server, store_at(server.url, attempts=3) as store:
        with pytest.raises(WrongRegionError) as raised:
            await store.find_object("key")
    assert raised.value.region == "eu-central-1"
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("asked", "granted"), [("17", 17), ("0", 0), ("99999999999", 300), ("Fri, 1 May 2026", 5)]
)
async def test_a_throttling_store_says_how_long_to_wait(asked: str, granted: int) -> None:
    answer = refusal(503, "SlowDown", headers={"Retry-After": asked})
    async with serving(answer) as server, store_at(server.url) as store:
        with pytest.raises(StorageThrottledError) as raised:
            await store.find_object("key")
    assert raised.value.retry_after == timedelta(seconds=granted)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (refusal(404, "NoSuchKey"), ObjectNotFoundError),
        (refusal(404), ObjectNotFoundError),
        (refusal(404, "NoSuchBucket"), BucketNotFoundError),
        (refusal(403, "InvalidObjectState"), ObjectArchivedError),
        (refusal(403, "AccessDenied"), StorageDeniedError),
        (Answer(206, b"abc", length=10), StorageUnavailableError),
    ],
)
async def test_each_refusal_of_a_read_means_one_thing(
    answer: Answer, kind: type[StorageError]
) -> None:
    async with serving(answer) as server, store_at(server.url) as store:
        with pytest.raises(StorageError) as raised:
            await store.read_range("key", 0, 10)
    assert type(raised.value) is kind


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


async def test_an_error_repeats_nothing_that_the_server_said() -> None:
    answer = Answer(403, b"<Error><Code>AccessDenied</Code><Message>leak me</Message></Error>")
    async with serving(answer) as server, store_at(server.url) as store:
        with pytest.raises(AppError) as raised:
            await store.find_object("key")
    assert "leak" not in f"{raised.value} {raised.value.members}"


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
