"""The health of locations: who may see what is due, and who has it."""

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import psycopg
import pytest
from alembic import command
from pydantic import JsonValue, SecretStr
from sqlalchemy import text

from shared.database import access_reports, location_health_changes, migrate
from shared.database.access_reports import AccessReport, forget_old_reports
from shared.database.external_locations import insert_external_location
from shared.database.location_health import (
    LocationHealth,
    claim_health,
    find_health,
    forget_health,
    hasten_check,
    list_due,
    list_health_states,
    lock_health,
    release_health,
)
from shared.database.location_health_changes import (
    LocationHealthChange,
    forget_old_health_changes,
    list_health_changes,
)
from shared.database.session import Database
from shared.database.storage_credentials import StorageCredential
from tests.conftest import NOW, Tenant, add_tenant

MINUTE = timedelta(minutes=1)
CHECKS: list[dict[str, JsonValue]] = [{"name": "list"}]


async def add_location(database: Database, tenant: Tenant) -> UUID:
    async with database.begin(tenant.org_id) as session:
        credential = StorageCredential(
            org_id=tenant.org_id,
            name="Acme",
            provider="s3",
            method="assume_role",
            role_arn="arn:aws:iam::222222222222:role/reader",
            external_id=str(uuid4()),
            path_style=False,
            secret_version=1,
        )
        session.add(credential)
        await session.flush()
        location = await insert_external_location(
            session,
            org_id=tenant.org_id,
            credential_id=credential.credential_id,
            name="Photos",
            provider="s3",
            bucket="acme-data",
            prefix="photos/",
            region="eu-central-1",
            origins=[],
        )
    return location.location_id


async def add_health(
    database: Database, tenant: Tenant, *, due_in: timedelta = timedelta()
) -> UUID:
    location_id = await add_location(database, tenant)
    async with database.begin(tenant.org_id) as session:
        await lock_health(
            session,
            org_id=tenant.org_id,
            location_id=location_id,
            now=NOW,
            first_at=NOW + due_in,
        )
    return location_id


async def claim(database: Database, tenant: Tenant, location_id: UUID) -> LocationHealth | None:
    async with database.begin(tenant.org_id) as session:
        return await claim_health(session, location_id, now=NOW, until=NOW + 5 * MINUTE)


async def test_the_scheduler_lists_what_is_due_in_all_organizations_longest_due_first(
    own_database: Database,
) -> None:
    tenants = [await add_tenant(own_database) for _ in range(3)]
    overdue, now, soon = (timedelta(hours=-1), timedelta(), timedelta(seconds=1))
    pauses = (now, soon, overdue)
    ids = [
        await add_health(own_database, tenant, due_in=pause)
        for tenant, pause in zip(tenants, pauses, strict=True)
    ]
    async with own_database.begin_as_scheduler() as session:
        assert await list_due(session, NOW, limit=9) == [
            (tenants[2].org_id, ids[2]),
            (tenants[0].org_id, ids[0]),
        ]
        assert await list_due(session, NOW, limit=1) == [(tenants[2].org_id, ids[2])]


async def test_organizations_take_turns_whatever_one_of_them_has_waiting(
    own_database: Database,
) -> None:
    crowd, alone = [await add_tenant(own_database) for _ in range(2)]
    many = [
        await add_health(own_database, crowd, due_in=timedelta(hours=-9 + each))
        for each in range(4)
    ]
    one = await add_health(own_database, alone)
    assert await claim(own_database, crowd, many[0]) is not None
    async with own_database.begin_as_scheduler() as session:
        assert await list_due(session, NOW, limit=9) == [
            (alone.org_id, one),
            *((crowd.org_id, each) for each in many[1:]),
        ]


async def test_the_scheduler_sees_nothing_else_and_changes_nothing(
    database: Database, tenant: Tenant
) -> None:
    location_id = await add_health(database, tenant)
    async with database.begin_as_scheduler() as session:
        for table in ("external_location", "storage_credential", "location_health_change"):
            found = await session.execute(text(f"SELECT count(*) FROM {table}"))  # noqa: S608
            assert found.scalar_one() == 0
        changed = await session.execute(text("UPDATE location_health SET state = 'healthy'"))
        removed = await session.execute(text("DELETE FROM location_health"))
        assert (changed.rowcount, removed.rowcount) == (0, 0)  # type: ignore[attr-defined]
        assert await claim_health(session, location_id, now=NOW, until=NOW) is None


async def test_an_organization_sees_its_own_health_only(
    database: Database, tenant: Tenant, other_tenant: Tenant
) -> None:
    mine, theirs = [await add_health(database, each) for each in (tenant, other_tenant)]
    async with database.begin(tenant.org_id) as session:
        assert await find_health(session, theirs) is None
        assert await list_health_states(session, [mine, theirs]) == {mine: "unknown"}
        assert not await hasten_check(session, theirs, NOW - MINUTE)


async def test_what_is_claimed_is_nobody_elses_until_the_claim_ends(own_database: Database) -> None:
    tenant = await add_tenant(own_database)
    location_id = await add_health(own_database, tenant)
    assert await claim(own_database, tenant, location_id) is not None
    assert await claim(own_database, tenant, location_id) is None
    async with own_database.begin_as_scheduler() as session:
        assert await list_due(session, NOW, limit=9) == []
        later = NOW + 5 * MINUTE  # the process that has it was killed
        assert await list_due(session, later, limit=9) == [(tenant.org_id, location_id)]


async def test_who_is_claiming_at_the_same_moment_is_not_waited_for(
    database: Database, tenant: Tenant
) -> None:
    location_id = await add_health(database, tenant)
    async with database.begin(tenant.org_id) as session:
        assert await claim_health(session, location_id, now=NOW, until=NOW + MINUTE) is not None
        async with asyncio.timeout(5):
            assert await claim(database, tenant, location_id) is None


