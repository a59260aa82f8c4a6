"""A valid report is true of the leases too: those that no longer work are replaced."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx
import pytest

from services.credentials.vault import Vault
from shared.egress import EgressGuard
from shared.errors import StorageDeniedError
from shared.leases import Lease, Operation, SessionKeys, SigningKeys
from shared.storage.open import open_store
from shared.storage.signing.s3 import presign_s3
from tests.conftest import Tenant
from tests.services.credentials.connecting import Json, add_role, get_kit, location_body, post
from tests.services.credentials.customer import Customer

GUARD = EgressGuard(allow_private=True)


async def list_keys(lease: Lease) -> list[str]:
    """List as the importer does."""
    assert isinstance(lease.grant, SessionKeys)
    async with open_store(lease.bucket, lease.grant, egress=GUARD) as store:
        page = await anext(aiter(store.list_pages(lease.prefix)))
    return [row.key for row in page.rows]


async def view(lease: Lease, key: str) -> httpx.Response:
    """Fetch as a browser does, by a URL of the gateway's."""
    assert isinstance(lease.grant, SigningKeys)
    assert lease.grant.session_token is not None
    now = datetime.now(UTC)
    url = presign_s3(
        lease.bucket,
        key,
        access_key_id=lease.grant.access_key_id,
        session_token=lease.grant.session_token.get_secret_value(),
        signing_key=lease.grant.keys[now.date()],
        signed_at=now,
        expires_in=timedelta(minutes=1),
    )
    async with httpx.AsyncClient(trust_env=False) as browser:
        return await browser.get(url)


class Place:
    """A location that was connected by the kit, and its leases."""

    def __init__(
        self, http: httpx.AsyncClient, tenant: Tenant, customer: Customer, vault: Vault
    ) -> None:
        self.http, self.tenant, self.customer, self.vault = http, tenant, customer, vault

    async def connect(self) -> None:
        self.credential = credential = await add_role(self.http, self.tenant, self.customer)
        self.kit = await get_kit(self.http, self.tenant, self.customer, credential)
        self.customer.apply(self.kit)
        body = location_body(self.customer, credential)
        made = await post(self.http, self.tenant, "/v1/locations", body)
        self.location_id = UUID(made["location_id"])

    async def verify(self) -> Json:
        path = f"/v1/locations/{self.location_id}/verify-access"
        return await post(self.http, self.tenant, path, {})

    async def lease(self, operation: Operation) -> Lease:
        return await self.vault.leases.get(self.tenant.org_id, self.location_id, operation)

    async def leases(self) -> list[Lease]:
        return [await self.lease(operation) for operation in Operation]


@pytest.fixture
async def place(http: httpx.AsyncClient, tenant: Tenant, customer: Customer, vault: Vault) -> Place:
    made = Place(http, tenant, customer, vault)
    await made.connect()
    return made


def remake_role(place: Place) -> None:
    iam, name = place.customer.iam, place.customer.role_name
    iam.delete_role_policy(RoleName=name, PolicyName="mooring")
    iam.delete_role(RoleName=name)
    place.customer.apply(place.kit)


async def test_what_a_valid_report_says_is_true_of_imports_and_urls_after_the_role_was_remade(
    place: Place,
) -> None:
    listing, reading = await place.leases()
    remake_role(place)
    with pytest.raises(StorageDeniedError):
        await list_keys(listing)
    assert (await view(reading, "photos/a.jpg")).is_client_error
    assert (await place.verify())["valid"]
    listing, reading = await place.leases()
    assert await list_keys(listing) == ["photos/a.jpg", "photos/b c+d.txt"]
    assert (await view(reading, "photos/a.jpg")).content == b"a photo"


async def test_leases_that_work_stay_so_that_urls_stay_the_same(place: Place) -> None:
    before = await place.leases()
    assert (await place.verify())["valid"]
    assert await place.leases() == before


async def test_leases_of_an_empty_prefix_can_be_had_after_it_was_verified(place: Place) -> None:
    for key in ("photos/a.jpg", "photos/b c+d.txt"):
        place.customer.s3.delete_object(Bucket=place.customer.bucket, Key=key)
    await place.leases()
    assert (await place.verify())["valid"]
    listing, _ = await place.leases()
    assert await list_keys(listing) == []


async def test_a_dry_run_leaves_leases_alone(place: Place) -> None:
    before = await place.leases()
    remake_role(place)
    body = location_body(place.customer, place.credential)
    assert (await post(place.http, place.tenant, "/v1/verify-access", body))["valid"]
    assert await place.leases() == before
