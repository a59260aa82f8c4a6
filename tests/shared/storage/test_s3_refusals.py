"""The S3 store says what a server's refusal means, in our words."""

from datetime import timedelta

import pytest

from shared.errors import (
    AppError,
    BucketNotFoundError,
    LeaseExpiredError,
    ObjectArchivedError,
    ObjectNotFoundError,
    StorageDeniedError,
    StorageError,
    StorageThrottledError,
    StorageUnavailableError,
    WrongRegionError,
)
from tests.shared.storage.s3_stores import list_all, listing, refusal, store_at
from tests.shared.storage.scripted_server import Answer, serving


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


async def test_an_error_repeats_nothing_that_the_server_said() -> None:
    answer = Answer(403, b"<Error><Code>AccessDenied</Code><Message>leak me</Message></Error>")
    async with serving(answer) as server, store_at(server.url) as store:
        with pytest.raises(AppError) as raised:
            await store.find_object("key")
    assert "leak" not in f"{raised.value} {raised.value.members}"
