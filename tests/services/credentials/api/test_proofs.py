"""Proofs over HTTP: what is signed, how it is served, and what stays good when keys change."""

import json
from base64 import urlsafe_b64decode
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import null, select

from services.credentials.proofs.digests import digest
from services.credentials.proofs.pages import HEADERS
from services.credentials.settings import Settings
from shared.database.access_reports import AccessReport
from shared.database.session import Database
from shared.signed_reports import check_report
from shared.version import VERSION
from tests.conftest import Tenant
from tests.services.credentials.conftest import ADMIN_KEY
from tests.services.credentials.connecting import Json, connect, get, get_kit, post
from tests.services.credentials.customer import ORIGIN, REGION, Customer

ADMIN = {"Authorization": f"Bearer {ADMIN_KEY}"}


@pytest.fixture
async def location(http: httpx.AsyncClient, tenant: Tenant, customer: Customer) -> Json:
    return await post(http, tenant, "/v1/locations", await connect(http, tenant, customer))


def path_of(location: Json) -> str:
    return f"/v1/locations/{location['location_id']}"


async def prove(
    http: httpx.AsyncClient, tenant: Tenant, location: Json, form: str = "proof"
) -> httpx.Response:
    path = f"{path_of(location)}/access-report/{form}"
    answer = await http.get(path, headers=tenant.headers)
    assert answer.status_code == 200, answer.text
    return answer


async def keys_of(http: httpx.AsyncClient) -> bytes:
    return (await http.get("/.well-known/report-keys.json")).content


def payload_of(answer: httpx.Response) -> Any:
    return json.loads(urlsafe_b64decode(f"{answer.json()['payload']}=="))


async def test_a_proof_says_who_may_do_what_and_what_was_found(
    http: httpx.AsyncClient,
    tenant: Tenant,
    customer: Customer,
    location: Json,
    settings: Settings,
) -> None:
    report = await post(http, tenant, f"{path_of(location)}/verify-access", {})
    credential = await get(http, tenant, f"/v1/credentials/{location['credential_id']}")
    kit = await get_kit(http, tenant, customer, credential)
    answer = await prove(http, tenant, location)
    found = check_report(answer.content, await keys_of(http))
    assert found == {
        "report_id": report["report_id"],
        "valid": True,
        "verified_at": report["verified_at"],
        "signed_at": found["signed_at"],
        "mooring_version": VERSION,
        "organization": {"org_id": str(tenant.org_id), "name": "Test"},
        "location": {
            "location_id": location["location_id"],
            "name": "Photos",
            "uri": customer.uri,
            "region": REGION,
            "origins": [ORIGIN],
        },
        "credential": {
            "credential_id": credential["credential_id"],
            "name": "Acme",
            "method": "assume_role",
        },
        "identity": {
            "role_arn": customer.role_arn,
            "principal_arn": settings.aws_principal_arn,
        },
        "operations": ["list", "read"],
        "documents": {
            name: digest(kit[name]) for name in ("trust_policy", "permission_policy", "cors")
        },
        "proved_refused": ["external_id_enforced", "scope", "write_refused"],
        "checks": report["checks"],
        "page_sha256": found["page_sha256"],
        "kid": found["kid"],
    }
    assert credential["external_id"] not in str(found)


async def test_a_page_is_the_same_proof_and_is_served_as_a_file_that_does_nothing(
    http: httpx.AsyncClient, tenant: Tenant, location: Json
) -> None:
    report = await post(http, tenant, f"{path_of(location)}/verify-access", {})
    page = await prove(http, tenant, location, "proof.html")
    signed = await prove(http, tenant, location)
    keys = await keys_of(http)
    differ = ("signed_at", "page_sha256")  # it is signed anew each time
    on_page, alone = (check_report(each.content, keys) for each in (page, signed))
    assert {**on_page, **dict.fromkeys(differ)} == {**alone, **dict.fromkeys(differ)}
    name = f"access-report-{report['report_id']}"
    served = ("content-type", "content-disposition", "cache-control", "x-content-type-options")
    assert [[each.headers[header] for header in served] for each in (signed, page)] == [
        [
            "application/jose+json",
            f'attachment; filename="{name}.json"',
            "no-store",
            "nosniff",
        ],
        [
            "text/html; charset=utf-8",
            f'attachment; filename="{name}.html"',
            "no-store",
            "nosniff",
        ],
    ]
    assert page.headers["content-security-policy"] == HEADERS["Content-Security-Policy"]


