"""Cloud Storage's refusals mean one thing each, and it costs us no more than we allow."""

from datetime import timedelta

import pytest

from shared.errors import (
    AppError,
    BrokenListingError,
    BucketNotFoundError,
    LeaseExpiredError,
    ListingTokenError,
    ObjectNotFoundError,
    StorageDeniedError,
    StorageError,
    StorageThrottledError,
    StorageUnavailableError,
)
from shared.storage.answers import refusal_of
from shared.storage.base import MAX_PAGE_SIZE
from shared.storage.limits import LARGEST_ANSWER, Limits
from shared.uris import Provider
from tests.shared.storage.gcs_stores import item, list_all, listing, page, refusal, store_at
from tests.shared.storage.scripted_server import Answer, serving

NO_BUCKET = "The specified bucket does not exist."
PAYS = "Bucket is a requester pays bucket but no user project provided."
HASTE = Limits(request=timedelta(milliseconds=200))
MIB = 1024 * 1024
FLOOD = b" " * MIB


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (refusal(403, "forbidden", "x does not have access."), StorageDeniedError),
        (refusal(403, "insufficientPermissions"), StorageDeniedError),
        (refusal(403, "accountDisabled"), StorageDeniedError),
        (refusal(403), StorageDeniedError),
        (refusal(401, "authError", "Invalid Credentials"), LeaseExpiredError),
        (refusal(401), LeaseExpiredError),
        (refusal(404, "notFound", NO_BUCKET), BucketNotFoundError),
        (refusal(404, "notFound", "Not Found"), BucketNotFoundError),
        (refusal(429, "rateLimitExceeded"), StorageThrottledError),
        (refusal(403, "rateLimitExceeded"), StorageThrottledError),
        (refusal(403, "userRateLimitExceeded"), StorageThrottledError),
        (refusal(429), StorageThrottledError),
        (refusal(503, "backendError"), StorageUnavailableError),
        (refusal(500, "internalError"), StorageUnavailableError),
        (refusal(408), StorageUnavailableError),
        (refusal(502, message="<html>Bad gateway</html>"), StorageUnavailableError),
        (refusal(400, "required", PAYS), StorageDeniedError),
        (refusal(400, "invalid", "Invalid argument."), StorageError),
        (refusal(412, "conditionNotMet"), StorageError),
        (Answer(403, b'{"error": "denied"}'), StorageDeniedError),
        (Answer(403, b"[]"), StorageDeniedError),
        (Answer(body=b'{"kind": "storage#obj', length=10_000), StorageUnavailableError),
        (listing(b'{"kind": "storage#obj'), BrokenListingError),
        (listing(b"{}"), BrokenListingError),
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
    ("answer", "kind"),
    [
        (refusal(404, "notFound", "No such object: bucket/key"), ObjectNotFoundError),
        (refusal(404, message="No such object: bucket/key"), ObjectNotFoundError),
        (refusal(404), ObjectNotFoundError),
        (refusal(404, message=NO_BUCKET), BucketNotFoundError),
        (refusal(403, "forbidden"), StorageDeniedError),
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


async def test_only_an_argument_that_is_refused_can_be_the_token() -> None:
    async with (
        serving(refusal(400, "invalid"), refusal(400, "required", PAYS)) as server,
        store_at(server.url) as store,
    ):
        with pytest.raises(ListingTokenError):
            await anext(store.list_unordered("", token="1"))
        with pytest.raises(StorageDeniedError):
            await anext(store.list_unordered("", token="1"))


@pytest.mark.parametrize(
    ("asked", "granted"), [("17", 17), ("0", 0), ("99999999999", 300), ("Fri, 1 May 2026", 5)]
)
async def test_a_throttling_store_says_how_long_to_wait(asked: str, granted: int) -> None:
    answer = refusal(429, "rateLimitExceeded", headers={"Retry-After": asked})
    async with serving(answer) as server, store_at(server.url) as store:
        with pytest.raises(StorageThrottledError) as raised:
            await store.find_object("key")
    assert raised.value.retry_after == timedelta(seconds=granted)


async def test_an_error_repeats_nothing_that_the_server_said() -> None:
    for answer in (refusal(403, "forbidden", "leak me"), refusal(404, "leak", "leak me")):
        async with serving(answer) as server, store_at(server.url) as store:
            with pytest.raises(AppError) as raised:
                await store.find_object("key")
        assert "leak" not in f"{raised.value} {raised.value.members}"


# --- Of signed URLs ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (403, "SignatureDoesNotMatch", StorageDeniedError),
        (403, "AccessDenied", StorageDeniedError),
        (403, "InvalidSecurity", StorageDeniedError),
        (400, "ExpiredToken", LeaseExpiredError),
        (400, "UserProjectMissing", StorageDeniedError),
        (400, "InvalidArgument", StorageError),
        (404, "NoSuchKey", ObjectNotFoundError),
        (404, "NoSuchBucket", BucketNotFoundError),
        (404, None, ObjectNotFoundError),
        (429, "SlowDown", StorageThrottledError),
        (503, "SlowDown", StorageThrottledError),
        (503, "ServiceUnavailable", StorageUnavailableError),
        (500, None, StorageUnavailableError),
        (403, None, StorageDeniedError),
    ],
)
def test_each_refusal_of_a_signed_url_means_one_thing(
    status: int, code: str | None, kind: type[StorageError]
) -> None:
    body = f"<?xml version='1.0'?><Error><Code>{code}</Code></Error>" if code else "not xml"
    assert type(refusal_of(Provider.GCS, status, {}, body.encode())) is kind


