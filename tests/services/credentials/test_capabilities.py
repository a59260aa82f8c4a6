"""Capabilities of S3-compatible stores: found by each verification, and kept with the location."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Literal

import httpx
import pytest

from deploy.local.clouds.aws import AwsCloud
from services.credentials.access.capability_findings import CONSEQUENCES
from services.credentials.access.origin_checks import ORIGIN_CHECKS
from services.credentials.setup.cors import cors_rules
from services.credentials.setup.policies import permission_policy
from services.credentials.setup.stores import CEPH, MINIO, OTHER, StoreProfile
from tests.conftest import Tenant
from tests.emulators.compatible_store import BUCKET, CompatibleStore, serving_store
from tests.services.credentials.access.test_methods import make_key
from tests.services.credentials.connecting import (
    Json,
    check_of,
    get,
    location_body,
    post,
    statuses,
    verify,
)
from tests.services.credentials.customer import ORIGIN, Customer

ALL = {
    "path_style": True,
    "virtual_host": False,  # the store is at an address
    "listing": "v2",
    "start_after": True,
    "ordered": True,
    "encoded": True,
    "versions": True,
    "sts": True,
    "checksum_mode": True,
    "overrides": True,
}
CHECKS = {
    "identity": "passed",
    "external_id_enforced": "skipped",
    "session_duration": "passed",
    "scope": "passed",
    "write_refused": "passed",
    "capabilities": "passed",
    "region": "passed",
    "list": "passed",
    "bucket_owner": "skipped",
    "versioning": "passed",
    "requester_pays": "passed",
    "read": "passed",
    "archived": "passed",
    "sign": "passed",
    **dict.fromkeys(ORIGIN_CHECKS, "skipped"),
}


@dataclass
class Connected:
    """A store, and a location of it as a caller adds it."""

    store: CompatibleStore
    body: Json
    http: httpx.AsyncClient
    tenant: Tenant

    async def attach(self) -> str:
        made = await post(self.http, self.tenant, "/v1/locations", self.body)
        assert made["capabilities"] is None
        return str(made["location_id"])

    async def verify(self, location_id: str) -> Json:
        path = f"/v1/locations/{location_id}/verify-access"
        return await post(self.http, self.tenant, path, {})

    async def capabilities(self, location_id: str) -> object:
        found = await get(self.http, self.tenant, f"/v1/locations/{location_id}")
        return found["capabilities"]

    async def kit(self) -> Json:
        path = f"/v1/credentials/{self.body['credential_id']}/setup"
        return await get(self.http, self.tenant, path, uri=self.body["uri"], origin=ORIGIN)


@pytest.fixture
async def connected(http: httpx.AsyncClient, tenant: Tenant) -> AsyncIterator[Connected]:
    store = CompatibleStore()
    async with serving_store(store) as endpoint:
        store.host = "127.0.0.1"
        key = {
            "method": "access_key",
            "name": "Keys",
            "endpoint": endpoint,
            "region": "auto",
            "access_key_id": "AKIAIOSFODNN7EXAMPLE",
            "secret_access_key": "the-secret",
        }
        credential = await post(http, tenant, "/v1/credentials", key)
        body = {
            "credential_id": credential["credential_id"],
            "uri": f"s3://{BUCKET}/",
            "name": "Photos",
            "origins": [],
        }
        yield Connected(store, body, http, tenant)


async def test_a_verification_keeps_what_the_store_does(connected: Connected) -> None:
    location_id = await connected.attach()
    report = await connected.verify(location_id)
    assert (report["valid"], statuses(report)) == (True, CHECKS)
    assert await connected.capabilities(location_id) == ALL


async def test_the_demo_cloud_does_all_but_virtual_hosts(
    http: httpx.AsyncClient, tenant: Tenant, customer: Customer, cloud: AwsCloud
) -> None:
    """It checks signatures and policies, those of the presigned URL among them."""
    credential = await post(http, tenant, "/v1/credentials", await make_key(customer, cloud))
    made = await post(http, tenant, "/v1/locations", location_body(customer, credential))
    path = f"/v1/locations/{made['location_id']}"
    await post(http, tenant, f"{path}/verify-access", {})
    assert (await get(http, tenant, path))["capabilities"] == ALL


async def test_the_next_verification_sees_what_changed(connected: Connected) -> None:
    location_id = await connected.attach()
    connected.store.start_after = "ignored"
    report = await connected.verify(location_id)
    check = check_of(report, "capabilities")
    assert (report["valid"], check["status"]) == (True, "warning")
    assert (check["finding"], check["remedy"]) == (CONSEQUENCES["start_after"], None)
    assert await connected.capabilities(location_id) == {**ALL, "start_after": False}
    connected.store.start_after = "yes"
    await connected.verify(location_id)
    assert await connected.capabilities(location_id) == ALL


async def test_a_store_that_fails_keeps_what_was_known(connected: Connected) -> None:
    location_id = await connected.attach()
    await connected.verify(location_id)
    connected.store.broken = frozenset({"list"})
    report = await connected.verify(location_id)
    assert (report["valid"], statuses(report)["identity"]) == (False, "failed")
    assert await connected.capabilities(location_id) == ALL


async def test_a_store_without_an_order_is_valid_with_a_warning(connected: Connected) -> None:
    connected.store.keys = tuple(f"{number:02}" for number in range(20))
    connected.store.ordered = False
    report = await verify(connected.http, connected.tenant, connected.body)
    assert (report["valid"], statuses(report)) == (True, {**CHECKS, "capabilities": "warning"})


@pytest.mark.parametrize("listing", ["v1", "v1 only"])
async def test_a_store_of_the_older_listing_is_told_so(
    connected: Connected, listing: Literal["v1", "v1 only"]
) -> None:
    connected.store.listing = listing
    connected.store.page_size = 2
    report = await verify(connected.http, connected.tenant, connected.body)
    unknown = ("versioning", "requester_pays", "read", "archived", "sign")
    broken = {**dict.fromkeys(unknown, "skipped"), "capabilities": "failed", "list": "failed"}
    assert (report["valid"], statuses(report)) == (False, {**CHECKS, **broken})
    found = check_of(report, "capabilities")["finding"]
    assert found.startswith("The store answers ListObjects and not ListObjectsV2")


@pytest.mark.parametrize(
    ("server", "profile"),
    [("MinIO", MINIO), ("Ceph Object Gateway (squid)", CEPH), ("nginx", OTHER)],
)
async def test_the_kit_is_in_the_terms_of_the_store(
    connected: Connected, server: str, profile: StoreProfile
) -> None:
    connected.store.server = server
    kit = await connected.kit()
    rights, cors = profile.advise_rights(BUCKET), profile.advise_cors(BUCKET, [ORIGIN])
    assert kit["advice"] == f"{rights} {cors}"
    assert kit["permission_policy"] == permission_policy("aws", BUCKET, "")
    assert kit["cors"] == (None if profile is MINIO else cors_rules([ORIGIN]))


async def test_remedies_are_in_the_terms_of_the_store(connected: Connected) -> None:
    connected.store.server = "MinIO"
    connected.store.readable = False
    body = {**connected.body, "origins": [ORIGIN]}
    report = await verify(connected.http, connected.tenant, body)
    policy = {"permission_policy": permission_policy("aws", BUCKET, "")}
    read, cors = check_of(report, "read"), check_of(report, "browser_preflight")
    assert (read["status"], read["remedy"]["documents"]) == ("failed", policy)
    assert "mc admin policy attach" in read["remedy"]["text"]
    assert "kms" not in str(report).lower()
    assert (cors["status"], cors["remedy"]["documents"]) == ("failed", {})
    assert f"cors_allow_origin={ORIGIN}" in cors["remedy"]["text"]
