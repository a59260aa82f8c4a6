"""Uploads: stored a chunk at a time, whole or not at all, for one organization and a week."""

import hashlib
import os
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from services.ingest.manifests.formats import ManifestFormat
from services.ingest.manifests.uploads import KEPT_FOR, Manifests, _rechunk, manifest_chunks
from shared.clock import FrozenClock
from shared.database.manifests import CHUNK_BYTES
from shared.database.session import Database
from shared.errors import InvalidInputError, NotFoundError
from tests.conftest import NOW, Tenant
from tests.services.ingest.manifests.reading import PATIENT, stream

CSV = ManifestFormat.CSV
BODY = os.urandom(2 * CHUNK_BYTES + 12_345)


class HungUpError(Exception):
    """The caller hung up."""


@pytest.fixture
def manifests(database: Database, clock: FrozenClock) -> Manifests:
    return Manifests(database, clock)


async def chunks_left(database: Database, org_id: UUID) -> int:
    async with database.begin(org_id) as session:
        count: int = (
            await session.execute(text("SELECT count(*) FROM manifest_chunk"))
        ).scalar_one()
    return count


async def test_a_manifest_is_given_back_as_it_came(
    manifests: Manifests, database: Database, clock: FrozenClock, tenant: Tenant
) -> None:
    pieces = [BODY[:1], BODY[1:100_000], BODY[100_000:]]
    added = await manifests.add(tenant.org_id, CSV, stream(pieces))
    assert (added.format, added.size) == ("csv", len(BODY))
    assert added.sha256 == hashlib.sha256(BODY).digest()
    assert added.expires_at == NOW + timedelta(days=7)
    found = await manifests.get(tenant.org_id, added.manifest_id)
    assert (found.manifest_id, found.size) == (added.manifest_id, len(BODY))
    chunks = [
        chunk async for chunk in manifest_chunks(database, clock, tenant.org_id, added.manifest_id)
    ]
    assert [len(chunk) for chunk in chunks] == [CHUNK_BYTES, CHUNK_BYTES, 12_345]
    assert b"".join(chunks) == BODY


async def test_an_empty_manifest_is_refused(manifests: Manifests, tenant: Tenant) -> None:
    for pieces in ([], [b""]):
        with pytest.raises(InvalidInputError, match="empty"):
            await manifests.add(tenant.org_id, CSV, stream(pieces))


async def test_an_upload_that_breaks_off_leaves_nothing(
    manifests: Manifests, database: Database, tenant: Tenant
) -> None:
    seen = 0

    async def body() -> AsyncIterator[bytes]:
        nonlocal seen
        yield BODY
        seen = await chunks_left(database, tenant.org_id)
        raise HungUpError

    with pytest.raises(HungUpError):
        await manifests.add(tenant.org_id, CSV, body())
    assert seen == 2
    assert await chunks_left(database, tenant.org_id) == 0


async def test_the_caller_waits_for_what_it_sent_to_be_stored(
    manifests: Manifests, database: Database, tenant: Tenant
) -> None:
    stored = []

    async def body() -> AsyncIterator[bytes]:
        for _ in range(3):
            stored.append(await chunks_left(database, tenant.org_id))
            yield bytes(CHUNK_BYTES)

    await manifests.add(tenant.org_id, CSV, body())
    assert stored == [0, 1, 2]


async def test_a_manifest_of_another_organization_does_not_exist(
    manifests: Manifests,
    database: Database,
    clock: FrozenClock,
    tenant: Tenant,
    other_tenant: Tenant,
) -> None:
    added = await manifests.add(tenant.org_id, CSV, stream([b"key\n"]))
    for manifest_id in (added.manifest_id, uuid4()):
        with pytest.raises(NotFoundError):
            await manifests.get(other_tenant.org_id, manifest_id)
        with pytest.raises(NotFoundError):
            await manifests.delete(other_tenant.org_id, manifest_id)
        with pytest.raises(NotFoundError):
            await anext(manifest_chunks(database, clock, other_tenant.org_id, manifest_id))
    await manifests.get(tenant.org_id, added.manifest_id)


async def test_a_deleted_manifest_is_gone_with_its_bytes(
    manifests: Manifests, database: Database, clock: FrozenClock, tenant: Tenant
) -> None:
    kept = await manifests.add(tenant.org_id, CSV, stream([b"kept\n"]))
    added = await manifests.add(tenant.org_id, CSV, stream([BODY]))
    reading = manifest_chunks(database, clock, tenant.org_id, added.manifest_id)
    await anext(reading)
    await manifests.delete(tenant.org_id, added.manifest_id)
    with pytest.raises(NotFoundError, match="deleted while it was read"):
        await anext(reading)
    with pytest.raises(NotFoundError):
        await manifests.get(tenant.org_id, added.manifest_id)
    assert await chunks_left(database, tenant.org_id) == 1
    await manifests.get(tenant.org_id, kept.manifest_id)


async def test_after_a_week_a_manifest_is_gone_and_then_deleted(
    manifests: Manifests, database: Database, clock: FrozenClock, tenant: Tenant
) -> None:
    old = await manifests.add(tenant.org_id, CSV, stream([BODY]))
    older = await manifests.add(tenant.org_id, CSV, stream([BODY]))
    clock.advance(KEPT_FOR - timedelta(seconds=1))
    young = await manifests.add(tenant.org_id, CSV, stream([b"young\n"]))
    await manifests.delete_expired(tenant.org_id)
    assert await chunks_left(database, tenant.org_id) == 7
    clock.advance(timedelta(seconds=1))
    for each in (old, older):
        with pytest.raises(NotFoundError):
            await manifests.get(tenant.org_id, each.manifest_id)
    assert await chunks_left(database, tenant.org_id) == 7
    await manifests.delete_expired(tenant.org_id)
    assert await chunks_left(database, tenant.org_id) == 1
    await manifests.get(tenant.org_id, young.manifest_id)


async def test_an_upload_deletes_what_has_expired(
    manifests: Manifests, database: Database, clock: FrozenClock, tenant: Tenant
) -> None:
    await manifests.add(tenant.org_id, CSV, stream([BODY]))
    clock.advance(KEPT_FOR)
    await manifests.add(tenant.org_id, CSV, stream([b"a.jpg"]))
    assert await chunks_left(database, tenant.org_id) == 1


async def test_what_a_killed_upload_left_expires_too(
    manifests: Manifests, database: Database, clock: FrozenClock, tenant: Tenant
) -> None:
    added = await manifests.add(tenant.org_id, CSV, stream([BODY]))
    async with database.begin(tenant.org_id) as session:
        await session.execute(text("DELETE FROM manifest"))  # as if its row was never written
    with pytest.raises(NotFoundError):
        await manifests.get(tenant.org_id, added.manifest_id)
    clock.advance(KEPT_FOR)
    await manifests.delete_expired(tenant.org_id)
    assert await chunks_left(database, tenant.org_id) == 0


@PATIENT
@given(st.lists(st.integers(0, 2 * CHUNK_BYTES), max_size=6))
async def test_pieces_of_any_size_become_chunks_of_one(sizes: list[int]) -> None:
    chunks = [chunk async for chunk in _rechunk(stream([bytes(size) for size in sizes]))]
    whole, rest = divmod(sum(sizes), CHUNK_BYTES)
    assert [len(chunk) for chunk in chunks] == [CHUNK_BYTES] * whole + [rest] * bool(rest)
