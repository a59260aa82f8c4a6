"""Two organizations on one stack: whatever one of them asks, the other one is not there for it.

The calls are made from the committed descriptions of the services, so that no route is forgotten:
one with an id that nobody told these tests about fails them.
"""

from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from mooring_sdk.api.credentials import create_credential, get_setup_kit
from mooring_sdk.api.locations import verify_access
from mooring_sdk.models import (
    AccessReportBody,
    NewAssumeRoleBody,
    NewLocationBody,
    NewOrganizationRoleBody,
)

from deploy.local.demo.api import given
from deploy.local.demo.aws_customer import AwsCustomer
from deploy.local.stack import Stack
from tests.journeys.conftest import MakeAdministrator, MakeCustomer, MakeOrganization
from tests.journeys.routes import Part, Route, base_urls, fill, read_routes
from tests.journeys.rows import rows_of
from tests.journeys.running import Running
from tests.journeys.tenants import OPERATORS, VALUES, Tenant, settle

pytestmark = pytest.mark.xdist_group("journeys")

ROUTES = read_routes()
NOT_OURS = {"access_key_id", "access_id", "client_id"}  # names what is in the customer's cloud


@pytest.fixture(scope="module")
def alice(
    make_organization: MakeOrganization,
    make_customer: MakeCustomer,
    make_administrator: MakeAdministrator,
) -> Tenant:
    return settle(make_organization("Alice"), make_customer("team/"), make_administrator())


@pytest.fixture(scope="module")
def bob(
    make_organization: MakeOrganization,
    make_customer: MakeCustomer,
    make_administrator: MakeAdministrator,
) -> Tenant:
    return settle(make_organization("Bob"), make_customer("team/"), make_administrator())


@pytest.fixture
def http() -> Iterator[httpx.Client]:
    with httpx.Client(trust_env=False, timeout=30.0) as client:
        yield client


def foreign_parts() -> Iterator[Any]:
    """Yield each route of organizations with each of its ids."""
    for route in ROUTES:
        for part in route.ids:
            is_ours = part.name not in NOT_OURS and (part.where, part.name) != ("body", "tenant_id")
            if route.operation not in OPERATORS and is_ours:
                yield pytest.param(route, part, id=f"{route} {part.name}")


@pytest.mark.parametrize(("route", "part"), list(foreign_parts()))
def test_what_belongs_to_another_organization_does_not_exist(  # noqa: PLR0917 - fixtures have names
    running: Running, http: httpx.Client, alice: Tenant, bob: Tenant, route: Route, part: Part
) -> None:
    assert part.name in alice.ids, f"Tell this test what {part.name} is."
    before = rows_of(running.database.postgres, alice.organization.org_id)
    key = bob.key_for(running.stack, route)
    answers = [
        fill(route, VALUES | bob.ids, **{part.name: value}).send(running.stack, http, key)
        for value in (alice.ids[part.name], uuid4())
    ]
    of_alice, of_nobody = [answer.json() | {"request_id": ""} for answer in answers]
    assert (answers[0].status_code, of_alice["code"]) == (404, "not-found")
    assert of_alice == of_nobody
    assert rows_of(running.database.postgres, alice.organization.org_id) == before


@pytest.mark.parametrize("route", ROUTES, ids=str)
def test_no_route_answers_without_a_key(
    stack: Stack, http: httpx.Client, alice: Tenant, route: Route
) -> None:
    answer = fill(route, VALUES | alice.ids).send(stack, http, None)
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized")


@pytest.mark.parametrize("route", [route for route in ROUTES if not route.is_internal], ids=str)
def test_a_key_with_another_organization_in_its_text_is_no_key(
    stack: Stack, http: httpx.Client, alice: Tenant, bob: Tenant, route: Route
) -> None:
    call = fill(route, VALUES | alice.ids)
    _, org, key_id, secret = bob.organization.api_key.split("_", 3)
    _, foreign_org, foreign_key_id, _ = alice.organization.api_key.split("_", 3)
    assert org != foreign_org
    forged = (
        f"mrg_{foreign_org}_{key_id}_{secret}",
        f"mrg_{foreign_org}_{foreign_key_id}_{secret}",
    )
    answers = [call.send(stack, http, key) for key in forged]
    assert [(each.status_code, each.json()["code"]) for each in answers] == [
        (401, "unauthorized"),
        (401, "unauthorized"),
    ]


