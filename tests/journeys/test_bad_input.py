"""Bad input: each wrong value is refused by the name of its field, and not repeated."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from deploy.local.stack import Stack
from tests.journeys.conftest import MakeAdministrator, MakeCustomer, MakeOrganization
from tests.journeys.routes import fill, read_routes
from tests.journeys.tenants import OPERATORS, VALUES, Tenant, settle

pytestmark = pytest.mark.xdist_group("journeys")

ROUTES = {(route.operation, route.variant): route for route in read_routes()}
ARNS = ("", "no-arn", "arn:aws:iam::12:role/a", "arn:aws:iam::123456789012:user/a")
KEYS = ("", "no-key", "arn:aws:kms:eu-central-1:123456789012:alias/a")
URIS = ("", "bucket/team/", "https://bucket/team/", "s3://", "s3://Bucket/", "s3://bucket/half")
ORIGINS = ("", "*", "app.example.com", "https://app.example.com/", "https://*.example.com")
ENDPOINTS = ("", "storage.example.com", "ftp://storage.example.com", "https://u:p@example.com")
EXPIRIES = (0, -1, 59, 10**12, "soon", 1.5)

WRONG: list[tuple[str, str, str, tuple[Any, ...]]] = [
    ("create_credential", "NewAssumeRoleBody", "role_arn", ARNS),
    ("create_credential", "NewAccessKeyBody", "endpoint", ENDPOINTS),
    ("create_credential", "NewAccessKeyBody", "region", ("", "eu central")),
    ("create_credential", "NewAccessKeyBody", "access_key_id", ("", "a b")),
    ("create_credential", "NewAccessKeyBody", "secret_access_key", ("", 1, None)),
    ("rotate_credential", "RotateRoleBody", "role_arn", ARNS),
    ("get_setup_kit", "", "uri", URIS),
    ("get_setup_kit", "", "origin", ORIGINS),
    ("get_setup_kit", "", "kms_key_arn", KEYS),
    ("get_location_setup", "", "kms_key_arn", KEYS),
    ("download_location_setup", "", "kms_key_arn", KEYS),
    ("create_location", "NewLocationBody", "uri", URIS),
    ("create_location", "NewLocationBody", "origins", tuple([each] for each in ORIGINS)),
    ("create_location", "NewLocationBody", "region", ("", "eu central")),
    ("create_location", "NewLocationBody", "name", ("", "two\nlines", "n" * 201)),
    ("verify_access", "NewLocationBody", "uri", URIS),
    ("verify_access", "NewLocationBody", "origins", tuple([each] for each in ORIGINS)),
    ("change_location", "ChangeLocationBody", "origins", tuple([each] for each in ORIGINS)),
    ("create_api_key", "NewApiKeyBody", "expires_in", EXPIRIES),
    ("create_api_key", "NewApiKeyBody", "scopes", ([], ["everything"], "datasets:read")),
    ("create_organization", "NewOrganizationBody", "hosting", ("here", 1)),
    ("create_dataset", "NewDatasetBody", "name", ("", "nul\0", "n" * 201)),
    ("presign_assets", "NewPresignedUrlsBody", "expires_in", EXPIRIES),
    ("presign_assets", "NewPresignedUrlsBody", "method", ("PUT", "get")),
    ("presign_assets", "NewPresignedUrlsBody", "asset_ids", ([], ["no id"])),
    ("redirect_to_content", "", "expires_in", (0, "soon")),
    ("list_assets", "", "state", ("lost",)),
    ("list_assets", "", "limit", (0, 1001, "all")),
    ("list_assets", "", "cursor", ("!", "c2hvcnQ")),
    ("create_webhook", "NewWebhookBody", "url", ("", "ftp://a.example/", "https://u@a.example/")),
    ("create_webhook", "NewWebhookBody", "event_types", (["webhook.test"], "import.failed")),
    ("change_webhook", "ChangeWebhookBody", "url", ("", "http://169.254.169.254/latest")),
    ("change_webhook", "ChangeWebhookBody", "state", ("gone", 1)),
    ("list_webhook_deliveries", "", "cursor", ("!", "c2hvcnQ")),
    ("list_imports", "", "cursor", ("!", "c2hvcnQ")),
    ("list_credentials", "", "cursor", ("!", "c2hvcnQ")),
]


@pytest.fixture(scope="module")
def tenant(
    make_organization: MakeOrganization,
    make_customer: MakeCustomer,
    make_administrator: MakeAdministrator,
) -> Tenant:
    return settle(make_organization("Careless"), make_customer("team/"), make_administrator())


@pytest.fixture
def http() -> Iterator[httpx.Client]:
    with httpx.Client(trust_env=False, timeout=30.0) as client:
        yield client


def wrong_values() -> Iterator[Any]:
    for operation, variant, name, values in WRONG:
        for number, value in enumerate(values):
            what = f"{operation} {variant or '-'} {name} {number}"
            yield pytest.param(operation, variant, name, value, id=what)


@pytest.mark.parametrize(("operation", "variant", "name", "value"), list(wrong_values()))
def test_a_wrong_value_is_refused_by_the_name_of_its_field(  # noqa: PLR0917 - fixtures have names
    stack: Stack,
    http: httpx.Client,
    tenant: Tenant,
    operation: str,
    variant: str,
    name: str,
    value: Any,
) -> None:
    route = ROUTES[operation, variant]
    key = tenant.organization.api_key
    if operation in OPERATORS:
        key = stack.admin_key.get_secret_value()
    call = fill(route, VALUES | tenant.ids, **{name: value})
    problem = call.send(stack, http, key).json()
    del problem["request_id"]  # random: it may hold any digits
    assert (problem["status"], problem["code"] != "not-found") == (422, True)
    field = problem["field"]
    assert field == name or field.endswith(f".{name}") or field.startswith(f"{name}."), problem
    text = value if isinstance(value, str) else json.dumps(value)
    if len(text) > 3:
        assert text not in json.dumps(problem)
