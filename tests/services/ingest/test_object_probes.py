"""Probes: one byte of an object is asked for, once, and what is answered is the outcome."""

import asyncio
from contextlib import suppress
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from services.ingest.object_reader import ObjectReader
from shared.clock import FrozenClock
from shared.egress import EgressGuard
from shared.errors import (
    EndpointNotAllowedError,
    LeaseExpiredError,
    ObjectArchivedError,
    ObjectNotFoundError,
    StorageDeniedError,
    StorageError,
    StorageThrottledError,
    StorageUnavailableError,
)
from shared.lease_cache import LeaseCache
from shared.leases import Operation
from shared.storage.signing.s3 import derive_signing_key, presign_s3
from tests.conftest import NOW
from tests.hard_keys import HARD_KEYS
from tests.local_signing import local_signer
from tests.services.ingest.object_server import (
    LOCATION,
    ORG,
    SECRET,
    ObjectServer,
    Reading,
    ReadVault,
    reading,
)

ONE_BYTE: tuple[dict[str, str], bytes] = ({"Content-Range": "bytes 0-0/5"}, b"b")


async def probe(there: Reading, key: str = "key", *, version_id: str | None = None) -> None:
    lease = await there.vault(ORG, LOCATION, Operation.READ)
    await there.reader.probe(lease, key, version_id=version_id)


@pytest.mark.parametrize("key", HARD_KEYS)
async def test_the_first_byte_of_exactly_this_key_is_asked_for(
    clock: FrozenClock, key: str
) -> None:
    async with reading(ObjectServer(part=ONE_BYTE), clock) as there:
        await probe(there, key)
        [asked] = there.server.asked
        lease = await there.vault(ORG, LOCATION, Operation.READ)
        url = urlsplit(
            presign_s3(
                lease.bucket,
                key,
                access_key_id="ASIAEXAMPLE",
                session_token="session",
                signing_key=derive_signing_key(SECRET, NOW.date(), "eu-west-1"),
                signed_at=NOW,
                expires_in=timedelta(minutes=15),
            )
        )
    assert asked.target == f"{url.path}?{url.query}"
    assert asked.conditions == {"range": "bytes=0-0"}


async def test_a_recorded_version_is_the_one_that_is_asked_for(clock: FrozenClock) -> None:
    async with reading(ObjectServer(part=ONE_BYTE), clock) as there:
        await probe(there, version_id="a+b/c=")
        await probe(there)
        asked = [parse_qs(urlsplit(each.target).query) for each in there.server.asked]
    assert [each.get("versionId") for each in asked] == [["a+b/c="], None]
    assert asked[0]["X-Amz-Signature"] != asked[1]["X-Amz-Signature"]


async def test_an_empty_object_can_be_read(clock: FrozenClock) -> None:
    async with reading(ObjectServer(refusals=[(416, "InvalidRange")]), clock) as there:
        await probe(there)
        assert there.server.refusals == []


async def test_no_more_is_read_of_a_server_that_answers_the_whole_object(
    clock: FrozenClock,
) -> None:
    cut_off = ObjectServer(b"0" * 10_000_000, cuts=[100])
    async with reading(cut_off, clock) as there:
        await probe(there)
        assert (len(cut_off.asked), cut_off.cuts) == (1, [])


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (403, "AccessDenied", StorageDeniedError),
        (403, "InvalidObjectState", ObjectArchivedError),
        (400, "KMS.DisabledException", StorageDeniedError),
        (400, "ExpiredToken", LeaseExpiredError),
        (404, "NoSuchKey", ObjectNotFoundError),
        (503, "SlowDown", StorageThrottledError),
        (500, "InternalError", StorageUnavailableError),
        (400, "InvalidRequest", StorageError),
    ],
)
async def test_what_the_store_answers_is_raised_at_once(
    clock: FrozenClock, status: int, code: str, kind: type[StorageError]
) -> None:
    async with reading(ObjectServer(refusals=[(status, code)] * 9), clock) as there:
        with pytest.raises(StorageError) as raised:
            await probe(there)
        assert (type(raised.value), len(there.server.asked), there.vault.refused) == (kind, 1, [])


async def test_an_answer_without_its_byte_is_none(clock: FrozenClock) -> None:
    part = ({"Content-Range": "bytes 0-0/5", "Content-Length": "1"}, b"")
    async with reading(ObjectServer(part=part), clock) as there:
        with pytest.raises(StorageUnavailableError):
            await probe(there)


async def test_a_store_at_a_private_address_is_not_asked(clock: FrozenClock) -> None:
    async with reading(ObjectServer(part=ONE_BYTE), clock, allow_private=False) as there:
        with pytest.raises(EndpointNotAllowedError):
            await probe(there)
        assert there.server.asked == []


async def test_many_probes_go_over_one_connection(clock: FrozenClock) -> None:
    served: list[int] = []

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        served.append(0)
        mine = len(served) - 1
        with suppress(asyncio.IncompleteReadError):  # the client has gone
            while await reader.readuntil(b"\r\n\r\n"):
                served[mine] += 1
                writer.write(b"HTTP/1.1 206 Partial Content\r\nContent-Length: 1\r\n\r\nb")
                await writer.drain()
        writer.close()

    async with await asyncio.start_server(converse, "127.0.0.1", 0) as listening:
        vault = ReadVault(f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}", clock)
        leases = LeaseCache(vault, clock)
        egress = EgressGuard(allow_private=True)
        async with ObjectReader(
            leases, local_signer(), egress, clock, first_pause=timedelta()
        ) as reader:
            lease = await leases.get(ORG, LOCATION, Operation.READ)
            for number in range(5):
                await reader.probe(lease, str(number))
    assert served == [5]