@pytest.mark.parametrize(
    "route", [route for route in ROUTES if route.operation in OPERATORS], ids=str
)
def test_the_operators_routes_are_closed_to_organizations(
    running: Running, http: httpx.Client, alice: Tenant, bob: Tenant, route: Route
) -> None:
    before = rows_of(running.database.postgres, alice.organization.org_id)
    for ids in (alice.ids, bob.ids):
        answer = fill(route, VALUES | ids).send(running.stack, http, bob.organization.api_key)
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    assert rows_of(running.database.postgres, alice.organization.org_id) == before


@pytest.mark.parametrize(
    "route",
    [
        route
        for route in ROUTES
        if route.operation not in {*OPERATORS, "get_organization"} and not route.is_internal
    ],
    ids=str,
)
def test_what_organizations_have_is_closed_to_the_operator(
    stack: Stack, http: httpx.Client, alice: Tenant, route: Route
) -> None:
    call = fill(route, VALUES | alice.ids)
    answer = call.send(stack, http, stack.admin_key.get_secret_value())
    expected = (403, "forbidden") if route.service == "credentials" else (401, "unauthorized")
    assert (answer.status_code, answer.json()["code"]) == expected


def test_lists_show_nothing_of_another_organization(
    stack: Stack, http: httpx.Client, alice: Tenant, bob: Tenant
) -> None:
    ids = {str(value) for value in alice.ids.values()}
    for route in ROUTES:
        if route.method == "GET" and not route.ids and route.operation not in OPERATORS:
            answer = fill(route, VALUES).send(stack, http, bob.organization.api_key)
            assert answer.status_code == 200
            assert [one for one in ids if one in answer.text] == []


def test_naming_the_role_of_anothers_customer_opens_nothing(alice: Tenant, bob: Tenant) -> None:
    """The confused deputy: Bob knows the ARN, and Mooring is trusted, but not on his behalf."""
    customer = alice.place.customer
    vault = bob.organization.api.vault
    body = NewAssumeRoleBody(method="assume_role", name="not mine", role_arn=customer.role_arn)
    credential = given(create_credential.sync(client=vault, body=body))
    assert credential.external_id != alice.place.credential.external_id
    report = dry_run(bob, credential.credential_id, customer)
    assert (report.valid, failed(report)) == (False, ["identity"])


def test_a_bucket_opens_to_the_one_organization_that_its_policy_names(
    alice: Tenant, bob: Tenant, make_customer: MakeCustomer
) -> None:
    customer = make_customer("team/")
    credentials = {
        tenant.organization.org_id: given(
            create_credential.sync(
                client=tenant.organization.api.vault,
                body=NewOrganizationRoleBody(method="organization_role", name="ours"),
            )
        ).credential_id
        for tenant in (alice, bob)
    }
    mine, theirs = (credentials[each.organization.org_id] for each in (alice, bob))
    kit = given(
        get_setup_kit.sync(
            mine,
            client=alice.organization.api.vault,
            uri=customer.uri,
            origin=[customer.origin],
        )
    )
    customer.paste(kit)
    assert failed(dry_run(alice, mine, customer)) == []
    assert failed(dry_run(bob, theirs, customer)) == ["list"]


def test_an_idempotency_key_is_its_organizations_own(
    stack: Stack, http: httpx.Client, alice: Tenant, bob: Tenant
) -> None:
    url = f"{base_urls(stack)['ingest']}/v1/datasets"
    body = {"name": f"The same {uuid4()}"}
    made: dict[UUID, list[str]] = {}
    for tenant in (alice, bob, alice):
        key = {"Authorization": f"Bearer {tenant.organization.api_key}", "Idempotency-Key": "1"}
        answer = http.post(url, json=body, headers=key)
        made.setdefault(tenant.organization.org_id, []).append(answer.json()["dataset_id"])
    assert made[alice.organization.org_id][0] == made[alice.organization.org_id][1]
    assert made[alice.organization.org_id][0] != made[bob.organization.org_id][0]


def dry_run(tenant: Tenant, credential_id: UUID, customer: AwsCustomer) -> AccessReportBody:
    body = NewLocationBody(credential_id=credential_id, uri=customer.uri, name="tried")
    return given(verify_access.sync(client=tenant.organization.api.vault, body=body))


def failed(report: AccessReportBody) -> list[str]:
    return [check.name for check in report.checks if check.status.value == "failed"]
