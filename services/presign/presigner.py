"""The presigner: asset → lease → URL."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from services.presign.windows import term_of
from shared.clock import Clock
from shared.database.assets import Asset, get_asset, list_assets_by_id
from shared.database.datasets import get_dataset
from shared.database.session import Database
from shared.errors import AppError, AssetNotViewableError, NotFoundError
from shared.lease_cache import LeaseCache
from shared.leases import Operation
from shared.storage.signing.base import Method, UrlRequest
from shared.url_signer import UrlSigner

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


class Presigner:
    """Sign URLs for the assets of an organization's datasets.

    The database answers first, then the vault where no lease is at hand; signing needs neither.
    """

    def __init__(
        self,
        database: Database,
        leases: LeaseCache,
        signer: UrlSigner,
        clock: Clock,
        *,
        window: timedelta,
    ) -> None:
        self._database = database
        self._leases = leases
        self._signer = signer
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
        urls = await self._sign_all(org_id, assets.values(), method, expires_in)
        return [_answer(assets[asset_id], urls) for asset_id in asset_ids]

    async def presign_one(
        self, org_id: UUID, dataset_id: UUID, asset_id: UUID, *, expires_in: timedelta
    ) -> PresignedUrl:
        """Return a GET URL, or raise NotFoundError or AssetNotViewableError."""
        async with self._database.begin(org_id) as session:
            asset = await get_asset(session, dataset_id, asset_id)
        if asset.state != "available":
            raise AssetNotViewableError(WHY_NOT[asset.state], state=asset.state)
        (url,) = await self._sign(org_id, asset.location_id, [asset], "GET", expires_in)
        return url

    def seconds_left(self, url: PresignedUrl) -> float:
        """Return for how long the URL still works."""
        return (url.expires_at - self._clock.now()).total_seconds()

    async def _sign_all(
        self, org_id: UUID, assets: Iterable[Asset], method: Method, expires_in: timedelta
    ) -> dict[UUID, PresignedUrl | AppError]:
        """Return an answer for each available asset; one location's trouble is not the others'."""
        places: dict[UUID, list[Asset]] = {}
        for asset in assets:
            if asset.state == "available":
                places.setdefault(asset.location_id, []).append(asset)
        answers = await asyncio.gather(
            *(
                self._try_to_sign(org_id, location_id, some, method, expires_in)
                for location_id, some in places.items()
            )
        )
        failures = [answer for answer in answers if isinstance(answer, AppError)]
        if places and len(failures) == len(places):
            raise failures[0]
        return {
            asset.asset_id: answer if isinstance(answer, AppError) else answer[number]
            for some, answer in zip(places.values(), answers, strict=True)
            for number, asset in enumerate(some)
        }

    async def _try_to_sign(
        self,
        org_id: UUID,
        location_id: UUID,
        assets: Sequence[Asset],
        method: Method,
        expires_in: timedelta,
    ) -> list[PresignedUrl] | AppError:
        try:
            return await self._sign(org_id, location_id, assets, method, expires_in)
        except AppError as error:
            return error

    async def _sign(
        self,
        org_id: UUID,
        location_id: UUID,
        assets: Sequence[Asset],
        method: Method,
        expires_in: timedelta,
    ) -> list[PresignedUrl]:
        """Return a URL for each asset of one location."""
        try:
            lease = await self._leases.get(org_id, location_id, Operation.READ)
        except NotFoundError as error:
            raise AssetNotViewableError(
                "The asset's location was detached.", state="detached"
            ) from error
        term = term_of(lease, now=self._clock.now(), asked=expires_in, window=self._window)
        urls = await self._signer.sign(
            lease,
            [UrlRequest(asset.key, method, asset.version_id) for asset in assets],
            signed_at=term.signed_at,
            expires_in=term.expires_in,
        )
        return [
            PresignedUrl(asset.asset_id, asset.version, asset.etag, url, term.expires_at)
            for asset, url in zip(assets, urls, strict=True)
        ]


def _answer(
    asset: Asset, urls: Mapping[UUID, PresignedUrl | AppError]
) -> PresignedUrl | Unviewable:
    if asset.state != "available":
        return Unviewable(asset.asset_id, f"asset-{asset.state}", WHY_NOT[asset.state])
    url = urls[asset.asset_id]
    if isinstance(url, AppError):
        return Unviewable(asset.asset_id, url.code, url.detail)
    return url
