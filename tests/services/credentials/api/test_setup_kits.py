"""Setup kits over HTTP: for a place, for an attached location, and as a download."""

import io
import zipfile
from typing import Any
from uuid import UUID

import httpx
import pytest

from services.credentials.settings import Settings
from services.credentials.setup.aws_kit import AwsKit, StackLinks
from services.credentials.setup_kits import SetupKits
from services.credentials.vault import Vault
from tests.conftest import Tenant
from tests.services.credentials.connecting import Json, add_role, get, get_kit, location_body, post
from tests.services.credentials.customer import ACCOUNT, ORIGIN, REGION, Customer

KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/0e3f"
TEMPLATE_URL = "https://s3.amazonaws.com/mooring/role.json"


@pytest.fixture
async def credential(http: httpx.AsyncClient, tenant: Tenant, customer: Customer) -> Json:
    return await add_role(http, tenant, customer)


@pytest.fixture
async def location(
    http: httpx.AsyncClient, tenant: Tenant, customer: Customer, credential: Json
) -> Json:
    return await post(http, tenant, "/v1/locations", location_body(customer, credential))


def path_of(location: Json) -> str:
    return f"/v1/locations/{location['location_id']}/setup"


async def test_the_kit_of_a_location_is_that_of_its_credential_for_the_place(
    http: httpx.AsyncClient, tenant: Tenant, customer: Customer, credential: Json, location: Json
) -> None:
    kit = await get(http, tenant, path_of(location))
    assert kit == await get_kit(http, tenant, customer, credential)
    assert ORIGIN in str(kit["cors"])


async def test_a_kit_holds_what_the_objects_keys_need(
    http: httpx.AsyncClient, tenant: Tenant, location: Json
) -> None:
    kit = await get(http, tenant, path_of(location), kms_key_arn=KEY)
    assert kit["kms_role_statement"]["Resource"] == KEY
    assert kit["kms_role_statement"] in kit["permission_policy"]["Statement"]
    assert kit["kms_key_policy_statement"]["Principal"] == {"AWS": kit["role_arn"]}
    assert kit["cloudformation"]["Parameters"]["KmsKeyArns"]["Default"] == KEY
    assert [KEY in kit[name] for name in ("script", "terraform")] == [True, True]
    without = await get(http, tenant, path_of(location))
    assert (without["kms_role_statement"], without["kms_key_policy_statement"]) == (None, None)


async def test_a_download_holds_the_kit_as_files(
    http: httpx.AsyncClient, tenant: Tenant, customer: Customer, location: Json
) -> None:
    kit = await get(http, tenant, path_of(location), kms_key_arn=KEY)
    answers = [
        await http.get(
            f"{path_of(location)}.zip", headers=tenant.headers, params={"kms_key_arn": KEY}
        )
        for _ in range(2)
    ]
    assert [each.status_code for each in answers] == [200, 200]
    assert answers[0].headers["Content-Type"] == "application/zip"
    assert answers[0].headers["Content-Disposition"] == (
        f'attachment; filename="mooring-setup-{location["location_id"]}.zip"'
    )
    assert answers[0].content == answers[1].content
    with zipfile.ZipFile(io.BytesIO(answers[0].content)) as archive:
        files = {name: archive.read(name).decode() for name in archive.namelist()}
    assert list(files) == [
        "README.md",
        "setup.sh",
        "template.json",
        "main.tf",
        "trust-policy.json",
        "permission-policy.json",
        "kms-key-policy-statement.json",
        "cors.json",
    ]
    assert (files["setup.sh"], files["main.tf"]) == (kit["script"], kit["terraform"])
    assert customer.uri in files["README.md"]


