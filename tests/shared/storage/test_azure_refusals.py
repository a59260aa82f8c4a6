"""The Azure store says what a server's refusal means, in our words."""

from datetime import timedelta

import pytest

from shared.errors import (
    AppError,
    BucketNotFoundError,
    LeaseExpiredError,
    ListingTokenError,
    ObjectArchivedError,
    ObjectNotFoundError,
    StorageDeniedError,
    StorageError,
    StorageThrottledError,
    StorageUnavailableError,
)
from shared.storage.answers import refusal_of
from shared.uris import Provider
from tests.shared.storage.azure_stores import list_all, refusal, store_at
from tests.shared.storage.scripted_server import Answer, serving

OVER = (
    "<AuthenticationErrorDetail>Signature not valid in the specified time frame: Start [Sun, 24 May"
    " 2026 11:45:00 GMT] - Expiry [Sun, 24 May 2026 13:00:00 GMT] - Current [Sun, 24 May 2026"
    " 13:00:01 GMT]</AuthenticationErrorDetail>"
)
WRONG = "<AuthenticationErrorDetail>Signature did not match.</AuthenticationErrorDetail>"
OF_MARKER = "<QueryParameterName>marker</QueryParameterName>"
OF_PREFIX = "<QueryParameterName>prefix</QueryParameterName>"


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (refusal(403, "AuthenticationFailed", OVER), LeaseExpiredError, "time"),
        (refusal(403, "AuthenticationFailed", WRONG), StorageDeniedError, "signature"),
        (refusal(403, "AuthorizationFailure"), StorageDeniedError, "network rules"),
        (refusal(403, "AuthorizationPermissionMismatch"), StorageDeniedError, "role"),
        (refusal(403, "AuthorizationSourceIPMismatch"), StorageDeniedError, "IP address"),
        (refusal(403, "AuthorizationProtocolMismatch"), StorageDeniedError, "protocol"),
        (refusal(403, "KeyBasedAuthenticationNotPermitted"), StorageDeniedError, "keys"),
        (refusal(409, "PublicAccessNotPermitted"), StorageDeniedError, "public"),
        (refusal(403, "AccountIsDisabled"), StorageDeniedError, "disabled"),
        (refusal(403), StorageDeniedError, "denied"),
        (refusal(401), StorageDeniedError, "denied"),
        (Answer(403, b"not xml"), StorageDeniedError, "denied"),
        (
            Answer(403, headers={"x-ms-error-code": "AuthorizationFailure"}),
            StorageDeniedError,
            "network",
        ),
        (refusal(404, "ContainerNotFound"), BucketNotFoundError, "bucket"),
        (refusal(409, "ContainerBeingDeleted"), BucketNotFoundError, "bucket"),
        (refusal(404, "ResourceNotFound"), BucketNotFoundError, "bucket"),
        (refusal(503, "ServerBusy"), StorageThrottledError, "slow down"),
        (refusal(503), StorageThrottledError, "slow down"),
        (refusal(429), StorageThrottledError, "slow down"),
        (refusal(500, "InternalError"), StorageUnavailableError, "failed"),
        (refusal(500, "OperationTimedOut"), StorageUnavailableError, "failed"),
        (refusal(502), StorageUnavailableError, "failed"),
        (refusal(408), StorageUnavailableError, "failed"),
        (Answer(body=b"<Enumeration", length=10_000), StorageUnavailableError, "reached"),
        (Answer(502, b"<html>Bad gateway</html>"), StorageUnavailableError, "failed"),
        (refusal(400, "InvalidHeaderValue"), StorageError, "refused"),
        (refusal(400, "InvalidQueryParameterValue", OF_PREFIX), StorageError, "refused"),
    ],
)
async def test_each_refusal_of_a_listing_means_one_thing(
    answer: Answer, kind: type[StorageError], words: str
) -> None:
    async with serving(answer) as server, store_at(server.url) as store:
        with pytest.raises(StorageError, match=words) as raised:
            await list_all(store)
    assert type(raised.value) is kind
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (refusal(404, "BlobNotFound"), ObjectNotFoundError),
        (refusal(404), ObjectNotFoundError),
        (refusal(404, "ContainerNotFound"), BucketNotFoundError),
        (refusal(409, "BlobArchived"), ObjectArchivedError),
        (refusal(409, "BlobBeingRehydrated"), ObjectArchivedError),
        (refusal(403, "AuthorizationPermissionMismatch"), StorageDeniedError),
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


@pytest.mark.parametrize(
    "answer",
    [
        refusal(400, "InvalidQueryParameterValue", OF_MARKER),
        refusal(400, "InvalidInput"),
        refusal(400, "OutOfRangeInput"),
    ],
)
async def test_a_marker_that_is_no_longer_taken_is_told_from_other_refusals(answer: Answer) -> None:
    async with serving(answer, answer) as server, store_at(server.url) as store:
        with pytest.raises(ListingTokenError):
            await anext(store.list_unordered("", token="2!8"))
        with pytest.raises(StorageError) as raised:
            await anext(store.list_unordered(""))
    assert type(raised.value) is StorageError


@pytest.mark.parametrize(
    ("asked", "granted"), [("17", 17), ("0", 0), ("99999999999", 300), ("Fri, 1 May 2026", 5)]
)
async def test_a_throttling_store_says_how_long_to_wait(asked: str, granted: int) -> None:
    answer = refusal(503, "ServerBusy", headers={"Retry-After": asked})
    async with serving(answer) as server, store_at(server.url) as store:
        with pytest.raises(StorageThrottledError) as raised:
            await store.find_object("key")
    assert raised.value.retry_after == timedelta(seconds=granted)


async def test_an_error_repeats_nothing_that_the_server_said() -> None:
    answer = Answer(403, b"<Error><Code>Secret</Code><Message>leak me</Message></Error>")
    async with serving(answer) as server, store_at(server.url) as store:
        with pytest.raises(AppError) as raised:
            await store.find_object("key")
    assert "leak" not in f"{raised.value} {raised.value.members}"


def test_an_answer_to_a_request_of_our_own_means_the_same() -> None:
    denied = refusal(403, "AuthorizationPermissionMismatch")
    found = refusal_of(Provider.AZURE, denied.status, {}, denied.body)
    assert (type(found), "role" in str(found)) == (StorageDeniedError, True)
    headers = {"x-ms-error-code": "BlobNotFound"}  # all that a HEAD is answered with
    assert type(refusal_of(Provider.AZURE, 404, headers, b"")) is ObjectNotFoundError
