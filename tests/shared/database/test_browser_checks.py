"""Browser checks: a link is told once, and is nobody else's."""

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy.exc import DBAPIError

from shared.database.access_reports import AccessReport, forget_old_reports
from shared.database.browser_checks import (
    BrowserCheck,
    delete_unused_checks,
    find_browser_check,
    list_told_checks,
    tell_browser_check,
)
from shared.database.external_locations import ExternalLocation
from shared.database.session import Database
from shared.database.storage_credentials import StorageCredential
from tests.conftest import NOW, Tenant

LIFE = timedelta(hours=1)


async def add_check(database: Database, tenant: Tenant) -> tuple[UUID, UUID]:
    """Add a link to a location with a report; return its id and the report's."""
    org_id, check_id, location_id = tenant.org_id, uuid4(), uuid4()
    credential_id, report_id = uuid4(), uuid4()
    async with database.begin(org_id) as session:
        session.add(
            StorageCredential(
                credential_id=credential_id,
                org_id=org_id,
                name="role",
                provider="s3",
                method="assume_role",
                role_arn="arn:aws:iam::111122223333:role/mooring",
                external_id=str(uuid4()),
                path_style=False,
                secret_version=1,
            )
        )
        await session.flush()
        session.add(
            ExternalLocation(
                location_id=location_id,
                org_id=org_id,
                credential_id=credential_id,
                name="images",
                provider="s3",
                bucket="acme",
                prefix="",
                region="eu-west-1",
                origins=[],
            )
        )
        await session.flush()
        session.add(
            AccessReport(
                report_id=report_id, org_id=org_id, location_id=location_id, valid=True, checks=[]
            )
        )
        session.add(
            BrowserCheck(
                check_id=check_id,
                org_id=org_id,
                location_id=location_id,
                secret_hash=b"hash",
                key="a.jpg",
                is_image=True,
                expires_at=NOW + LIFE,
            )
        )
    return check_id, report_id


async def tell(database: Database, tenant: Tenant, check_id: UUID, report_id: UUID) -> bool:
    async with database.begin(tenant.org_id) as session:
        return await tell_browser_check(
            session, check_id, report_id=report_id, checks=[{"name": "x"}], seen_at=NOW
        )


async def test_of_many_who_tell_at_once_one_is_heard(database: Database, tenant: Tenant) -> None:
    check_id, report_id = await add_check(database, tenant)
    told = await asyncio.gather(*(tell(database, tenant, check_id, report_id) for _ in range(8)))
    assert sorted(told) == [*[False] * 7, True]
    async with database.begin(tenant.org_id) as session:
        (row,) = await list_told_checks(session, report_id)
    assert (row.check_id, row.checks, row.seen_at) == (check_id, [{"name": "x"}], NOW)


async def test_another_organization_neither_sees_nor_tells_a_link(
    database: Database, tenant: Tenant, other_tenant: Tenant
) -> None:
    check_id, report_id = await add_check(database, tenant)
    assert not await tell(database, other_tenant, check_id, report_id)
    async with database.begin(other_tenant.org_id) as session:
        assert await find_browser_check(session, check_id) is None
        assert await list_told_checks(session, report_id) == []


async def test_links_that_nobody_used_are_forgotten_and_what_was_told_stays(
    database: Database, tenant: Tenant
) -> None:
    used, report_id = await add_check(database, tenant)
    unused, _ = await add_check(database, tenant)
    await tell(database, tenant, used, report_id)
    async with database.begin(tenant.org_id) as session:
        await delete_unused_checks(session, NOW + LIFE)
        assert await find_browser_check(session, unused) is not None
        await delete_unused_checks(session, NOW + LIFE + timedelta(seconds=1))
        session.expire_all()
        assert await find_browser_check(session, unused) is None
        assert await find_browser_check(session, used) is not None


async def test_a_link_is_told_with_a_report_or_not_at_all(
    database: Database, tenant: Tenant
) -> None:
    check_id, _ = await add_check(database, tenant)

    async def tell_by_halves() -> None:
        async with database.begin(tenant.org_id) as session:
            row = await find_browser_check(session, check_id)
            assert row is not None
            row.seen_at = NOW

    with pytest.raises(DBAPIError, match="browser_check_seen_check"):
        await tell_by_halves()


async def test_a_report_that_a_browser_joined_is_forgotten_with_what_it_saw(
    database: Database, tenant: Tenant
) -> None:
    check_id, report_id = await add_check(database, tenant)
    async with database.begin(tenant.org_id) as session:
        assert await tell_browser_check(
            session, check_id, report_id=report_id, checks=[], seen_at=NOW
        )
    async with database.begin(tenant.org_id) as session:
        report = await session.get_one(AccessReport, report_id)
        later = NOW + timedelta(days=200)
        await forget_old_reports(session, report.location_id, later, but=set())
    async with database.begin(tenant.org_id) as session:
        assert await session.get(AccessReport, report_id) is None
        assert await find_browser_check(session, check_id) is None
