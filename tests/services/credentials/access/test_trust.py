"""Trust policies: a role that opens without our ExternalId is found, with the exact remedy."""

import json
from uuid import UUID

import httpx
import pytest

from services.credentials.settings import Settings
from services.credentials.setup.policies import trust_policy
from services.credentials.vault import open_vault
from shared.clock import SystemClock
from shared.database.session import Database
from shared.errors import StorageUnavailableError
from tests.conftest import Tenant
from tests.services.credentials.connecting import (
    NOT_LET_IN,
    check_of,
    connect,
    get,
    post,
    statuses,
    verify,
)
from tests.services.credentials.customer import Customer

OPEN = {**NOT_LET_IN, "identity": "passed", "external_id_enforced": "failed", "region": "passed"}


def open_up(customer: Customer) -> None:
    """Let Mooring's principal assume the role for whichever organization."""
    document = json.loads(json.dumps(trust_policy(customer.cloud.principal_arn, "any")))
    del document["Statement"][0]["Condition"]
    customer.trust(document)


async def test_a_trust_policy_without_the_external_id_makes_the_report_invalid(
    http: httpx.AsyncClient, tenant: Tenant, customer: Customer
) -> None:
    body = await connect(http, tenant, customer)
    credential = await get(http, tenant, f"/v1/credentials/{body['credential_id']}")
    exact = trust_policy(customer.cloud.principal_arn, credential["external_id"])
    open_up(customer)
    report = await verify(http, tenant, body)
    assert not report["valid"]
    assert statuses(report) == OPEN
    check = check_of(report, "external_id_enforced")
    assert "without any ExternalId" in check["finding"]
    assert check["remedy"]["who"] == "customer"
    assert check["remedy"]["documents"] == {"trust_policy": exact}
    customer.trust(check["remedy"]["documents"]["trust_policy"])
    assert (await verify(http, tenant, body))["valid"]


@pytest.mark.parametrize("pattern", ["*", "*-*-*-*-*", "????????-????-4???-????-????????????"])
async def test_a_trust_policy_that_takes_any_external_id_makes_the_report_invalid(
    http: httpx.AsyncClient, tenant: Tenant, customer: Customer, pattern: str
) -> None:
    body = await connect(http, tenant, customer)
    any_id = json.loads(json.dumps(trust_policy(customer.cloud.principal_arn, pattern)))
    any_id["Statement"][0]["Condition"] = {"StringLike": {"sts:ExternalId": pattern}}
    customer.trust(any_id)
    report = await verify(http, tenant, body)
    assert not report["valid"]
    assert "with a wrong ExternalId" in check_of(report, "external_id_enforced")["finding"]


async def test_a_role_with_another_external_id_proves_nothing_by_refusing(
    http: httpx.AsyncClient, tenant: Tenant, customer: Customer
) -> None:
    body = await connect(http, tenant, customer)
    customer.trust(trust_policy(customer.cloud.principal_arn, "another"))
    report = await verify(http, tenant, body)
    assert statuses(report) == {"identity": "failed", "region": "passed", **NOT_LET_IN}
    assert "another ExternalId" in check_of(report, "identity")["finding"]


async def test_nothing_of_the_bucket_is_asked_through_a_role_that_anybody_could_name(
    http: httpx.AsyncClient, tenant: Tenant, customer: Customer
) -> None:
    body = await connect(http, tenant, customer)
    open_up(customer)
    customer.iam.update_role(RoleName=customer.role_name, MaxSessionDuration=7_200)
    report = await verify(http, tenant, body)
    asked = {"identity", "external_id_enforced", "region"}
    after = [check for check in report["checks"] if check["name"] not in asked]
    reason = (
        "Nothing is asked through a role that does not enforce the ExternalId: see the check "
        "`external_id_enforced`."
    )
    assert {check["finding"] for check in after} == {reason}
    assert {check["name"] for check in after} == {name.split()[0] for name in NOT_LET_IN} - asked
    assert all(check["remedy"] is None for check in after)


async def test_a_location_of_a_role_that_anybody_could_name_is_not_attached(
    http: httpx.AsyncClient, tenant: Tenant, customer: Customer
) -> None:
    body = await connect(http, tenant, customer)
    open_up(customer)
    refused = await http.post("/v1/locations", headers=tenant.headers, json=body)
    problem = refused.json()
    assert (refused.status_code, problem["code"]) == (409, "location-not-verified")
    [failed] = problem["failed_checks"]
    found = check_of(await verify(http, tenant, body), "external_id_enforced")
    assert failed == {**found, "duration_ms": failed["duration_ms"]}
    assert (await get(http, tenant, "/v1/locations"))["items"] == []
    customer.trust(found["remedy"]["documents"]["trust_policy"])
    await post(http, tenant, "/v1/locations", body)


async def test_a_location_is_not_attached_while_nobody_can_say_whether_the_role_is_open(
    tenant: Tenant,
    http: httpx.AsyncClient,
    customer: Customer,
    settings: Settings,
    database: Database,
) -> None:
    body = await connect(http, tenant, customer)
    away = settings.model_copy(update={"aws_sts_endpoint": "http://127.0.0.1:1"})
    async with open_vault(away, database, SystemClock()) as vault:
        plan = await vault.locations.plan(
            tenant.org_id,
            UUID(body["credential_id"]),
            uri=body["uri"],
            origins=body["origins"],
            region=None,
        )
        with pytest.raises(StorageUnavailableError):
            await vault.locations.attach("Photos", plan)
