"""The routes for other services, called as they call them."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import httpx
import pytest

from deploy.local.clouds.aws import AwsCloud
from services.credentials.access.origin_checks import ORIGIN_CHECKS
from services.credentials.vault import Vault
from shared.clock import SystemClock
from shared.egress import EgressGuard
from shared.errors import NotFoundError, StorageDeniedError
from shared.leases import LeaseBody, Operation, SessionKeys, SigningKeys
from shared.storage.open import open_store
from shared.storage.signing.s3 import presign_s3
from shared.tokens import mint_service_token
from shared.vault import VaultClient
from tests.conftest import SERVICE_KEY, Tenant
from tests.services.credentials.connecting import connect, post
from tests.services.credentials.customer import FILES, Customer

DAY = timedelta(days=1)
GUARD = EgressGuard(allow_private=True)


@pytest.fixture
def ingest(http: httpx.AsyncClient) -> VaultClient:
    return client_of(http, "ingest")


@pytest.fixture
def gateway(http: httpx.AsyncClient) -> VaultClient:
    return client_of(http, "presign")


def client_of(http: httpx.AsyncClient, service: str) -> VaultClient:
    return VaultClient(http, service=service, service_key=SERVICE_KEY, clock=SystemClock())


def token_of(service: str, tenant: Tenant) -> dict[str, str]:
    token = mint_service_token(
        SERVICE_KEY,
        issuer=service,
        audience="credentials",
        org_id=tenant.org_id,
        now=datetime.now(UTC),
    )
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
async def location_id(http: httpx.AsyncClient, tenant: Tenant, customer: Customer) -> UUID:
    made = await post(http, tenant, "/v1/locations", await connect(http, tenant, customer))
    return UUID(made["location_id"])


async def test_a_listing_lease_lists_the_prefix_and_does_nothing_else(
    ingest: VaultClient, tenant: Tenant, location_id: UUID
) -> None:
    lease = await ingest.request_lease(tenant.org_id, location_id, Operation.LIST)
    assert isinstance(lease.grant, SessionKeys)
    async with open_store(lease.bucket, lease.grant, egress=GUARD) as store:
        page = await anext(aiter(store.list_pages(lease.prefix)))
        assert [row.key for row in page.rows] == ["photos/a.jpg", "photos/b c+d.txt"]
        with pytest.raises(StorageDeniedError):
            await anext(aiter(store.list_pages("private/")))
        with pytest.raises(StorageDeniedError):
            await store.read_range("photos/a.jpg", 0, 1)


async def test_a_reading_lease_signs_for_the_prefix_and_nothing_else(
    gateway: VaultClient, tenant: Tenant, location_id: UUID, customer: Customer
) -> None:
    # The role may do more than the lease: what narrows it is the session's policy.
    statement = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    customer.permit({"Version": "2012-10-17", "Statement": [statement]})
    lease = await gateway.request_lease(tenant.org_id, location_id, Operation.READ)
    assert isinstance(lease.grant, SigningKeys)
    assert lease.grant.session_token is not None
    now = datetime.now(UTC)
    urls = [
        presign_s3(
            lease.bucket,
            key,
            access_key_id=lease.grant.access_key_id,
            session_token=lease.grant.session_token.get_secret_value(),
            signing_key=lease.grant.keys[now.date()],
            signed_at=now,
            expires_in=timedelta(minutes=1),
        )
        for key in FILES
    ]
    async with httpx.AsyncClient(trust_env=False) as browser:
        answers = [await browser.get(url) for url in urls]
    assert [answer.status_code for answer in answers] == [200, 200, 403]
    assert [answer.content for answer in answers[:2]] == [b"a photo", b"a text"]


async def test_all_replicas_of_all_services_get_the_same_lease(
    http: httpx.AsyncClient,
    gateway: VaultClient,
    ingest: VaultClient,
    tenant: Tenant,
    location_id: UUID,
) -> None:
    first, *others = [
        await each.request_lease(tenant.org_id, location_id, Operation.READ)
        for each in (gateway, client_of(http, "presign"), ingest)
    ]
    assert others == [first, first]


@pytest.mark.parametrize(
    ("service", "operation"),
    [("presign", "list"), ("credentials", "list"), ("credentials", "read"), ("another", "list")],
)
async def test_a_service_gets_no_lease_that_its_work_does_not_need(
    http: httpx.AsyncClient, tenant: Tenant, location_id: UUID, service: str, operation: str
) -> None:
    body = {"location_id": str(location_id), "operation": operation}
    answer = await http.post("/internal/leases", headers=token_of(service, tenant), json=body)
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


async def test_a_lease_that_the_cloud_refuses_is_replaced_a_minute_after_it_was_issued(
    http: httpx.AsyncClient, tenant: Tenant, location_id: UUID, vault: Vault
) -> None:
    lease = await vault.leases.get(tenant.org_id, location_id, Operation.READ)
    body = {
        "location_id": str(location_id),
        "operation": "read",
        "refused_issued_at": lease.issued_at.isoformat(),
    }
    headers = token_of("presign", tenant)
    answer = await http.post("/internal/leases", headers=headers, json=body)
    assert LeaseBody.model_validate_json(answer.content).lease() == lease
    body["refused_issued_at"] = "yesterday"
    answer = await http.post("/internal/leases", headers=headers, json=body)
    assert (answer.status_code, answer.json()["field"]) == (422, "refused_issued_at")


async def test_a_denied_role_is_told_to_the_other_service(
    ingest: VaultClient, tenant: Tenant, location_id: UUID, customer: Customer
) -> None:
    customer.iam.delete_role_policy(RoleName=customer.role_name, PolicyName="mooring")
    customer.iam.delete_role(RoleName=customer.role_name)
    with pytest.raises(StorageDeniedError, match="does not exist"):
        await ingest.request_lease(tenant.org_id, location_id, Operation.LIST)


async def test_a_verdict_says_which_checks_failed(
    ingest: VaultClient, tenant: Tenant, location_id: UUID, customer: Customer
) -> None:
    verdict = await ingest.verify_access(tenant.org_id, location_id, max_age=DAY)
    assert (verdict.valid, verdict.failed_checks) == (True, [])
    customer.s3.delete_bucket_cors(Bucket=customer.bucket)
    same = await ingest.verify_access(tenant.org_id, location_id, max_age=DAY)
    assert same == verdict
    anew = await ingest.verify_access(tenant.org_id, location_id, max_age=timedelta(0))
    assert not anew.valid
    assert [check["name"] for check in anew.failed_checks] == list(ORIGIN_CHECKS)
    assert anew.verified_at > verdict.verified_at


async def test_foreign_and_absent_locations_do_not_exist(
    ingest: VaultClient, tenant: Tenant, other_tenant: Tenant, location_id: UUID
) -> None:
    for org_id, wanted in ((other_tenant.org_id, location_id), (tenant.org_id, uuid4())):
        with pytest.raises(NotFoundError):
            await ingest.request_lease(org_id, wanted, Operation.LIST)
        with pytest.raises(NotFoundError):
            await ingest.verify_access(org_id, wanted, max_age=DAY)


async def test_only_services_are_let_in(
    http: httpx.AsyncClient, tenant: Tenant, location_id: UUID
) -> None:
    now = datetime.now(UTC)
    for_another = mint_service_token(
        SERVICE_KEY, issuer="presign", audience="ingest", org_id=tenant.org_id, now=now
    )
    old = mint_service_token(
        SERVICE_KEY, issuer="presign", audience="credentials", org_id=tenant.org_id, now=now - DAY
    )
    body = {"location_id": str(location_id), "operation": "read"}
    for headers in (
        {},
        tenant.headers,
        {"Authorization": f"Bearer {for_another}"},
        {"Authorization": f"Bearer {old}"},
    ):
        answer = await http.post("/internal/leases", headers=headers, json=body)
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized")


async def test_what_a_store_with_keys_is_leased_is_signed_with_derived_keys(
    http: httpx.AsyncClient,
    gateway: VaultClient,
    tenant: Tenant,
    customer: Customer,
    cloud: AwsCloud,
) -> None:
    customer.iam.create_user(UserName=customer.role_name)
    key = customer.iam.create_access_key(UserName=customer.role_name)["AccessKey"]
    credential = await post(
        http,
        tenant,
        "/v1/credentials",
        {
            "method": "access_key",
            "name": "Keys",
            "endpoint": cloud.endpoint,
            "region": "us-east-1",
            "access_key_id": key["AccessKeyId"],
            "secret_access_key": key["SecretAccessKey"],
        },
    )
    body = {"credential_id": credential["credential_id"], "uri": customer.uri, "name": "x"}
    made = await post(http, tenant, "/v1/locations", body)
    lease = await gateway.request_lease(tenant.org_id, UUID(made["location_id"]), Operation.READ)
    assert isinstance(lease.grant, SigningKeys)
    assert lease.grant.session_token is None
    assert lease.expires_at - lease.issued_at == timedelta(hours=12)
    assert (lease.bucket.endpoint, lease.bucket.path_style) == (cloud.endpoint, True)


async def test_a_recheck_is_asked_for_by_services_of_their_own_locations(
    ingest: VaultClient,
    gateway: VaultClient,
    tenant: Tenant,
    other_tenant: Tenant,
    location_id: UUID,
) -> None:
    assert await ingest.request_recheck(tenant.org_id, location_id)
    assert not await gateway.request_recheck(tenant.org_id, location_id)
    for org_id, asked in ((other_tenant.org_id, location_id), (tenant.org_id, uuid4())):
        with pytest.raises(NotFoundError):
            await ingest.request_recheck(org_id, asked)