@pytest.mark.parametrize("ending", ["", ".zip"])
@pytest.mark.parametrize("scope", ["credentials:read", "locations:read"])
async def test_a_locations_kit_wants_both_scopes(
    http: httpx.AsyncClient, tenant: Tenant, location: Json, scope: str, ending: str
) -> None:
    minted = await post(http, tenant, "/v1/api-keys", {"name": "narrow", "scopes": [scope]})
    headers = {"Authorization": f"Bearer {minted['key']}"}
    answer = await http.get(f"{path_of(location)}{ending}", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


@pytest.mark.parametrize(
    "keys",
    [
        ["the-canary"],
        ["arn:aws:kms:eu-central-1:222222222222:alias/the-canary"],
        [KEY, "arn:aws:kms:us-east-1:222222222222:key/the-canary"],
        [f"{KEY}{number}-the-canary" for number in range(21)],
    ],
)
async def test_what_cannot_be_the_keys_of_a_bucket_is_refused_by_field_and_not_repeated(
    http: httpx.AsyncClient, tenant: Tenant, location: Json, keys: list[str]
) -> None:
    for ending in ("", ".zip"):
        answer = await http.get(
            f"{path_of(location)}{ending}", headers=tenant.headers, params={"kms_key_arn": keys}
        )
        assert (answer.status_code, answer.json()["field"]) == (422, "kms_key_arn"), answer.text
        assert "canary" not in answer.text


async def test_a_credential_of_another_cloud_has_no_kms_keys(
    http: httpx.AsyncClient, tenant: Tenant
) -> None:
    body = {
        "method": "hmac_key",
        "name": "Acme",
        "access_id": "GOOG1EABC",
        "secret": "a canary of forty characters, or so long",
    }
    made = await post(http, tenant, "/v1/credentials", body)
    answer = await http.get(
        f"/v1/credentials/{made['credential_id']}/setup",
        headers=tenant.headers,
        params={"uri": "gs://acme-data/", "kms_key_arn": KEY},
    )
    assert (answer.status_code, answer.json()["field"]) == (422, "kms_key_arn")
    assert answer.json()["detail"] == "Only Amazon S3 has KMS keys."


async def test_a_kit_that_aws_would_not_take_says_what_to_shorten(
    http: httpx.AsyncClient, tenant: Tenant, credential: Json
) -> None:
    answer = await http.get(
        f"/v1/credentials/{credential['credential_id']}/setup",
        headers=tenant.headers,
        params={"uri": f"s3://acme-data/{'*' * 1_023}/", "kms_key_arn": KEY},
    )
    assert answer.status_code == 422
    problem = answer.json()
    assert [problem[name] for name in ("code", "field", "part", "limit")] == [
        "setup-too-large",
        "uri",
        "permission_policy",
        10_240,
    ]


async def test_the_operators_template_makes_links_to_the_console_of_the_buckets_region(
    vault: Vault, settings: Settings, tenant: Tenant, location: Json, customer: Customer
) -> None:
    linked = SetupKits(
        vault.credentials,
        vault.locations,
        principal=vault.kits._principal,
        oidc_issuer=None,
        application=None,
        stores=vault.kits._stores,
        links=StackLinks(TEMPLATE_URL, settings.aws_region),
    )
    made = await linked.make_for_location(tenant.org_id, UUID(location["location_id"]), key_arns=[])
    assert isinstance(made.kit, AwsKit)
    assert str(made.kit.quick_create_url).startswith(f"https://{REGION}.console.aws.amazon.com/")
    elsewhere = await linked.make(
        tenant.org_id,
        UUID(location["credential_id"]),
        uri=customer.uri,
        origins=[],
        key_arns=[],
    )
    assert isinstance(elsewhere, AwsKit)
    assert str(elsewhere.quick_create_url).startswith("https://us-east-1.console.aws.amazon.com/")


def test_the_operators_template_must_be_where_cloudformation_looks(settings: Settings) -> None:
    values: dict[str, Any] = settings.model_dump()
    assert Settings(**{**values, "aws_template_url": TEMPLATE_URL}).aws_template_url == TEMPLATE_URL
    with pytest.raises(ValueError, match="leads to an object in Amazon S3"):
        Settings(**{**values, "aws_template_url": "https://mooring.example/role.json"})
