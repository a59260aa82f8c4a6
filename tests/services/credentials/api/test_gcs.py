"""The routes with a bucket of Google Cloud: from a credential to a URL, for each method."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from pydantic import SecretStr

from deploy.local.clouds.gcs_world import CorsRule, GcsWorld
from deploy.local.clouds.google import PRINCIPAL, PROJECT
from deploy.local.clouds.google_keys import key_document, pem_of
from deploy.local.clouds.google_server import ConditionalProvider, EmulatedGoogle, google_server
from services.credentials.main import create_app
from services.credentials.settings import Settings
from shared.clock import SystemClock
from shared.egress import EgressGuard
from shared.errors import StorageDeniedError
from shared.leases import BearerToken, Operation, RemoteSigning, SessionKeys, SigningKeys
from shared.storage.open import open_store
from shared.storage.signing.base import UrlRequest
from shared.storage.signing.local import presign
from shared.vault import VaultClient
from tests.conftest import SERVICE_KEY, Tenant
from tests.services.credentials.conftest import ADMIN_KEY
from tests.services.credentials.connecting import Json, get, post
from tests.services.credentials.google_cloud import BUCKET, ISSUER, PROVIDER, READER, make_key

GUARD = EgressGuard(allow_private=True)
ORIGIN = "https://app.example"
URI = f"gs://{BUCKET}/photos/"
METHODS = ("service_account_grant", "workload_identity", "service_account_key", "hmac_key")
HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Place:
    """Google Cloud with a bucket, and the vault's routes."""

    google: EmulatedGoogle
    http: httpx.AsyncClient

    @property
    def world(self) -> GcsWorld:
        return self.google.world

    def client(self, service: str) -> VaultClient:
        clock = SystemClock()
        return VaultClient(self.http, service=service, service_key=SERVICE_KEY, clock=clock)

    def body_of(self, method: str) -> Json:
        """Return what a customer sends, who has made what it names."""
        body: Json = {"method": method, "name": "Photos"}
        match method:
            case "workload_identity":
                self.world.add_account(READER)
                return {**body, "service_account": READER, "workload_provider": PROVIDER}
            case "service_account_key":
                account = self.world.add_account(READER)
                return {**body, "key": key_document(READER, account.private_key)}
            case "hmac_key":
                self.world.add_account(READER)
                access_id, secret = self.world.add_hmac_key(READER)
                return {**body, "access_id": access_id, "secret": secret}
            case _:
                return body

    def apply(self, kit: Json) -> None:
        """Paste every document of a setup kit."""
        if kit["workload_provider"] is not None:
            audience = f"//iam.googleapis.com/{kit['workload_provider']['name']}"
            issuer = kit["workload_provider"]["oidc"]["issuerUri"]
            subject = kit["workload_provider"]["attributeCondition"].split('"')[1]
            key = make_key().public_key()
            provider = ConditionalProvider(audience, issuer, key, subject)
            self.world.providers[audience] = provider
            members = kit["service_account_binding"]["members"]
            self.world.accounts[READER].token_creators.update(members)
        self.world.grant(BUCKET, kit["service_account"] or READER, prefix="photos/")
        (rule,) = kit["cors"]["cors"]
        self.world.buckets[BUCKET].cors = [
            CorsRule(
                tuple(rule["origin"]),
                tuple(rule["method"]),
                tuple(rule["responseHeader"]),
                rule["maxAgeSeconds"],
            )
        ]

    async def add(self, tenant: Tenant, method: str) -> Json:
        return await post(self.http, tenant, "/v1/credentials", self.body_of(method))

    async def connect(self, tenant: Tenant, method: str) -> Json:
        """Return the body for a location whose kit the customer has pasted."""
        credential = await self.add(tenant, method)
        path = f"/v1/credentials/{credential['credential_id']}/setup"
        self.apply(await get(self.http, tenant, path, uri=URI, origin=ORIGIN))
        return location_of(credential)


def location_of(credential: Json) -> Json:
    return {
        "credential_id": credential["credential_id"],
        "name": "Photos",
        "uri": URI,
        "origins": [ORIGIN],
    }


@pytest.fixture
async def place(tmp_path: Path, database_url: SecretStr, keyset_file: Path) -> AsyncIterator[Place]:
    oidc_key, our_key = tmp_path / "oidc.pem", tmp_path / "vault.json"
    oidc_key.write_text(pem_of(make_key()))
    async with google_server() as google:
        world = google.world
        world.add_bucket(BUCKET)
        for name in ("photos/a.jpg", "photos/b c+d.txt", "private/x.txt"):
            world.put(BUCKET, name, b"some bytes")
        google.iam.admins.add(PRINCIPAL)
        ours = world.add_account(PRINCIPAL)
        token_uri = f"{world.url}/token"
        our_key.write_text(
            json.dumps(key_document(PRINCIPAL, ours.private_key, token_uri=token_uri))
        )
        app = create_app(
            Settings(
                database_url=database_url,
                service_key=SERVICE_KEY,
                admin_key=SecretStr(ADMIN_KEY),
                keyset_file=keyset_file,
                allow_private_endpoints=True,
                google_project=PROJECT,
                google_service_account=PRINCIPAL,
                google_key_file=our_key,
                google_endpoint=world.url,
                gcs_endpoint=world.url,
                oidc_issuer=ISSUER,
                oidc_key_file=oidc_key,
                log_format="console",
            )
        )
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url="http://vault") as http,
        ):
            yield Place(google, http)


