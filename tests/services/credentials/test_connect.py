"""The way to connect a bucket: credential, setup kit, dry run, location, report, lease."""

from typing import Any

import httpx

from services.credentials.vault import Vault
from shared.leases import Operation
from tests.conftest import Tenant
from tests.services.credentials.customer import ORIGIN, REGION, Customer


async def post(http: httpx.AsyncClient, tenant: Tenant, path: str, body: object) -> Any:
    answer = await http.post(path, headers=tenant.headers, json=body)
    assert answer.is_success, answer.text
    return answer.json()


async def connect(http: httpx.AsyncClient, tenant: Tenant, customer: Customer) -> dict[str, Any]:
    """Return the body for a location whose kit the customer has applied."""
    body = {"method": "assume_role", "name": "Acme", "role_arn": customer.role_arn}
    credential = await post(http, tenant, "/v1/credentials", body)
    kit = await http.get(
        f"/v1/credentials/{credential['credential_id']}/setup",
        headers=tenant.headers,
        params={"uri": customer.uri, "origin": ORIGIN},
    )
    customer.apply(kit.json())
    return {
        "credential_id": credential["credential_id"],
        "uri": customer.uri,
        "name": "Photos",
        "origins": [ORIGIN],
    }


async def test_the_kit_pasted_as_it_is_makes_a_valid_report(
    http: httpx.AsyncClient, tenant: Tenant, customer: Customer, vault: Vault
) -> None:
    body = await connect(http, tenant, customer)
    report = await post(http, tenant, "/v1/verify-access", body)
    assert report["valid"]
    location = await post(http, tenant, "/v1/locations", body)
    assert location["region"] == REGION
    path = f"/v1/locations/{location['location_id']}/verify-access"
    stored = await post(http, tenant, path, {})
    assert stored["valid"]
    for operation in Operation:
        lease = await vault.leases.get(tenant.org_id, location["location_id"], operation)
        assert lease.bucket.name == customer.bucket
