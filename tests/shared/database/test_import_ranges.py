"""Import ranges: a cursor that one worker alone can move."""

import asyncio
from dataclasses import dataclass
from uuid import UUID

import pytest

from shared.database.datasets import Dataset
from shared.database.external_locations import ExternalLocation
from shared.database.import_jobs import NewImport, add_import_job
from shared.database.import_ranges import add_import_range, find_import_range, move_cursor
from shared.database.session import Database
from shared.database.storage_credentials import StorageCredential
from tests.conftest import Tenant
from tests.shared.database.waiting import until_somebody_waits


@dataclass(frozen=True, slots=True)
class Range:
    """An open range of the tenant's."""

    database: Database
    org_id: UUID
    range_id: UUID

    async def move(self, after: str | None, last: str | None, *, done: bool = False) -> bool:
        async with self.database.begin(self.org_id) as session:
            return await move_cursor(
                session, self.range_id, after=after, last=last, upper=None, done=done
            )

    async def stand(self) -> tuple[str | None, str]:
        async with self.database.begin(self.org_id) as session:
            found = await find_import_range(session, self.range_id)
            assert found is not None
            return found.cursor, found.state


@pytest.fixture
async def open_range(database: Database, tenant: Tenant) -> Range:
    org_id = tenant.org_id
    async with database.begin(org_id) as session:
        dataset = Dataset(org_id=org_id, name="images", hosting="self_hosted")
        credential = StorageCredential(
            org_id=org_id,
            name="role",
            provider="s3",
            method="organization_role",
            role_arn="arn:aws:iam::111122223333:role/mooring",
            path_style=False,
            secret_version=1,
        )
        session.add_all([dataset, credential])
        await session.flush()
        location = ExternalLocation(
            org_id=org_id,
            credential_id=credential.credential_id,
            name="images",
            provider="s3",
            bucket="images",
            prefix="",
            region="eu-west-1",
            origins=[],
        )
        session.add(location)
        await session.flush()
        new = NewImport(
            org_id=org_id,
            dataset_id=dataset.dataset_id,
            location_id=location.location_id,
            selection="prefix",
            prefix="",
        )
        job = await add_import_job(session, new)
        job.state = "running"
        await session.flush()
        range_id = await add_import_range(session, org_id, job.import_id)
    return Range(database, org_id, range_id)


async def test_a_cursor_moves_from_where_it_is_and_from_nowhere_else(open_range: Range) -> None:
    assert await open_range.move("a", "b") is False
    assert await open_range.move(None, "a") is True
    assert await open_range.move(None, "a") is False
    assert await open_range.move("A", "b") is False
    assert await open_range.move("a", "b") is True
    assert await open_range.stand() == ("b", "open")


async def test_a_range_that_is_done_moves_no_more(open_range: Range) -> None:
    assert await open_range.move(None, None, done=True) is True
    assert await open_range.move(None, None, done=True) is False
    assert await open_range.move(None, "a") is False
    assert await open_range.stand() == (None, "done")


@pytest.mark.parametrize("key", ["", "caf\u00e9", "cafe\u0301", "a\nb", "\U0001f600", " a "])
async def test_a_cursor_is_compared_byte_by_byte(open_range: Range, key: str) -> None:
    assert await open_range.move(None, key) is True
    for other in (key + " ", key.upper() + "x", key + "\u0301"):
        assert await open_range.move(other, "z") is False
    assert await open_range.move(key, "z") is True


async def test_a_second_worker_waits_for_the_first_ones_commit_and_then_moves_nothing(
    database: Database, open_range: Range
) -> None:
    async with database.begin(open_range.org_id) as session:
        first = await move_cursor(
            session, open_range.range_id, after=None, last="a", upper=None, done=False
        )
        second = asyncio.create_task(open_range.move(None, "b"))
        await until_somebody_waits(database)
    assert (first, await second) == (True, False)
    assert await open_range.stand() == ("a", "open")


async def test_a_second_worker_goes_on_where_the_first_one_was_rolled_back(
    database: Database, open_range: Range
) -> None:
    async with database.begin(open_range.org_id) as session:
        await move_cursor(
            session, open_range.range_id, after=None, last="a", upper=None, done=False
        )
        second = asyncio.create_task(open_range.move(None, "b"))
        await until_somebody_waits(database)
        await session.rollback()
    assert await second is True
    assert await open_range.stand() == ("b", "open")


async def test_of_many_workers_at_the_same_page_one_applies_it(open_range: Range) -> None:
    moved = await asyncio.gather(*(open_range.move(None, f"page {n}") for n in range(8)))
    assert sorted(moved) == [False] * 7 + [True]
    assert await open_range.stand() == (f"page {moved.index(True)}", "open")


async def test_another_organization_moves_nothing(
    database: Database, open_range: Range, other_tenant: Tenant
) -> None:
    foreign = Range(database, other_tenant.org_id, open_range.range_id)
    assert await foreign.move(None, "a") is False
    assert await open_range.stand() == (None, "open")
