"""Steps of connecting a bucket through the vault's routes, for tests about what comes after."""

from typing import Any

import httpx

from services.credentials.access.origin_checks import ORIGIN_CHECKS
from tests.conftest import Tenant
from tests.services.credentials.customer import ORIGIN, Customer

Json = dict[str, Any]

SEEN = tuple(f"{name} {ORIGIN}" for name in ORIGIN_CHECKS)
"""What is asked for the origin of the customer's location, as `statuses` names it."""

ALL_PASSED = {
    "identity": "passed",
    "external_id_enforced": "passed",
    "session_duration": "passed",
    "scope": "passed",
    "write_refused": "passed",
    "region": "passed",
    "list": "passed",
    "bucket_owner": "passed",
    "versioning": "passed",
    "requester_pays": "passed",
    "read": "passed",
    "encryption": "passed",
    "archived": "passed",
    "sign": "passed",
    **dict.fromkeys(SEEN, "passed"),
}
UNREAD = ("read", "encryption", "archived", "sign", *SEEN)
NOT_LET_IN = {name: "skipped" for name in ALL_PASSED if name not in {"identity", "region"}}


async def post(http: httpx.AsyncClient, tenant: Tenant, path: str, body: object) -> Json:
    answer = await http.post(path, headers=tenant.headers, json=body)
    assert answer.is_success, answer.text
    found: Json = answer.json()
    return found


async def get(http: httpx.AsyncClient, tenant: Tenant, path: str, **params: object) -> Json:
    answer = await http.get(path, headers=tenant.headers, params=params)  # type: ignore[arg-type]
    assert answer.is_success, answer.text
    found: Json = answer.json()
    return found


async def add_role(http: httpx.AsyncClient, tenant: Tenant, customer: Customer) -> Json:
    """Add an `assume_role` credential for the customer's role, which does not exist yet."""
    body = {"method": "assume_role", "name": "Acme", "role_arn": customer.role_arn}
    return await post(http, tenant, "/v1/credentials", body)


async def get_kit(
    http: httpx.AsyncClient, tenant: Tenant, customer: Customer, credential: Json
) -> Json:
    path = f"/v1/credentials/{credential['credential_id']}/setup"
    return await get(http, tenant, path, uri=customer.uri, origin=ORIGIN)


def location_body(customer: Customer, credential: Json, **changes: object) -> Json:
    return {
        "credential_id": credential["credential_id"],
        "uri": customer.uri,
        "name": "Photos",
        "origins": [ORIGIN],
        **changes,
    }


async def connect(http: httpx.AsyncClient, tenant: Tenant, customer: Customer) -> Json:
    """Return the body for a location whose kit the customer has pasted."""
    credential = await add_role(http, tenant, customer)
    customer.apply(await get_kit(http, tenant, customer, credential))
    return location_body(customer, credential)


async def verify(http: httpx.AsyncClient, tenant: Tenant, body: Json) -> Json:
    return await post(http, tenant, "/v1/verify-access", body)


def statuses(report: Json) -> dict[str, str]:
    """Return each check's status, the origin's checks by name and origin."""
    return {
        check["name"] + (f" {check['subject']}" if check["subject"] else ""): check["status"]
        for check in report["checks"]
    }


def check_of(report: Json, name: str) -> Json:
    found: Json = next(check for check in report["checks"] if check["name"] == name)
    return found
