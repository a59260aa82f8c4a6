"""URLs that the vault signs: below the location, for a window that is now, by who may read."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID, uuid4

import pytest
from pydantic import SecretStr

from services.credentials.issuers.base import AccountKey, Identity, Reach, Session
from services.credentials.issuers.clouds import CloudIssuers
from services.credentials.signed_urls import LONGEST_AGO, LONGEST_AHEAD, LONGEST_LIFE, SignedUrls
from shared.clock import FrozenClock
from shared.database.external_locations import ExternalLocation, insert_external_location
from shared.database.session import Database
from shared.errors import (
    InvalidInputError,
    NotFoundError,
    StorageDeniedError,
    StorageError,
    StorageUnavailableError,
)
from shared.leases import ANY_REGION, Bucket
from shared.storage.signing.base import UrlRequest
from shared.uris import Provider
from tests.conftest import NOW, Tenant
from tests.services.credentials.lease_house import House

MINUTE = timedelta(minutes=1)
KEY = AccountKey("acme", SecretStr("a2V5"), "core.windows.net")
PHOTO = UrlRequest("photos/a.jpg")


@dataclass
class Signer:
    """Signs in its own way, and remembers with whose identity."""

    asked: list[tuple[UUID, Identity, Bucket]] = field(default_factory=list)
    error: StorageError | None = None

    def bucket(self, identity: Identity, name: str, region: str) -> Bucket:
        del identity
        return Bucket(Provider.AZURE, name, region)

    async def issue(self, org_id: UUID, identity: Identity, reach: Reach) -> Session:
        raise NotImplementedError

    async def sign_urls(
        self,
        org_id: UUID,
        identity: Identity,
        bucket: Bucket,
        requests: Sequence[UrlRequest],
        *,
        signed_at: datetime,
        expires_in: timedelta,
    ) -> list[str]:
        if self.error is not None:
            raise self.error
        self.asked.append((org_id, identity, bucket))
        return [f"{each.key} {signed_at:%H%M} {expires_in}" for each in requests]


@dataclass
class Desk:
    """The use case, and a location that only the vault signs for."""

    urls: SignedUrls
    signer: Signer
    location: ExternalLocation
    house: House

    async def sign(
        self,
        *requests: UrlRequest,
        org_id: UUID | None = None,
        signed_at: datetime = NOW,
        expires_in: timedelta = MINUTE,
    ) -> list[str]:
        return await self.urls.sign(
            org_id or self.house.org_id,
            self.location.location_id,
            requests,
            signed_at=signed_at,
            expires_in=expires_in,
        )


@pytest.fixture
async def desk(house: House, database: Database, clock: FrozenClock) -> Desk:
    credential = await house.credentials.add(house.org_id, "Acme", KEY)
    async with database.begin(house.org_id) as session:
        location = await insert_external_location(
            session,
            org_id=house.org_id,
            credential_id=credential.credential_id,
            name="Photos",
            provider="az",
            bucket="acme/data",
            prefix="photos/",
            region=ANY_REGION,
            origins=[],
        )
    signer = Signer()
    issuers = CloudIssuers(cast("Any", house.issuer), signer, signer)
    urls = SignedUrls(
        database,
        clock,
        credentials=house.credentials,
        issuers=issuers,
        on_refusal=house.note_refusal,
    )
    return Desk(urls, signer, location, house)


async def test_each_request_is_signed_with_the_identity_as_it_was_stored(desk: Desk) -> None:
    urls = await desk.sign(PHOTO, UrlRequest("photos/b"), expires_in=LONGEST_LIFE)
    assert urls == ["photos/a.jpg 1200 12:00:00", "photos/b 1200 12:00:00"]
    bucket = Bucket(Provider.AZURE, "acme/data", ANY_REGION)
    assert desk.signer.asked == [(desk.house.org_id, KEY, bucket)]


@pytest.mark.parametrize("key", ["private/x", "photo", "photos", "/photos/a", "", "PHOTOS/a"])
async def test_a_key_outside_of_the_location_is_refused_with_all_others(
    desk: Desk, key: str
) -> None:
    with pytest.raises(InvalidInputError) as refused:
        await desk.sign(PHOTO, UrlRequest(key))
    assert refused.value.members["field"] == "requests"
    assert desk.signer.asked == []


@pytest.mark.parametrize(
    ("signed_at", "expires_in", "field_name"),
    [
        (NOW - LONGEST_AGO - MINUTE, MINUTE, "signed_at"),
        (NOW + LONGEST_AHEAD + MINUTE, MINUTE, "signed_at"),
        (NOW, timedelta(), "expires_in"),
        (NOW, LONGEST_LIFE + MINUTE, "expires_in"),
    ],
)
async def test_times_that_no_window_has_are_refused(
    desk: Desk, signed_at: datetime, expires_in: timedelta, field_name: str
) -> None:
    with pytest.raises(InvalidInputError) as refused:
        await desk.sign(PHOTO, signed_at=signed_at, expires_in=expires_in)
    assert refused.value.members["field"] == field_name
    assert desk.signer.asked == []


async def test_the_access_to_a_location_for_which_nothing_can_be_signed_is_looked_at(
    desk: Desk,
) -> None:
    for error in (StorageUnavailableError("away"), StorageDeniedError("denied")):
        desk.signer.error = error
        with pytest.raises(type(error)):
            await desk.sign(PHOTO)
    assert desk.house.refusals == [(desk.house.org_id, desk.location.location_id)]


async def test_nothing_is_signed_of_what_another_organization_has(
    desk: Desk, other_tenant: Tenant
) -> None:
    for org_id in (other_tenant.org_id, uuid4()):
        with pytest.raises(NotFoundError):
            await desk.sign(PHOTO, org_id=org_id)


async def test_nothing_is_signed_for_a_location_that_was_detached_with_its_credential(
    desk: Desk,
) -> None:
    await desk.house.credentials.retire(
        desk.house.org_id, desk.location.credential_id, detach_locations=True
    )
    with pytest.raises(NotFoundError):
        await desk.sign(PHOTO)


async def test_a_location_whose_leases_sign_is_left_to_them(desk: Desk, house: House) -> None:
    with pytest.raises(InvalidInputError):
        await desk.urls.sign(
            house.org_id, house.location_id, [PHOTO], signed_at=NOW, expires_in=MINUTE
        )
