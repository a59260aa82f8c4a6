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
from shared.errors import AppError, AssetNotViewableError, NotFoundError
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
    """A URL that allows one method on one asset's object until `expires_at`.

    `version` and `etag` say which of its contents the asset is known by.
    """

    asset_id: UUID
    version: int
    etag: str
    url: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Unviewable:
    """An asset that has no URL now: a stable code and a sentence say why."""

    asset_id: UUID
    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Signing:
    """What all URLs of one location and request are signed with."""

    lease: Lease
    term: Term


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

        An asset that is missing or archived, and one whose location gives no lease, has no URL.
        Raise NotFoundError when the dataset or one of the assets does not exist, and what went
        wrong when none of the locations gives a lease.
        """
        async with self._database.begin(org_id) as session:
            await get_dataset(session, dataset_id)
            found = await list_assets_by_id(session, dataset_id, asset_ids)
        assets = {asset.asset_id: asset for asset in found}
        unknown = sum(asset_id not in assets for asset_id in asset_ids)
        if unknown:
            raise NotFoundError("The dataset does not hold these assets.", unknown=unknown)
        signings = await self._signings(org_id, assets.values(), expires_in)
        return [
            _answer(asset, signings.get(asset.location_id), method)
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
        signing = await self._signing(org_id, asset.location_id, expires_in)
        return _sign(asset, signing, "GET")

    def seconds_left(self, url: PresignedUrl) -> float:
        """Return for how long the URL still works."""
        return (url.expires_at - self._clock.now()).total_seconds()

    async def _signings(
        self, org_id: UUID, assets: Iterable[Asset], expires_in: timedelta
    ) -> dict[UUID, Signing | AppError]:
        wanted = {asset.location_id for asset in assets if asset.state == "available"}
        answers = await asyncio.gather(
            *(self._try_signing(org_id, location_id, expires_in) for location_id in wanted)
        )
        failures = [answer for answer in answers if isinstance(answer, AppError)]
        if wanted and len(failures) == len(wanted):
            raise failures[0]
        return dict(zip(wanted, answers, strict=True))

    async def _try_signing(
        self, org_id: UUID, location_id: UUID, expires_in: timedelta
    ) -> Signing | AppError:
        try:
            return await self._signing(org_id, location_id, expires_in)
        except AppError as error:  # one location's trouble is not the others'
            return error

    async def _signing(self, org_id: UUID, location_id: UUID, expires_in: timedelta) -> Signing:
        try:
            lease = await self._leases.get(org_id, location_id, Operation.READ)
        except NotFoundError as error:
            raise AssetNotViewableError(
                "The asset's location was detached.", state="detached"
            ) from error
        now = self._clock.now()
        return Signing(lease, term_of(lease, now=now, asked=expires_in, window=self._window))


def _answer(
    asset: Asset, signing: Signing | AppError | None, method: Method
) -> PresignedUrl | Unviewable:
    if asset.state != "available":
        return Unviewable(asset.asset_id, f"asset-{asset.state}", WHY_NOT[asset.state])
    if isinstance(signing, AppError):
        return Unviewable(asset.asset_id, signing.code, signing.detail)
    assert signing is not None  # noqa: S101 (every available asset's location was asked)
    return _sign(asset, signing, method)


def _sign(asset: Asset, signing: Signing, method: Method) -> PresignedUrl:
    lease, term = signing.lease, signing.term
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
        version_id=asset.version_id,
    )
    return PresignedUrl(asset.asset_id, asset.version, asset.etag, url, term.expires_at)