# --- What it bears ----------------------------------------------------------------------------


async def test_a_page_that_does_not_come_to_an_end_is_given_up() -> None:
    drip = Answer(body=page()[:5], length=10**9, endless=b" ", pause=0.01)
    async with (
        serving(*[drip] * 9) as server,
        store_at(server.url, attempts=9, limits=HASTE) as store,
    ):
        with pytest.raises(StorageUnavailableError):
            await list_all(store)
    assert len(server.asked) == 1


@pytest.mark.parametrize("status", [200, 206, 403])
async def test_bytes_that_drip_are_given_up(status: int) -> None:
    answer = Answer(status, b"", length=10**9, endless=b" ", pause=0.01)
    async with serving(answer) as server, store_at(server.url, limits=HASTE) as store:
        with pytest.raises(StorageUnavailableError):
            await store.read_range("a", 0, 1_000)


async def test_a_page_larger_than_any_is_read_no_further() -> None:
    answer = Answer(body=page()[:5], length=10**12, endless=FLOOD)
    async with serving(*[answer] * 3) as server, store_at(server.url, attempts=3) as store:
        with pytest.raises(BrokenListingError):
            await list_all(store)
    assert len(server.asked) == 1
    assert LARGEST_ANSWER < server.sent < LARGEST_ANSWER + 16 * MIB


async def test_the_largest_page_that_there_can_be_is_read() -> None:
    names = [f"{n:03}" + "\x01" * 1021 for n in range(MAX_PAGE_SIZE)]
    escaped = page(*map(item, names))
    assert len(escaped) > 6_000_000
    async with serving(listing(escaped)) as server, store_at(server.url) as store:
        [whole] = await list_all(store)
    assert [row.key for row in whole.rows] == names


@pytest.mark.parametrize("read", [False, True])
async def test_a_refusal_that_does_not_end_is_judged_by_its_status(*, read: bool) -> None:
    answer = Answer(403, b"<Error>", length=10**12, endless=FLOOD)
    async with serving(answer) as server, store_at(server.url) as store:
        with pytest.raises(StorageDeniedError):
            await (store.read_range("a", 0, 1) if read else list_all(store))
    assert server.sent < 16 * MIB


async def test_a_range_is_no_longer_than_asked_whatever_is_sent() -> None:
    answer = Answer(206, b"0123456789", length=10**12, endless=FLOOD)
    async with serving(answer) as server, store_at(server.url) as store:
        assert await store.read_range("a", 5, 3) == b"012"


async def test_a_server_that_ignores_the_range_is_not_read_up_to_a_far_one() -> None:
    answer = Answer(200, b"0123456789", length=10**12, endless=FLOOD)
    async with serving(answer, answer) as server, store_at(server.url) as store:
        assert await store.read_range("a", 3, 3) == b"345"
        with pytest.raises(StorageError):
            await store.read_range("a", 10**11, 3)
    assert server.sent < 32 * MIB
