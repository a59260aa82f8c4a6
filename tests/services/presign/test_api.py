"""The gateway's routes, on a real database, with leases of a fake vault."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid4

import httpx
import pytest

from shared.clock import FrozenClock
from shared.database.assets import get_asset
from shared.database.session import Database
from shared.errors import NotFoundError, StorageDeniedError, VaultUnavailableError
from shared.leases import Operation
from shared.storage.signing.s3 import derive_signing_key, presign_s3
from tests.conftest import NOW, Tenant
from tests.services.presign.conftest import BUCKET, SECRET, FakeVault, Shelf, fill_shelf


def url_of(key: str, *, minutes: int, method: str = "GET") -> str:
    return presign_s3(
        BUCKET,
        key,
        access_key_id="ASIAEXAMPLE",
        session_token="session",
        signing_key=derive_signing_key(SECRET, NOW.date(), BUCKET.region),
        signed_at=NOW,
        expires_in=timedelta(minutes=minutes),
        method="HEAD" if method == "HEAD" else "GET",
    )


async def presign(
    viewer: httpx.AsyncClient, shelf: Shelf, *keys: str, **more: object
) -> httpx.Response:
    asset_ids = [str(shelf.asset_ids[key]) for key in keys]
    body = {"dataset_id": str(shelf.dataset_id), "asset_ids": asset_ids, **more}
    return await viewer.post("/v1/presigned-urls", json=body)


async def test_each_asset_gets_its_answer_in_the_order_asked(
    viewer: httpx.AsyncClient, shelf: Shelf
) -> None:
    answer = await presign(viewer, shelf, "gone.jpg", "a.jpg", "cold.jpg", "a.jpg")
    url = {
        "asset_id": str(shelf.asset_ids["a.jpg"]),
        "version": 1,
        "etag": "e",
        "url": url_of("a.jpg", minutes=15),
        "expires_at": "2026-11-21T12:15:00Z",
        "error": None,
    }
    assert answer.status_code == 200
    assert answer.json() == {
        "method": "GET",
        "items": [
            {
                "asset_id": str(shelf.asset_ids["gone.jpg"]),
                "version": None,
                "etag": None,
                "url": None,
                "expires_at": None,
                "error": {
                    "code": "asset-missing",
                    "detail": "The object is no longer in the bucket.",
                },
            },
            url,
            {
                "asset_id": str(shelf.asset_ids["cold.jpg"]),
                "version": None,
                "etag": None,
                "url": None,
                "expires_at": None,
                "error": {
                    "code": "asset-archived",
                    "detail": "The object is archived and must be restored in the bucket first.",
                },
            },
            url,
        ],
    }


async def test_the_url_stays_the_same_until_the_window_ends(
    viewer: httpx.AsyncClient, shelf: Shelf, clock: FrozenClock
) -> None:
    first = await presign(viewer, shelf, "a.jpg")
    clock.advance(timedelta(minutes=4, seconds=59))
    second = await presign(viewer, shelf, "a.jpg")
    clock.advance(timedelta(seconds=1))
    third = await presign(viewer, shelf, "a.jpg")
    assert first.json() == second.json()
    assert third.json() != first.json()


async def test_a_head_url_is_signed_for_head(viewer: httpx.AsyncClient, shelf: Shelf) -> None:
    answer = await presign(viewer, shelf, "a.jpg", method="HEAD", expires_in=600)
    assert answer.json()["items"][0]["url"] == url_of("a.jpg", minutes=10, method="HEAD")


async def test_an_asset_whose_version_is_known_is_signed_with_it(
    viewer: httpx.AsyncClient, shelf: Shelf, database: Database, tenant: Tenant
) -> None:
    async with database.begin(tenant.org_id) as session:
        asset = await get_asset(session, shelf.dataset_id, shelf.asset_ids["a.jpg"])
        asset.version, asset.version_id, asset.etag = 3, "3/L4kqtJlcpXroDTDmJ+rmSpXd3dIbrHY", "new"
    (item,) = (await presign(viewer, shelf, "a.jpg")).json()["items"]
    query = parse_qs(urlsplit(item["url"]).query)
    assert (item["version"], item["etag"]) == (3, "new")
    assert query["versionId"] == ["3/L4kqtJlcpXroDTDmJ+rmSpXd3dIbrHY"]


async def test_the_stated_expiry_is_the_leases_when_that_ends_first(
    viewer: httpx.AsyncClient, shelf: Shelf
) -> None:
    answer = await presign(viewer, shelf, "a.jpg", expires_in=604_800)
    item = answer.json()["items"][0]
    query = parse_qs(urlsplit(item["url"]).query)
    assert item["expires_at"] == "2026-11-21T13:00:00Z"
    assert query["X-Amz-Expires"] == ["3600"]


async def test_one_lease_serves_all_requests_until_half_its_life(
    viewer: httpx.AsyncClient, shelf: Shelf, clock: FrozenClock, vault: FakeVault, tenant: Tenant
) -> None:
    for _ in range(3):
        await presign(viewer, shelf, "a.jpg")
    clock.advance(timedelta(minutes=30))
    await presign(viewer, shelf, "a.jpg")
    assert vault.asked == [(tenant.org_id, shelf.location_id, Operation.READ)] * 2


async def test_a_lease_serves_on_while_the_vault_is_away(
    viewer: httpx.AsyncClient, shelf: Shelf, clock: FrozenClock, vault: FakeVault
) -> None:
    await presign(viewer, shelf, "a.jpg")
    vault.failure = VaultUnavailableError("The vault does not answer.")
    clock.advance(timedelta(minutes=50))
    late = await presign(viewer, shelf, "a.jpg", expires_in=3600)
    assert late.json()["items"][0]["expires_at"] == "2026-11-21T13:00:00Z"
    clock.advance(timedelta(minutes=10))
    over = await presign(viewer, shelf, "a.jpg")
    assert (over.status_code, over.json()["code"]) == (503, "vault-unavailable")


async def test_a_denial_of_the_customers_cloud_is_a_424(
    viewer: httpx.AsyncClient, shelf: Shelf, vault: FakeVault
) -> None:
    vault.failure = StorageDeniedError("The role cannot be assumed.")
    answer = await presign(viewer, shelf, "a.jpg")
    assert (answer.status_code, answer.json()["code"]) == (424, "storage-denied")


async def test_a_detached_location_costs_its_own_assets_only(
    viewer: httpx.AsyncClient, shelf: Shelf, database: Database, tenant: Tenant, vault: FakeVault
) -> None:
    other = await fill_shelf(database, tenant, {"b.jpg": "available"}, beside=shelf)
    vault.failures[other.location_id] = NotFoundError("There is no such external location.")
    asset_ids = {**shelf.asset_ids, **other.asset_ids}
    both = await presign(
        viewer, Shelf(shelf.dataset_id, shelf.location_id, asset_ids), "a.jpg", "b.jpg"
    )
    alone = await presign(viewer, other, "b.jpg")
    content = await viewer.get(f"/v1/content/{other.dataset_id}/{other.asset_ids['b.jpg']}")
    assert both.status_code == 200
    assert both.json()["items"][0]["url"] == url_of("a.jpg", minutes=15)
    assert both.json()["items"][1] == {
        "asset_id": str(other.asset_ids["b.jpg"]),
        "version": None,
        "etag": None,
        "url": None,
        "expires_at": None,
        "error": {"code": "asset-not-viewable", "detail": "The asset's location was detached."},
    }
    assert [
        (answer.status_code, answer.json()["code"], answer.json()["state"])
        for answer in (alone, content)
    ] == [(409, "asset-not-viewable", "detached")] * 2


async def test_content_redirects_and_may_be_cached_for_less_than_the_url_lives(
    viewer: httpx.AsyncClient, shelf: Shelf, clock: FrozenClock
) -> None:
    clock.advance(timedelta(minutes=1))
    answer = await viewer.get(f"/v1/content/{shelf.dataset_id}/{shelf.asset_ids['a.jpg']}")
    assert answer.status_code == 302
    assert answer.headers["location"] == url_of("a.jpg", minutes=15)
    assert answer.headers["cache-control"] == "private, max-age=810"


@pytest.mark.parametrize(("key", "state"), [("gone.jpg", "missing"), ("cold.jpg", "archived")])
async def test_content_that_cannot_be_viewed_says_why(
    viewer: httpx.AsyncClient, shelf: Shelf, key: str, state: str
) -> None:
    answer = await viewer.get(f"/v1/content/{shelf.dataset_id}/{shelf.asset_ids[key]}")
    assert (answer.status_code, answer.json()["code"]) == (409, "asset-not-viewable")
    assert answer.json()["state"] == state


async def test_what_belongs_to_another_organization_does_not_exist(
    viewer: httpx.AsyncClient, shelf: Shelf, database: Database, other_tenant: Tenant
) -> None:
    foreign = await fill_shelf(database, other_tenant, {"b.jpg": "available"})
    theirs = await presign(viewer, foreign, "b.jpg")
    mixed = await viewer.post(
        "/v1/presigned-urls",
        json={
            "dataset_id": str(shelf.dataset_id),
            "asset_ids": [str(shelf.asset_ids["a.jpg"]), str(foreign.asset_ids["b.jpg"])],
        },
    )
    content = await viewer.get(f"/v1/content/{foreign.dataset_id}/{foreign.asset_ids['b.jpg']}")
    assert [theirs.status_code, mixed.status_code, content.status_code] == [404, 404, 404]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"dataset_id": "canary"}, "dataset_id"),
        ({"asset_ids": []}, "asset_ids"),
        ({"asset_ids": [str(UUID(int=1))] * 1001}, "asset_ids"),
        ({"asset_ids": ["canary"]}, "asset_ids.0"),
        ({"expires_in": 59}, "expires_in"),
        ({"expires_in": 604_801}, "expires_in"),
        ({"method": "canary"}, "method"),
        ({"canary": 1}, "body"),
    ],
)
async def test_a_bad_value_is_named_by_its_field_and_not_repeated(
    viewer: httpx.AsyncClient, change: dict[str, object], field: str
) -> None:
    body = {"dataset_id": str(uuid4()), "asset_ids": [str(uuid4())], **change}
    answer = await viewer.post("/v1/presigned-urls", json=body)
    assert (answer.status_code, answer.json()["field"]) == (422, field)
    assert "canary" not in answer.text
