"""Trust policies: a role that opens without our ExternalId is found, with the exact remedy."""

import json

import httpx
import pytest

from services.credentials.setup.policies import trust_policy
from tests.conftest import Tenant
from tests.services.credentials.connecting import (
    ALL_PASSED,
    NOT_LET_IN,
    check_of,
    connect,
    get,
    statuses,
    verify,
)
from tests.services.credentials.customer import Customer


async def test_a_trust_policy_without_the_external_id_makes_the_report_invalid(
    http: httpx.AsyncClient, tenant: Tenant, customer: Customer
) -> None:
    body = await connect(http, tenant, customer)
    credential = await get(http, tenant, f"/v1/credentials/{body['credential_id']}")
    exact = trust_policy(customer.cloud.principal_arn, credential["external_id"])
    loose = json.loads(json.dumps(exact))
    del loose["Statement"][0]["Condition"]
    customer.trust(loose)
    report = await verify(http, tenant, body)
    assert not report["valid"]
    assert statuses(report) == {**ALL_PASSED, "external_id_enforced": "failed"}
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
