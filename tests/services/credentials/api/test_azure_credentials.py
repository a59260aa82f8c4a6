"""Azure's credentials through the vault's routes, from the consent to a location that is valid."""

import os
from base64 import b64encode
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from azure.storage.blob.aio import ContainerClient
from pydantic import SecretStr

from deploy.local.clouds.azurite import ACCOUNT, ACCOUNT_KEY, Azurite
from deploy.local.clouds.entra import Application, Entra, serving_entra
from services.credentials.access.origin_checks import ORIGIN_CHECKS
from services.credentials.main import create_app
from services.credentials.settings import Settings
from tests.conftest import SERVICE_KEY, Tenant
from tests.emulators.azurite import empty_azurite

Json = dict[str, Any]

BASE = "https://vault.example"
CANARY = "canary-secret-5b1f"


@dataclass(slots=True)
class Stage:
    """The vault's routes, Entra, and a container with a file in it."""

    http: httpx.AsyncClient
    entra: Entra
    azurite: Azurite
    container: ContainerClient

    @property
    def uri(self) -> str:
        return f"az://{ACCOUNT}/{self.container.container_name}/2026/"

    async def post(self, org: Tenant, path: str, body: Json, status: int = 201) -> Json:
        answer = await self.http.post(path, headers=org.headers, json=body)
        assert answer.status_code == status, answer.text
        found: Json = answer.json()
        return found

    async def consent(self, org: Tenant, tid: UUID) -> None:
        link = await self.http.get("/v1/azure/consent-url", headers=org.headers)
        consented = await self.http.get(self.entra.consent_in(link.json()["url"], tid))
        question = await self.http.get(self.entra.sign_in(consented.headers["Location"], tid))
        action = question.text.partition('action="')[2].partition('"')[0]
        connected = await self.http.post(f"/v1/azure/{unescape(action)}")
        assert connected.status_code == 200

    async def verify(self, org: Tenant, credential: Json) -> dict[str, str]:
        """Verify the container with a credential, and return each check's status."""
        body = {"credential_id": credential["credential_id"], "uri": self.uri, "name": "Files"}
        report = await self.post(org, "/v1/verify-access", body, 200)
        return {check["name"]: check["status"] for check in report["checks"]}


@pytest.fixture(scope="module")
def azurite() -> Iterator[Azurite]:
    with empty_azurite() as started:
        yield started


@pytest.fixture
async def stage(
    azurite: Azurite,
    settings: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Stage]:
    async with (
        serving_entra(tmp_path) as served,
        azurite.container() as container,
    ):
        trusted = tmp_path / "trusted.pem"
        trusted.write_text(azurite.certificate.read_text() + served.ca_file.read_text())
        monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
        redirects = tuple(f"{BASE}/v1/azure/{each}" for each in ("consent-callback", "signed-in"))
        ours = served.entra.register(Application(secret=CANARY, redirects=redirects))
        wired = Settings(
            database_url=settings.database_url,
            service_key=SERVICE_KEY,
            admin_key=settings.admin_key,
            keyset_file=settings.keyset_file,
            allow_private_endpoints=True,
            azure_client_id=ours.client_id,
            azure_client_secret=SecretStr(CANARY),
            azure_redirect_base=BASE,
            azure_authority=served.entra.authority,
            azure_blob_endpoint=azurite.endpoint.removesuffix(f"/{ACCOUNT}"),
            azure_ca_file=trusted,
            log_format="console",
        )
        await container.upload_blob("2026/a.txt", b"hello")
        app = create_app(wired)
        async with app.router.lifespan_context(app):
            transport = httpx.ASGITransport(app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url=BASE) as http:
                yield Stage(http, served.entra, azurite, container)


async def test_a_consented_tenant_becomes_a_credential_and_a_location(
    stage: Stage, tenant: Tenant
) -> None:
    tid = stage.entra.add_tenant()
    body = {"method": "tenant_consent", "name": "Acme", "tenant_id": str(tid)}
    refused = await stage.post(tenant, "/v1/credentials", body, 409)
    assert "GET /v1/azure/consent-url" in refused["detail"]
    await stage.consent(tenant, tid)
    credential = await stage.post(tenant, "/v1/credentials", body)
    assert (credential["provider"], credential["tenant_id"]) == ("az", str(tid))
    passed = ("identity", "tenant_bound", "delegator", "region", "list", "read", "archived", "sign")
    assert await stage.verify(tenant, credential) == {
        **dict.fromkeys(passed, "passed"),
        **dict.fromkeys(ORIGIN_CHECKS, "skipped"),
    }
    location = {"credential_id": credential["credential_id"], "uri": stage.uri, "name": "Files"}
    made = await stage.post(tenant, "/v1/locations", location)
    assert made["uri"] == stage.uri