async def test_a_proof_of_broken_access_says_so_and_keeps_the_external_id_to_itself(
    http: httpx.AsyncClient, tenant: Tenant, customer: Customer, location: Json
) -> None:
    credential = await get(http, tenant, f"/v1/credentials/{location['credential_id']}")
    trust = (await get_kit(http, tenant, customer, credential))["trust_policy"]
    open_to_all = json.loads(json.dumps(trust))
    del open_to_all["Statement"][0]["Condition"]
    customer.trust(open_to_all)
    report = await post(http, tenant, f"{path_of(location)}/verify-access", {})
    assert credential["external_id"] in str(report)  # the remedy has the right trust policy
    answers = [await prove(http, tenant, location, form) for form in ("proof", "proof.html")]
    keys = await keys_of(http)
    for answer in answers:
        found: Any = check_report(answer.content, keys)
        assert (found["valid"], found["proved_refused"]) == (False, [])
        [check] = [each for each in found["checks"] if each["name"] == "external_id_enforced"]
        assert check["causes"][0]["documents"] == {"trust_policy": digest(trust)}
        assert credential["external_id"] not in f"{found} {answer.text}"


async def test_a_proof_is_of_how_it_was_when_access_was_verified(
    http: httpx.AsyncClient, tenant: Tenant, location: Json
) -> None:
    await post(http, tenant, f"{path_of(location)}/verify-access", {})
    before = payload_of(await prove(http, tenant, location))
    changes = {"name": "Renamed", "origins": []}
    await http.patch(path_of(location), headers=tenant.headers, json=changes)
    after = payload_of(await prove(http, tenant, location))
    assert {**after, "signed_at": ""} | {"page_sha256": ""} == {
        **before,
        "signed_at": "",
        "page_sha256": "",
    }
    assert after["signed_at"] > before["signed_at"]


async def test_a_rotation_changes_who_signs_and_not_what_was_signed(
    http: httpx.AsyncClient, tenant: Tenant, location: Json
) -> None:
    await post(http, tenant, f"{path_of(location)}/verify-access", {})
    old = [(await prove(http, tenant, location, form)).content for form in ("proof", "proof.html")]
    rotated = await http.post("/v1/report-keys", headers=ADMIN)
    new = (await prove(http, tenant, location)).content
    keys = await keys_of(http)
    assert (rotated.status_code, rotated.json()) == (201, json.loads(keys))
    kids = [check_report(file, keys)["kid"] for file in (new, *old)]
    listed = [key["kid"] for key in json.loads(keys)["keys"]]
    assert kids == [listed[0], listed[1], listed[1]]


async def test_the_keys_are_public_and_asked_for_each_time(
    http: httpx.AsyncClient, tenant: Tenant, location: Json
) -> None:
    await post(http, tenant, f"{path_of(location)}/verify-access", {})
    await prove(http, tenant, location)
    answer = await http.get("/.well-known/report-keys.json")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/jwk-set+json"
    assert answer.headers["cache-control"] == "no-cache"
    members = {"alg", "crv", "iat", "kid", "kty", "use", "x"}
    assert all({*key} - {"exp"} == members for key in answer.json()["keys"])


async def test_only_the_operator_changes_the_key(http: httpx.AsyncClient, tenant: Tenant) -> None:
    answer = await http.post("/v1/report-keys", headers=tenant.headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


@pytest.mark.parametrize("form", ["proof", "proof.html"])
async def test_a_location_that_was_never_verified_has_no_proof(
    http: httpx.AsyncClient, tenant: Tenant, location: Json, form: str
) -> None:
    answer = await http.get(f"{path_of(location)}/access-report/{form}", headers=tenant.headers)
    assert (answer.status_code, answer.json()["code"]) == (404, "not-found")


@pytest.mark.parametrize("form", ["proof", "proof.html"])
async def test_a_report_of_before_there_were_proofs_is_to_be_made_again(
    http: httpx.AsyncClient, tenant: Tenant, location: Json, database: Database, form: str
) -> None:
    await post(http, tenant, f"{path_of(location)}/verify-access", {})
    async with database.begin(tenant.org_id) as session:
        last = (await session.scalars(select(AccessReport))).one()
        session.add(
            AccessReport(
                org_id=tenant.org_id,
                location_id=UUID(location["location_id"]),
                valid=True,
                checks=last.checks,
                facts=null(),
            )
        )
    path = f"{path_of(location)}/access-report"
    answer = await http.get(f"{path}/{form}", headers=tenant.headers)
    problem = answer.json()
    assert (answer.status_code, problem["code"], problem["who"]) == (
        409,
        "report-not-provable",
        "caller",
    )
    assert "verify access again" in problem["detail"]
    assert (await get(http, tenant, path))["valid"]
