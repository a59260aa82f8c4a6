"""Access reports that are kept: the newest is shown, and judged anew when it is out of date."""

from datetime import timedelta
from uuid import UUID, uuid4

import httpx
import pytest

from services.credentials.settings import Settings
from services.credentials.setup.policies import trust_policy
from services.credentials.vault import Vault, open_vault
from shared.clock import SystemClock
from shared.database.access_reports import find_newest_report
from shared.database.external_locations import get_external_location, list_external_locations
from shared.database.session import Database
from shared.errors import NotFoundError
from shared.leases import Operation
from tests.conftest import Tenant
from tests.services.credentials.connecting import (
    NOT_LET_IN,
    Json,
    check_of,
    connect,
    get,
    post,
    statuses,
    verify,
)
from tests.services.credentials.customer import ORIGIN, REGION, Customer

DAY = timedelta(days=1)


async def attach(http: httpx.AsyncClient, tenant: Tenant, customer: Customer) -> UUID:
    body = await connect(http, tenant, customer)
    location = await post(http, tenant, "/v1/locations", body)
    return UUID(location["location_id"])


async def test_a_dry_run_stores_nothing(
    http: httpx.AsyncClient, tenant: Tenant, customer: Customer, database: Database
) -> None:
    report = await verify(http, tenant, await connect(http, tenant, customer))
    assert (report["report_id"], report["location_id"]) == (None, None)
    async with database.begin(tenant.org_id) as session:
        assert not await list_external_locations(session, after=None, limit=1)


async def test_a_report_is_kept_and_the_newest_is_shown(
    http: httpx.AsyncClient, tenant: Tenant, customer: Customer
) -> None:
    location_id = await attach(http, tenant, customer)
    path = f"/v1/locations/{location_id}"
    never = await http.get(f"{path}/access-report", headers=tenant.headers)
    assert never.status_code == 404
    reports = [await post(http, tenant, f"{path}/verify-access", {}) for _ in range(2)]
    assert await get(http, tenant, f"{path}/access-report") == reports[1]
    assert reports[1]["valid"]
    assert reports[1]["location_id"] == str(location_id)
    assert reports[0]["report_id"] != reports[1]["report_id"]


async def test_a_dry_run_and_the_stored_location_find_the_same(
    http: httpx.AsyncClient, tenant: Tenant, customer: Customer
) -> None:
    body = await connect(http, tenant, customer)
    customer.s3.delete_bucket_cors(Bucket=customer.bucket)
    dry = await verify(http, tenant, body)
    location = await post(http, tenant, "/v1/locations", body)
    path = f"/v1/locations/{location['location_id']}/verify-access"
    assert statuses(await post(http, tenant, path, {})) == statuses(dry)


async def test_a_bucket_that_moved_to_another_region_is_followed(
    http: httpx.AsyncClient, tenant: Tenant, customer: Customer, vault: Vault, database: Database
) -> None:
    location_id = await attach(http, tenant, customer)
    async with database.begin(tenant.org_id) as session:
        (await get_external_location(session, location_id)).region = "us-west-2"
    await vault.leases.get(tenant.org_id, location_id, Operation.READ)
    report = await post(http, tenant, f"/v1/locations/{location_id}/verify-access", {})
    assert check_of(report, "region")["status"] == "warning"
    assert (await get(http, tenant, f"/v1/locations/{location_id}"))["region"] == REGION
    lease = await vault.leases.get(tenant.org_id, location_id, Operation.READ)
    assert lease.bucket.region == REGION


@pytest.fixture
async def judged(
    http: httpx.AsyncClient, tenant: Tenant, customer: Customer, vault: Vault
) -> tuple[Vault, UUID, UUID]:
    """A vault, and a location that was verified a moment ago."""
    location_id = await attach(http, tenant, customer)
    first = await vault.reports.judge(tenant.org_id, location_id, max_age=DAY)
    return vault, location_id, first.report_id


async def test_a_glance_stores_nothing_and_sees_what_viewers_lose(
    judged: tuple[Vault, UUID, UUID], tenant: Tenant, customer: Customer
) -> None:
    vault, location_id, first = judged
    rules = customer.s3.get_bucket_cors(Bucket=customer.bucket)["CORSRules"]
    assert await vault.reports.glance(tenant.org_id, location_id)
    customer.s3.delete_bucket_cors(Bucket=customer.bucket)
    assert not await vault.reports.glance(tenant.org_id, location_id)
    customer.s3.put_bucket_cors(Bucket=customer.bucket, CORSConfiguration={"CORSRules": rules})
    assert await vault.reports.glance(tenant.org_id, location_id)
    newest = await vault.reports.get_newest(tenant.org_id, location_id)
    assert newest.report_id == first


async def test_a_report_that_is_young_enough_is_the_verdict(
    judged: tuple[Vault, UUID, UUID], tenant: Tenant
) -> None:
    vault, location_id, first = judged
    again = await vault.reports.judge(tenant.org_id, location_id, max_age=DAY)
    assert (again.report_id, again.valid) == (first, True)