async def test_many_processes_that_claim_at_once_get_each_location_once(
    database: Database, tenant: Tenant
) -> None:
    ids = [await add_health(database, tenant) for _ in range(5)]
    claims = [claim(database, tenant, each) for _ in range(4) for each in ids]
    found = [each for each in await asyncio.gather(*claims) if each is not None]
    assert sorted(each.location_id for each in found) == sorted(ids)


async def test_a_claim_is_given_back_by_who_has_it_alone(
    database: Database, tenant: Tenant
) -> None:
    location_id = await add_health(database, tenant)
    held = await claim(database, tenant, location_id)
    assert held is not None
    assert held.claimed_until is not None
    later = NOW + timedelta(hours=1)
    async with database.begin(tenant.org_id) as session:
        for until in (NOW, held.claimed_until):
            await release_health(
                session, location_id, claimed_until=until, next_check_at=later - (NOW - until)
            )
        health = await find_health(session, location_id)
        assert health is not None
        await session.refresh(health)
        assert (health.claimed_until, health.next_check_at) == (None, later + 5 * MINUTE)


async def test_a_check_is_hastened_and_never_put_off(database: Database, tenant: Tenant) -> None:
    location_id = await add_health(database, tenant, due_in=timedelta(hours=1))
    async with database.begin(tenant.org_id) as session:
        hastened = [
            await hasten_check(session, location_id, NOW + pause)
            for pause in (2 * timedelta(hours=1), MINUTE, MINUTE, 2 * MINUTE)
        ]
        health = await find_health(session, location_id)
        assert health is not None
        await session.refresh(health)
    assert hastened == [False, True, False, False]
    assert (health.next_check_at, health.next_full_at) == (NOW + MINUTE, NOW + MINUTE)


async def test_a_location_keeps_its_health_when_it_is_locked_again(
    database: Database, tenant: Tenant
) -> None:
    location_id = await add_health(database, tenant)
    async with database.begin(tenant.org_id) as session:
        health = await lock_health(
            session,
            org_id=tenant.org_id,
            location_id=location_id,
            now=NOW + MINUTE,
            first_at=NOW + MINUTE,
        )
        assert (health.since, health.next_check_at) == (NOW, NOW)
        await forget_health(session, [location_id])
        assert await list_health_states(session, [location_id]) == {}


# --- what is forgotten ----------------------------------------------------------------------


async def test_old_reports_are_forgotten_but_for_those_that_are_needed(
    database: Database, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(access_reports, "MOST_KEPT", 3)
    location_id, other_id = [await add_location(database, tenant) for _ in range(2)]
    days = (100, 50, 40, 30, 20)
    async with database.begin(tenant.org_id) as session:
        ids: list[UUID] = []
        for each, ago in [(other_id, 200), *((location_id, ago) for ago in days)]:
            row = AccessReport(
                org_id=tenant.org_id,
                location_id=each,
                valid=True,
                checks=CHECKS,
                created_at=NOW - timedelta(days=ago),
            )
            session.add(row)
            await session.flush()
            ids.append(row.report_id)
        await forget_old_reports(session, location_id, NOW, but={ids[1]})
        assert await kept_reports(session, [location_id, other_id]) == [ids[0], ids[1], *ids[3:]]
        later = NOW + timedelta(days=65)
        await forget_old_reports(session, location_id, later, but={ids[1]})
        assert await kept_reports(session, [location_id, other_id]) == [ids[0], ids[1], ids[5]]


async def kept_reports(session: object, location_ids: list[UUID]) -> list[UUID]:
    found = await session.execute(  # type: ignore[attr-defined]
        text(
            "SELECT report_id FROM access_report WHERE location_id = ANY(:ids) ORDER BY report_id"
        ),
        {"ids": location_ids},
    )
    return [row[0] for row in found]


async def test_the_newest_changes_are_kept(
    database: Database, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(location_health_changes, "MOST_KEPT", 2)
    location_id = await add_location(database, tenant)
    async with database.begin(tenant.org_id) as session:
        for state in ("broken", "healthy", "degraded"):
            session.add(
                LocationHealthChange(
                    org_id=tenant.org_id,
                    location_id=location_id,
                    state=state,
                    previous_state="unknown",
                    changes=[],
                    report_id=uuid4(),
                    changed_at=NOW,
                )
            )
            await session.flush()
            await forget_old_health_changes(session, location_id)
        found = await list_health_changes(session, location_id, before=None, limit=9)
        assert [each.state for each in found] == ["degraded", "healthy"]
        older = await list_health_changes(session, location_id, before=found[0].change_id, limit=9)
        assert [each.state for each in older] == ["healthy"]


# --- the upgrade ----------------------------------------------------------------------------


async def test_locations_of_the_release_before_are_due_within_the_hour(
    own_database: Database, own_owner_url: SecretStr, own_superuser: psycopg.Connection
) -> None:
    tenant = await add_tenant(own_database)
    attached, detached = [await add_location(own_database, tenant) for _ in range(2)]
    own_superuser.execute(
        "UPDATE external_location SET detached_at = now() WHERE location_id = %s", [detached]
    )
    migrate._run(own_owner_url, lambda config: command.downgrade(config, "-1"))
    migrate.upgrade(own_owner_url)
    found = own_superuser.execute(
        b"SELECT location_id, state, next_check_at = next_full_at,"
        b" next_check_at BETWEEN now() AND now() + interval '1 hour' FROM location_health"
    ).fetchall()
    assert found == [(attached, "unknown", True, True)]
    forced = own_superuser.execute(
        b"SELECT relforcerowsecurity FROM pg_class WHERE relname = 'external_location'"
    ).fetchone()
    assert forced == (True,)