async def test_another_organization_cannot_use_the_tenant(
    stage: Stage, tenant: Tenant, other_tenant: Tenant
) -> None:
    tid = stage.entra.add_tenant()
    await stage.consent(tenant, tid)
    body = {"method": "tenant_consent", "name": "Acme", "tenant_id": str(tid)}
    await stage.post(other_tenant, "/v1/credentials", body, 409)


async def test_a_released_tenant_reaches_nothing_any_more(stage: Stage, tenant: Tenant) -> None:
    tid = stage.entra.add_tenant()
    await stage.consent(tenant, tid)
    body = {"method": "tenant_consent", "name": "Acme", "tenant_id": str(tid)}
    credential = await stage.post(tenant, "/v1/credentials", body)
    await stage.http.delete(f"/v1/azure/tenants/{tid}", headers=tenant.headers)
    found = await stage.verify(tenant, credential)
    assert (found["identity"], found["tenant_bound"], found["list"]) == (
        "failed",
        "failed",
        "skipped",
    )


async def test_secrets_are_taken_rotated_and_never_shown(stage: Stage, tenant: Tenant) -> None:
    application = stage.entra.register(Application(secret="the new one"))
    tid = stage.entra.add_tenant()
    stage.entra.add_principal(tid, application.client_id)
    bucket = stage.azurite.bucket(stage.container.container_name)
    sas = stage.azurite.sas(bucket).token.get_secret_value()
    wrong_key = b64encode(os.urandom(64)).decode()
    bodies: list[tuple[Json, Json]] = [
        (
            {
                "method": "service_principal",
                "tenant_id": str(tid),
                "client_id": str(application.client_id),
                "client_secret": CANARY,
            },
            {"client_secret": "the new one"},
        ),
        (
            {"method": "sas_token", "account": ACCOUNT, "sas": f"{sas[:-6]}AAA%3D"},
            {"sas": f"?{sas}"},
        ),
        ({"method": "account_key", "account": ACCOUNT, "key": wrong_key}, {}),
    ]
    for body, renewed in bodies:
        made = await stage.post(tenant, "/v1/credentials", {"name": "Acme", **body})
        secrets = (CANARY, "sig=", wrong_key, ACCOUNT_KEY.get_secret_value())
        assert not any(secret in str(made) for secret in secrets)
        assert (await stage.verify(tenant, made))["list"] != "passed"
        if not renewed:
            continue
        path = f"/v1/credentials/{made['credential_id']}/rotate"
        rotated = await stage.post(tenant, path, {"method": body["method"], **renewed}, 200)
        assert rotated["rotated_at"] is not None
        assert (await stage.verify(tenant, rotated))["list"] == "passed"


async def test_a_kit_is_for_the_credential_and_the_location(stage: Stage, tenant: Tenant) -> None:
    body = {
        "method": "service_principal",
        "name": "Acme",
        "tenant_id": str(uuid4()),
        "client_id": str(uuid4()),
        "client_secret": CANARY,
    }
    credential = await stage.post(tenant, "/v1/credentials", body)
    kit = await stage.http.get(
        f"/v1/credentials/{credential['credential_id']}/setup",
        headers=tenant.headers,
        params={"uri": stage.uri, "origin": "https://app.example"},
    )
    found = kit.json()
    assert found["client_id"] == body["client_id"]
    assert stage.container.container_name in found["script"]
    assert len(found["steps"]) == 7
    assert CANARY not in kit.text


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"method": "account_key", "account": ACCOUNT, "key": CANARY}, "key"),
        ({"method": "sas_token", "account": ACCOUNT, "sas": f"sig={CANARY}"}, "sas"),
        ({"method": "sas_token", "account": "A", "sas": CANARY}, "account"),
        (
            {
                "method": "service_principal",
                "tenant_id": str(uuid4()),
                "client_id": str(uuid4()),
                "client_secret": f"-----BEGIN {CANARY}",
            },
            "client_secret",
        ),
    ],
)
async def test_what_cannot_be_a_secret_is_refused_and_not_repeated(
    stage: Stage, tenant: Tenant, body: Json, field: str
) -> None:
    refused = await stage.post(tenant, "/v1/credentials", {"name": "Acme", **body}, 422)
    assert refused["field"] == field
    assert CANARY not in str(refused)