async def test_a_report_that_is_too_old_is_renewed(
    judged: tuple[Vault, UUID, UUID], tenant: Tenant, database: Database
) -> None:
    vault, location_id, first = judged
    again = await vault.reports.judge(tenant.org_id, location_id, max_age=timedelta(0))
    assert again.report_id != first
    async with database.begin(tenant.org_id) as session:
        newest = await find_newest_report(session, location_id)
    assert newest is not None
    assert newest.report_id == again.report_id


async def test_what_was_mended_is_seen_by_the_next_verdict(
    http: httpx.AsyncClient, tenant: Tenant, customer: Customer, vault: Vault
) -> None:
    location_id = await attach(http, tenant, customer)
    rules = customer.s3.get_bucket_cors(Bucket=customer.bucket)["CORSRules"]
    customer.s3.delete_bucket_cors(Bucket=customer.bucket)
    broken = await vault.reports.judge(tenant.org_id, location_id, max_age=DAY)
    customer.s3.put_bucket_cors(Bucket=customer.bucket, CORSConfiguration={"CORSRules": rules})
    mended = await vault.reports.judge(tenant.org_id, location_id, max_age=DAY)
    assert (broken.valid, mended.valid) == (False, True)


async def test_other_origins_make_a_report_out_of_date(
    judged: tuple[Vault, UUID, UUID], tenant: Tenant, http: httpx.AsyncClient
) -> None:
    vault, location_id, first = judged
    answer = await http.patch(
        f"/v1/locations/{location_id}",
        headers=tenant.headers,
        json={"origins": [ORIGIN, "https://other.example"]},
    )
    assert answer.status_code == 200
    again = await vault.reports.judge(tenant.org_id, location_id, max_age=DAY)
    assert (again.report_id != first, again.valid) == (True, False)


async def test_a_rotation_makes_a_report_out_of_date(
    judged: tuple[Vault, UUID, UUID], tenant: Tenant, http: httpx.AsyncClient
) -> None:
    vault, location_id, first = judged
    location = await get(http, tenant, f"/v1/locations/{location_id}")
    other = {"method": "assume_role", "role_arn": "arn:aws:iam::222222222222:role/none"}
    await post(http, tenant, f"/v1/credentials/{location['credential_id']}/rotate", other)
    again = await vault.reports.judge(tenant.org_id, location_id, max_age=DAY)
    assert (again.report_id != first, again.valid) == (True, False)


async def test_a_foreign_or_absent_location_has_no_verdict(
    judged: tuple[Vault, UUID, UUID], tenant: Tenant, other_tenant: Tenant
) -> None:
    vault, location_id, _ = judged
    with pytest.raises(NotFoundError):
        await vault.reports.judge(other_tenant.org_id, location_id, max_age=DAY)
    with pytest.raises(NotFoundError):
        await vault.reports.judge(tenant.org_id, uuid4(), max_age=DAY)


async def test_a_cloud_that_is_away_is_found_and_not_raised(
    http: httpx.AsyncClient,
    tenant: Tenant,
    customer: Customer,
    settings: Settings,
    database: Database,
) -> None:
    body: Json = await connect(http, tenant, customer)
    away = settings.model_copy(
        update={"aws_s3_endpoint": "http://127.0.0.1:1", "aws_sts_endpoint": "http://127.0.0.1:1"}
    )
    async with open_vault(away, database, SystemClock()) as vault:
        plan = await vault.locations.plan(
            tenant.org_id,
            UUID(body["credential_id"]),
            uri=body["uri"],
            origins=body["origins"],
            region=None,
        )
        report = await vault.reports.dry_run(plan)
    assert not report.valid
    assert {check.name: check.status.value for check in report.checks} == {
        **dict.fromkeys((name.split()[0] for name in NOT_LET_IN), "skipped"),
        **dict.fromkeys(("identity", "region"), "failed"),
    }


async def test_keys_of_another_principal_than_customers_trust_are_the_operators_matter(
    http: httpx.AsyncClient,
    tenant: Tenant,
    customer: Customer,
    settings: Settings,
    database: Database,
) -> None:
    body: Json = await connect(http, tenant, customer)
    customer.trust(trust_policy("arn:aws:iam::111111111111:user/other", "the-id"))
    other = settings.model_copy(
        update={"aws_principal_arn": "arn:aws:iam::111111111111:user/other"}
    )
    async with open_vault(other, database, SystemClock()) as vault:
        plan = await vault.locations.plan(
            tenant.org_id,
            UUID(body["credential_id"]),
            uri=body["uri"],
            origins=body["origins"],
            region=None,
        )
        report = await vault.reports.dry_run(plan)
    identity = report.checks[0]
    assert (identity.name, identity.status.value) == ("identity", "failed")
    assert identity.finding.likeliest is not None
    assert identity.finding.likeliest.kind.who == "operator"
    assert "MOORING_AWS_PRINCIPAL_ARN" in identity.finding.likeliest.remedy
