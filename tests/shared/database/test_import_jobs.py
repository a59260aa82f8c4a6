"""Import jobs: which imports overlap, which came later, and how much is to be expected."""

from typing import Any
from uuid import UUID

import pytest

from shared.database.import_jobs import (
    ImportJob,
    NewImport,
    add_import_job,
    find_active_import,
    find_expected,
    get_import_job,
    has_newer_import,
)
from shared.database.session import Database
from shared.errors import ConflictError, NotFoundError
from tests.conftest import Tenant
from tests.services.ingest.grounds import Ground, lay_ground


@pytest.fixture
async def ground(database: Database, tenant: Tenant) -> Ground:
    return await lay_ground(database, tenant.org_id)


async def add(
    database: Database, org_id: UUID, ground: Ground, *, state: str = "queued", **more: Any
) -> ImportJob:
    """Store an import that is in a state, and has listed something."""
    listed = more.pop("listed", 0)
    new = NewImport(
        org_id=org_id,
        dataset_id=ground.dataset_id,
        location_id=ground.location_id,
        selection=more.pop("selection", "prefix"),
        prefix=more.pop("prefix", ""),
        **more,
    )
    async with database.begin(org_id) as session:
        job = await add_import_job(session, new)
        job.state, job.listed = state, listed
        await session.flush()
        return job


OVERLAPS = [
    ("a/", "a/", True),
    ("a/", "a/b", True),
    ("a/b", "a/", True),
    ("", "a/", True),
    ("a/", "", True),
    ("a/", "b/", False),
    ("a/b", "a/c", False),
    ("a_", "ab", False),
    ("%", "a", False),
]


@pytest.mark.parametrize(("one", "other", "overlaps"), OVERLAPS)
async def test_an_active_import_is_found_by_a_prefix_that_overlaps(
    database: Database, tenant: Tenant, ground: Ground, one: str, other: str, *, overlaps: bool
) -> None:
    active = await add(database, tenant.org_id, ground, prefix=one)
    async with database.begin(tenant.org_id) as session:
        found = await find_active_import(
            session, ground.dataset_id, ground.location_id, prefix=other
        )
        assert (found is not None and found.import_id == active.import_id) is overlaps
    if overlaps:
        with pytest.raises(ConflictError):
            await add(database, tenant.org_id, ground, prefix=other)


@pytest.mark.parametrize(("one", "other", "overlaps"), OVERLAPS)
async def test_a_later_import_is_found_by_a_prefix_that_overlaps(
    database: Database,
    tenant: Tenant,
    ground: Ground,
    one: str,
    other: str,
    *,
    overlaps: bool,
) -> None:
    first = await add(database, tenant.org_id, ground, prefix=one, state="failed")
    later = await add(database, tenant.org_id, ground, prefix=other, state="cancelled")
    async with database.begin(tenant.org_id) as session:
        assert await has_newer_import(session, first) is overlaps
        assert await has_newer_import(session, later) is False


async def test_source_files_overlap_with_every_import(
    database: Database, tenant: Tenant, ground: Ground
) -> None:
    first = await add(database, tenant.org_id, ground, prefix="a/", state="failed")
    later = await add(
        database, tenant.org_id, ground, prefix="b/", selection="source_files", state="failed"
    )
    last = await add(database, tenant.org_id, ground, prefix="c/", state="failed")
    async with database.begin(tenant.org_id) as session:
        found = [await has_newer_import(session, each) for each in (first, later, last)]
    assert found == [True, True, False]


async def test_as_much_is_expected_as_the_last_whole_scan_of_the_prefix_has_listed(
    database: Database, tenant: Tenant, ground: Ground
) -> None:
    async def expected(prefix: str = "a/") -> int | None:
        async with database.begin(tenant.org_id) as session:
            return await find_expected(session, ground.dataset_id, ground.location_id, prefix)

    seen = [await expected()]
    for state, listed, more in [
        ("completed", 10, {}),
        ("cancelled", 1, {}),
        ("failed", 2, {}),
        ("completed", 3, {"selection": "source_files"}),
        ("discarded", 20, {}),
        ("completed", 30, {"plan": "dry_run"}),
    ]:
        await add(database, tenant.org_id, ground, prefix="a/", state=state, listed=listed, **more)
        seen.append(await expected())
    assert seen == [None, 10, 10, 10, 10, 20, 30]
    assert [await expected(prefix) for prefix in ("", "a/b", "b/")] == [None, None, None]


async def test_an_import_of_another_organization_is_not_found(
    database: Database, tenant: Tenant, other_tenant: Tenant, ground: Ground
) -> None:
    job = await add(database, tenant.org_id, ground)
    async with database.begin(other_tenant.org_id) as session:
        with pytest.raises(NotFoundError):
            await get_import_job(session, job.import_id)