@pytest.mark.parametrize("method", METHODS)
async def test_a_bucket_is_connected_listed_and_viewed(
    place: Place, tenant: Tenant, method: str
) -> None:
    location = await place.connect(tenant, method)
    report = await post(place.http, tenant, "/v1/verify-access", location)
    failed = [check for check in report["checks"] if check["status"] in {"failed", "warning"}]
    assert (report["valid"], failed) == (True, [])
    made = await post(place.http, tenant, "/v1/locations", location)
    assert (made["uri"], made["region"]) == (URI, "auto")
    location_id = UUID(made["location_id"])
    listing = await place.client("ingest").request_lease(tenant.org_id, location_id, Operation.LIST)
    assert isinstance(listing.grant, SessionKeys if method == "hmac_key" else BearerToken)
    async with open_store(listing.bucket, listing.grant, egress=GUARD) as store:
        page = await anext(aiter(store.list_pages(listing.prefix)))
        assert [row.key for row in page.rows] == ["photos/a.jpg", "photos/b c+d.txt"]
        with pytest.raises(StorageDeniedError):
            await anext(aiter(store.list_pages("private/")))
    (url,) = await sign(place, tenant, location_id, "photos/b c+d.txt")
    async with httpx.AsyncClient() as browser:
        assert (await browser.get(url)).content == b"some bytes"


async def sign(place: Place, tenant: Tenant, location_id: UUID, key: str) -> list[str]:
    """Sign as the gateway does, or has it done."""
    gateway = place.client("presign")
    lease = await gateway.request_lease(tenant.org_id, location_id, Operation.READ)
    signed_at = datetime.now(UTC).replace(microsecond=0)
    requests = [UrlRequest(key)]
    if isinstance(lease.grant, RemoteSigning):
        return await gateway.sign_urls(
            tenant.org_id, location_id, requests, signed_at=signed_at, expires_in=HOUR
        )
    assert isinstance(lease.grant, SigningKeys)
    return presign(lease.bucket, lease.grant, requests, signed_at=signed_at, expires_in=HOUR)


@pytest.mark.parametrize("method", METHODS)
async def test_no_secret_is_shown_again(place: Place, tenant: Tenant, method: str) -> None:
    sent = place.body_of(method)
    answer = await place.http.post("/v1/credentials", headers=tenant.headers, json=sent)
    shown = answer.text
    kept = (await place.http.get("/v1/credentials", headers=tenant.headers)).text
    for secret in (sent.get("secret"), sent.get("key", {}).get("private_key")):
        assert secret is None or json.dumps(secret)[1:-1] not in shown + kept


async def test_two_organizations_have_two_accounts_and_one_bucket_each(
    place: Place, tenant: Tenant, other_tenant: Tenant
) -> None:
    location = await place.connect(tenant, "service_account_grant")
    assert (await post(place.http, tenant, "/v1/verify-access", location))["valid"]
    credential = await place.add(other_tenant, "service_account_grant")
    report = await post(place.http, other_tenant, "/v1/verify-access", location_of(credential))
    assert statuses(report)["list"] == "failed"
    first, second = [
        (await get(place.http, each, "/v1/credentials"))["items"][0]["service_account"]
        for each in (tenant, other_tenant)
    ]
    assert first != second


async def test_the_account_and_provider_of_another_organization_open_nothing(
    place: Place, tenant: Tenant, other_tenant: Tenant
) -> None:
    location = await place.connect(tenant, "workload_identity")
    assert (await post(place.http, tenant, "/v1/verify-access", location))["valid"]
    creators = place.world.accounts[READER].token_creators
    credential = await place.add(other_tenant, "workload_identity")
    place.world.accounts[READER].token_creators = creators
    report = await post(place.http, other_tenant, "/v1/verify-access", location_of(credential))
    assert not report["valid"]
    assert statuses(report)["identity"] == "failed"
    assert {statuses(report)[name] for name in ("list", "read", "sign")} == {"skipped"}


def statuses(report: Json) -> dict[str, Any]:
    return {check["name"]: check["status"] for check in report["checks"]}


async def test_a_file_that_is_no_key_is_refused_with_what_is_wrong(
    place: Place, tenant: Tenant
) -> None:
    body = {**place.body_of("service_account_key"), "key": '{"type": "authorized_user"}'}
    answer = await place.http.post("/v1/credentials", headers=tenant.headers, json=body)
    assert (answer.status_code, answer.json()["field"]) == (422, "key")
    assert answer.json()["detail"] == "This is no service account key: it has no `client_email`."


async def test_a_key_is_rotated(place: Place, tenant: Tenant) -> None:
    credential = await place.add(tenant, "hmac_key")
    access_id, secret = place.world.add_hmac_key(READER)
    path = f"/v1/credentials/{credential['credential_id']}/rotate"
    new = {"method": "hmac_key", "access_id": access_id, "secret": secret}
    rotated = await post(place.http, tenant, path, new)
    assert rotated["access_key_id"] == access_id
    assert rotated["rotated_at"] is not None


async def test_anybody_can_check_the_vaults_tokens(place: Place) -> None:
    found = await place.http.get("/.well-known/openid-configuration")
    keys = await place.http.get("/.well-known/jwks.json")
    assert found.json()["issuer"] == ISSUER
    assert [key["kty"] for key in keys.json()["keys"]] == ["RSA"]
    assert found.headers["cache-control"] == keys.headers["cache-control"] == "public, max-age=300"
