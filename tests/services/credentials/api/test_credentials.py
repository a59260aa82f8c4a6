"""Storage credentials over HTTP: add, show, rotate, retire."""

import httpx
import pytest

from services.credentials.issuers.base import AccessKey, CustomerRole, OrganizationRole
from services.credentials.vault import Vault
from shared.database.session import Database
from shared.database.storage_credentials import get_storage_credential
from shared.errors import CredentialRetiredError
from tests.conftest import Tenant
from tests.services.credentials.connecting import (
    Json,
    add_role,
    connect,
    get,
    get_kit,
    post,
)
from tests.services.credentials.customer import Customer

ROLE_ARN = "arn:aws:iam::222222222222:role/reader"
ROLE = {"method": "assume_role", "name": "Acme", "role_arn": ROLE_ARN}
CANARY = "the-canary-secret"
KEYS = {
    "method": "access_key",
    "name": "Ceph",
    "endpoint": "https://s3.example.com",
    "region": "default",
    "access_key_id": "AK1",
    "secret_access_key": CANARY,
}


async def test_an_external_id_is_made_by_us_and_stays(
    http: httpx.AsyncClient, tenant: Tenant
) -> None:
    made = await post(http, tenant, "/v1/credentials", ROLE)
    again = await post(http, tenant, "/v1/credentials", ROLE)
    assert made == {
        "credential_id": made["credential_id"],
        "name": "Acme",
        "provider": "s3",
        "method": "assume_role",
        "role_arn": ROLE_ARN,
        "external_id": made["external_id"],
        "access_key_id": None,
        "endpoint": None,
        "region": None,
        "path_style": False,
        "service_account": None,
        "workload_provider": None,
        "tenant_id": None,
        "client_id": None,
        "account": None,
        "endpoint_suffix": None,
        "created_at": made["created_at"],
        "rotated_at": None,
        "retired_at": None,
    }
    assert len(made["external_id"]) == 36
    assert made["external_id"] != again["external_id"]
    path = f"/v1/credentials/{made['credential_id']}"
    assert await get(http, tenant, path) == made
    other = {"method": "assume_role", "role_arn": f"{ROLE_ARN}2"}
    rotated = await post(http, tenant, f"{path}/rotate", other)
    assert rotated == {**made, "role_arn": f"{ROLE_ARN}2", "rotated_at": rotated["rotated_at"]}
    assert rotated["rotated_at"] is not None


async def test_a_secret_goes_in_and_never_comes_out(
    http: httpx.AsyncClient, tenant: Tenant, vault: Vault, database: Database
) -> None:
    made = await post(http, tenant, "/v1/credentials", KEYS)
    shown = {name: text for name, text in KEYS.items() if name != "secret_access_key"}
    assert shown.items() <= made.items()
    assert CANARY not in str(made)
    async with database.begin(tenant.org_id) as session:
        row = await get_storage_credential(session, made["credential_id"])
    assert row.sealed_secret is not None
    assert CANARY.encode() not in row.sealed_secret
    identity = await vault.credentials.open(row)
    assert isinstance(identity, AccessKey)
    assert identity.secret_access_key.get_secret_value() == CANARY
    assert CANARY not in repr(identity)


async def test_new_keys_replace_the_old_ones(
    http: httpx.AsyncClient, tenant: Tenant, vault: Vault
) -> None:
    made = await post(http, tenant, "/v1/credentials", KEYS)
    new = {"method": "access_key", "access_key_id": "AK2", "secret_access_key": "new"}
    path = f"/v1/credentials/{made['credential_id']}/rotate"
    assert (await post(http, tenant, path, new))["access_key_id"] == "AK2"
    row = await vault.credentials.get(tenant.org_id, made["credential_id"])
    identity = await vault.credentials.open(row)
    assert isinstance(identity, AccessKey)
    assert identity.secret_access_key.get_secret_value() == "new"


@pytest.mark.parametrize(
    ("made", "new"),
    [
        (ROLE, {"method": "access_key", "access_key_id": "A", "secret_access_key": "s"}),
        (KEYS, {"method": "assume_role", "role_arn": ROLE_ARN}),
        (
            {"method": "organization_role", "name": "Ours"},
            {"method": "assume_role", "role_arn": ROLE_ARN},
        ),
    ],
)
async def test_a_credential_keeps_its_method(
    http: httpx.AsyncClient, tenant: Tenant, made: Json, new: Json
) -> None:
    credential = await post(http, tenant, "/v1/credentials", made)
    path = f"/v1/credentials/{credential['credential_id']}/rotate"
    answer = await http.post(path, headers=tenant.headers, json=new)
    assert (answer.status_code, answer.json()["field"]) == (422, "method")


