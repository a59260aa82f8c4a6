"""Reading objects: signed for exactly their key, and refused in our words."""

from datetime import timedelta
from urllib.parse import urlsplit

import pytest

from shared.clock import FrozenClock
from shared.errors import (
    AppError,
    BucketNotFoundError,
    EndpointNotAllowedError,
    InvalidInputError,
    LeaseExpiredError,
    ObjectArchivedError,
    ObjectNotFoundError,
    SourceTooLargeError,
    StorageDeniedError,
    StorageError,
    StorageThrottledError,
    StorageUnavailableError,
    WrongRegionError,
)
from shared.leases import Bucket
from shared.storage.signing.s3 import derive_signing_key, presign_s3
from shared.uris import Provider
from tests.conftest import NOW
from tests.hard_keys import HARD_KEYS
from tests.services.ingest.object_server import LOCATION, ORG, SECRET, ObjectServer, reading


@pytest.mark.parametrize("key", HARD_KEYS)
async def test_a_hard_key_is_asked_for_verbatim_with_its_signature(
    clock: FrozenClock, key: str
) -> None:
    async with reading(ObjectServer(b"bytes"), clock) as there:
        assert await there.read(key) == b"bytes"
        bucket = Bucket(
            Provider.S3, "customer-images", "eu-west-1", there.server.url, path_style=True
        )
        url = presign_s3(
            bucket,
            key,
            access_key_id="ASIAEXAMPLE",
            session_token="session",
            signing_key=derive_signing_key(SECRET, NOW.date(), "eu-west-1"),
            signed_at=NOW,
            expires_in=timedelta(minutes=15),
        )
        [asked] = there.server.asked
        parts = urlsplit(url)
        assert asked.target == f"{parts.path}?{parts.query}"
        assert asked.headers["host"] == parts.netloc


async def test_a_url_lives_no_longer_than_its_lease(clock: FrozenClock) -> None:
    async with reading(ObjectServer(b"bytes"), clock) as there:
        there.vault.life = timedelta(minutes=3)
        await there.read()
        assert "X-Amz-Expires=180&" in there.server.asked[0].target


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (403, "AccessDenied", StorageDeniedError),
        (403, "", StorageDeniedError),
        (403, "InvalidObjectState", ObjectArchivedError),
        (400, "ExpiredToken", LeaseExpiredError),
        (404, "NoSuchKey", ObjectNotFoundError),
        (404, "", ObjectNotFoundError),
        (404, "NoSuchBucket", BucketNotFoundError),
        (301, "PermanentRedirect", WrongRegionError),
        (307, "", WrongRegionError),
        (503, "SlowDown", StorageThrottledError),
        (429, "", StorageThrottledError),
        (500, "InternalError", StorageUnavailableError),
        (502, "", StorageUnavailableError),
        (400, "InvalidArgument", StorageError),
        (405, "", StorageError),
    ],
)
async def test_each_refusal_means_one_thing(
    clock: FrozenClock, status: int, code: str, kind: type[StorageError]
) -> None:
    async with reading(ObjectServer(refusals=[(status, code)] * 9), clock) as there:
        with pytest.raises(StorageError) as raised:
            await there.read()
    assert type(raised.value) is kind


async def test_what_passes_is_waited_out_before_and_in_the_midst(clock: FrozenClock) -> None:
    server = ObjectServer(b"0123456789", refusals=[(503, "SlowDown"), (500, "")], cuts=[4])
    async with reading(server, clock) as there:
        async with there.reader.open(ORG, LOCATION, "key", largest=10) as opened:
            server.refusals = [(503, "SlowDown"), (502, "")]
            assert b"".join([chunk async for chunk in opened]) == b"0123456789"
        assert len(server.asked) == 6


async def test_a_session_that_the_cloud_ended_is_replaced_once(clock: FrozenClock) -> None:
    server = ObjectServer(b"bytes", refusals=[(403, "ExpiredToken")])
    async with reading(server, clock) as there:
        assert await there.read() == b"bytes"
        assert there.vault.refused == [NOW]
        server.refusals = [(403, "AccessDenied")] * 9
        with pytest.raises(StorageDeniedError):
            await there.read()
        assert len(server.asked) == 4
        assert len(there.vault.refused) == 2


async def test_a_lease_that_the_vault_does_not_replace_is_not_tried_again(
    clock: FrozenClock,
) -> None:
    async with reading(ObjectServer(refusals=[(403, "AccessDenied")] * 9), clock) as there:
        there.vault.renews = False
        with pytest.raises(StorageDeniedError):
            await there.read()
        assert len(there.server.asked) == 1


@pytest.mark.parametrize("key", ["", "photos", "other/photos/a", "/photos/a"])
async def test_a_key_outside_of_the_location_is_never_asked_for(
    clock: FrozenClock, key: str
) -> None:
    async with reading(ObjectServer(b"bytes"), clock) as there:
        there.vault.prefix = "photos/"
        assert await there.read("photos/a") == b"bytes"
        with pytest.raises(InvalidInputError):
            await there.read(key)
        assert len(there.server.asked) == 1


async def test_a_customers_endpoint_is_guarded(clock: FrozenClock) -> None:
    async with reading(ObjectServer(b"bytes"), clock, allow_private=False) as there:
        for endpoint in (there.server.url, "https://127.0.0.1:1", "https://localhost:1"):
            there.vault.endpoint = endpoint
            there.vault.prefix = ""
            clock.advance(timedelta(minutes=2))
            with pytest.raises(EndpointNotAllowedError):
                await there.read()
        assert there.server.asked == []


async def test_a_small_object_is_read_whole_and_a_larger_one_is_not(clock: FrozenClock) -> None:
    async with reading(ObjectServer(b"0123456789"), clock) as there:
        assert await there.reader.read(ORG, LOCATION, "key", largest=10) == b"0123456789"
        with pytest.raises(SourceTooLargeError):
            await there.reader.read(ORG, LOCATION, "key", largest=9)


async def test_a_refusal_repeats_nothing_that_the_server_said(clock: FrozenClock) -> None:
    server = ObjectServer(refusals=[(403, "AccessDenied</Code><Message>leak me</Message><Code>")])
    async with reading(server, clock) as there:
        there.vault.renews = False
        with pytest.raises(AppError) as raised:
            await there.read()
    assert "leak" not in f"{raised.value} {raised.value.members}"


async def test_a_refusal_without_end_is_judged_by_its_status(clock: FrozenClock) -> None:
    server = ObjectServer(refusals=[(404, "x" * 1_000_000)])
    async with reading(server, clock) as there:
        with pytest.raises(ObjectNotFoundError):
            await there.read()
