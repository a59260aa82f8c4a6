"""The presigner: asset → lease → URL."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from services.presign.windows import Term, term_of
from shared.clock import Clock
from shared.database.assets import Asset, get_asset, list_assets_by_id
from shared.database.datasets import get_dataset
from shared.database.session import Database
from shared.errors import AssetNotViewableError, NotFoundError
from shared.lease_cache import LeaseCache
from shared.leases import Lease, Operation, SigningKeys
from shared.storage.signing.s3 import presign_s3

Method = Literal["GET", "HEAD"]

WHY_NOT = {
    "missing": "The object is no longer in the bucket.",
    "archived": "The object is archived and must be restored in the bucket first.",
}
"""Why an asset in this state has no URL."""


@dataclass(frozen=True, slots=True)
class PresignedUrl:
    """A URL that allows one method on one asset's object until `expires_at`."""

    asset_id: UUID
    url: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Unviewable:
    """An asset that has no URL now, because of its state."""

    asset_id: UUID
    state: str


class Presigner:
    """Sign URLs for the assets of an organization's datasets.

    The database answers first, then the vault where no lease is at hand; signing needs neither.
    """

    def __init__(
        self, database: Database, leases: LeaseCache, clock: Clock, *, window: timedelta
    ) -> None:
        self._database = database
        self._leases = leases
        self._clock = clock
        self._window = window

    async def presign(
        self,
        org_id: UUID,
        dataset_id: UUID,
        asset_ids: Sequence[UUID],
        *,
        method: Method,
        expires_in: timedelta,
    ) -> list[PresignedUrl | Unviewable]:
        """Return an answer for each id, in the order asked.

        Raise NotFoundError when the dataset or one of the assets does not exist.
        """
        async with self._database.begin(org_id) as session:
            await get_dataset(session, dataset_id)
            found = await list_assets_by_id(session, dataset_id, asset_ids)
        assets = {asset.asset_id: asset for asset in found}
        unknown = sum(asset_id not in assets for asset_id in asset_ids)
        if unknown:
            raise NotFoundError("The dataset does not hold these assets.", unknown=unknown)
        leases = await self._lease_all(org_id, assets.values())
        now = self._clock.now()
        terms = {
            location_id: term_of(lease, now=now, asked=expires_in, window=self._window)
            for location_id, lease in leases.items()
        }
        return [
            _sign(asset, leases[asset.location_id], terms[asset.location_id], method)
            if asset.state == "available"
            else Unviewable(asset.asset_id, asset.state)
            for asset in (assets[asset_id] for asset_id in asset_ids)
        ]

    async def presign_one(
        self, org_id: UUID, dataset_id: UUID, asset_id: UUID, *, expires_in: timedelta
    ) -> PresignedUrl:
        """Return a GET URL, or raise NotFoundError or AssetNotViewableError."""
        async with self._database.begin(org_id) as session:
            asset = await get_asset(session, dataset_id, asset_id)
        if asset.state != "available":
            raise AssetNotViewableError(WHY_NOT[asset.state], state=asset.state)
        lease = await self._leases.get(org_id, asset.location_id, Operation.READ)
        term = term_of(lease, now=self._clock.now(), asked=expires_in, window=self._window)
        return _sign(asset, lease, term, "GET")

    def seconds_left(self, url: PresignedUrl) -> float:
        """Return for how long the URL still works."""
        return (url.expires_at - self._clock.now()).total_seconds()

    async def _lease_all(self, org_id: UUID, assets: Iterable[Asset]) -> dict[UUID, Lease]:
        wanted = {asset.location_id for asset in assets if asset.state == "available"}
        leases = await asyncio.gather(
            *(self._leases.get(org_id, location_id, Operation.READ) for location_id in wanted)
        )
        return {lease.location_id: lease for lease in leases}


def _sign(asset: Asset, lease: Lease, term: Term, method: Method) -> PresignedUrl:
    assert isinstance(lease.grant, SigningKeys)  # noqa: S101 (what a READ lease holds)
    token = lease.grant.session_token
    url = presign_s3(
        lease.bucket,
        asset.key,
        access_key_id=lease.grant.access_key_id,
        session_token=None if token is None else token.get_secret_value(),
        signing_key=lease.grant.keys[term.signed_at.date()],
        signed_at=term.signed_at,
        expires_in=term.expires_in,
        method=method,
    )
    return PresignedUrl(asset.asset_id, url, term.expires_at)