async def test_a_role_that_others_could_name_takes_no_place_that_locations_have(
    http: httpx.AsyncClient, tenant: Tenant, customer: Customer
) -> None:
    body = await connect(http, tenant, customer)
    path = f"/v1/credentials/{body['credential_id']}/rotate"
    open_role = Customer(customer.cloud)
    kit = await get_kit(http, tenant, customer, body)
    statement = {**kit["trust_policy"]["Statement"][0]}
    del statement["Condition"]
    open_role.make_role({**kit["trust_policy"], "Statement": [statement]})
    new = {"method": "assume_role", "role_arn": open_role.role_arn}
    await post(http, tenant, path, new)  # nothing is reached with it yet
    await post(http, tenant, path, {**new, "role_arn": customer.role_arn})
    location = await post(http, tenant, "/v1/locations", body)
    refused = await http.post(path, headers=tenant.headers, json=new)
    assert (refused.status_code, refused.json()["code"]) == (409, "location-not-verified")
    assert [check["name"] for check in refused.json()["failed_checks"]] == ["external_id_enforced"]
    kept = await get(http, tenant, f"/v1/credentials/{body['credential_id']}")
    assert kept["role_arn"] == customer.role_arn
    report = await post(http, tenant, f"/v1/locations/{location['location_id']}/verify-access", {})
    assert report["valid"]


async def test_all_credentials_of_an_organization_share_its_role(
    http: httpx.AsyncClient, tenant: Tenant, vault: Vault
) -> None:
    body = {"method": "organization_role", "name": "Ours"}
    made = [await post(http, tenant, "/v1/credentials", body) for _ in range(2)]
    expected = f"arn:aws:iam::111111111111:role/mooring/mooring-{tenant.org_id}"
    assert [each["role_arn"] for each in made] == [expected] * 2
    assert [each["external_id"] for each in made] == [None] * 2
    row = await vault.credentials.get(tenant.org_id, made[0]["credential_id"])
    identity = await vault.credentials.open(row)
    assert isinstance(identity, OrganizationRole)
    assert identity.external_id == str(tenant.org_id)


async def test_a_retired_credential_loses_its_secret_and_does_nothing_more(
    http: httpx.AsyncClient, tenant: Tenant, vault: Vault
) -> None:
    made = await post(http, tenant, "/v1/credentials", KEYS)
    path = f"/v1/credentials/{made['credential_id']}"
    retired = await post(http, tenant, f"{path}/retire", {})
    assert retired == {**made, "retired_at": retired["retired_at"]}
    assert await post(http, tenant, f"{path}/retire", {}) == retired
    row = await vault.credentials.get(tenant.org_id, made["credential_id"])
    assert (row.sealed_secret, row.data_key_id) == (None, None)
    with pytest.raises(CredentialRetiredError):
        await vault.credentials.open(row)
    new = {"method": "access_key", "access_key_id": "AK2", "secret_access_key": "new"}
    body = {"credential_id": made["credential_id"], "uri": "s3://acme-data/", "name": "x"}
    for answer in (
        await http.post(f"{path}/rotate", headers=tenant.headers, json=new),
        await http.get(f"{path}/setup?uri=s3://acme-data/", headers=tenant.headers),
        await http.post("/v1/verify-access", headers=tenant.headers, json=body),
        await http.post("/v1/locations", headers=tenant.headers, json=body),
    ):
        assert (answer.status_code, answer.json()["code"]) == (409, "credential-retired")


async def test_a_credential_in_use_retires_only_together_with_its_locations(
    http: httpx.AsyncClient, tenant: Tenant, customer: Customer
) -> None:
    body = await connect(http, tenant, customer)
    location = await post(http, tenant, "/v1/locations", body)
    path = f"/v1/credentials/{body['credential_id']}/retire"
    answer = await http.post(path, headers=tenant.headers, json={})
    assert answer.status_code == 409
    assert answer.json()["location_ids"] == [location["location_id"]]
    retired = await post(http, tenant, path, {"detach_locations": True})
    assert retired["retired_at"] is not None
    gone = await http.get(f"/v1/locations/{location['location_id']}", headers=tenant.headers)
    assert gone.status_code == 404


async def test_credentials_are_listed_oldest_first_page_by_page(
    http: httpx.AsyncClient, tenant: Tenant
) -> None:
    made = [await post(http, tenant, "/v1/credentials", ROLE) for _ in range(3)]
    first = await get(http, tenant, "/v1/credentials", limit=2)
    second = await get(http, tenant, "/v1/credentials", limit=2, cursor=first["next_cursor"])
    assert first["items"] + second["items"] == made
    assert second["next_cursor"] is None


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({**ROLE, "role_arn": "the-canary"}, "role_arn"),
        ({**ROLE, "role_arn": "arn:aws:iam::111111111111:role/mooring/mooring-x"}, "role_arn"),
        ({**ROLE, "external_id": "the-canary"}, "body"),
        ({**ROLE, "name": "\0"}, "name"),
        ({**ROLE, "method": "the-canary"}, "method"),
        ({"name": "the-canary"}, "method"),
        ({**KEYS, "endpoint": "ftp://the-canary.example"}, "endpoint"),
        ({**KEYS, "endpoint": "https://the-canary@s3.example"}, "endpoint"),
        ({**KEYS, "endpoint": "http://169.254.169.254"}, "endpoint"),
        ({**KEYS, "region": "The Canary"}, "region"),
        ({**KEYS, "region": "1"}, "region"),
        ({**KEYS, "region": "zone_a"}, "region"),
        ({**KEYS, "access_key_id": "the canary\n"}, "access_key_id"),
        ({**KEYS, "secret_access_key": ""}, "secret_access_key"),
        ({**KEYS, "secret_access_key": ["the-canary"]}, "secret_access_key"),
        ({**KEYS, "secret_access_key": CANARY, "the-canary": 1}, "body"),
    ],
)
async def test_what_is_not_well_formed_is_refused_by_field_and_not_repeated(
    http: httpx.AsyncClient, tenant: Tenant, body: Json, field: str
) -> None:
    answer = await http.post("/v1/credentials", headers=tenant.headers, json=body)
    assert (answer.status_code, answer.json()["field"]) == (422, field), answer.text
    assert "canary" not in answer.text.lower()


async def test_a_role_of_our_own_account_that_is_not_ours_to_keep_is_a_customers(
    http: httpx.AsyncClient, tenant: Tenant, vault: Vault
) -> None:
    """Whoever runs Mooring in the account of the buckets connects roles of that account."""
    arn = "arn:aws:iam::111111111111:role/reader"
    made = await post(http, tenant, "/v1/credentials", {**ROLE, "role_arn": arn})
    row = await vault.credentials.get(tenant.org_id, made["credential_id"])
    assert isinstance(await vault.credentials.open(row), CustomerRole)


async def test_a_kit_is_filled_with_the_credentials_values(
    http: httpx.AsyncClient, tenant: Tenant, customer: Customer
) -> None:
    credential = await add_role(http, tenant, customer)
    kit = await get_kit(http, tenant, customer, credential)
    assert kit["external_id"] == credential["external_id"]
    assert kit["principal_arn"] == customer.cloud.principal_arn
    assert kit["role_arn"] == customer.role_arn
    assert kit["max_session_duration"] == 43_200
    assert credential["external_id"] in str(kit["trust_policy"])
    assert customer.bucket in str(kit["permission_policy"])
    assert kit["bucket_policy"] is None
    assert kit["script"].startswith("#!/usr/bin/env bash\n")


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"uri": "the-canary"}, "uri"),
        ({"uri": "s3://acme-data/the-canary"}, "uri"),
        ({"uri": "s3://acme-data/", "origin": "https://the-canary.example/path"}, "origin"),
        ({"uri": "s3://acme-data/", "origin": "*"}, "origin"),
        ({}, "uri"),
    ],
)
async def test_a_kit_for_a_place_that_is_not_well_formed_is_refused(
    http: httpx.AsyncClient, tenant: Tenant, params: dict[str, str], field: str
) -> None:
    credential = await post(http, tenant, "/v1/credentials", ROLE)
    path = f"/v1/credentials/{credential['credential_id']}/setup"
    answer = await http.get(path, headers=tenant.headers, params=params)
    assert (answer.status_code, answer.json()["field"]) == (422, field)
    assert "canary" not in answer.text
