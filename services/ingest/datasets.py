"""Datasets and their assets: made, found, listed."""

from collections.abc import Sequence
from uuid import UUID

from shared.database.asset_versions import AssetVersion, list_asset_versions
from shared.database.assets import Asset, get_asset, list_assets
from shared.database.datasets import Dataset, add_dataset, get_dataset, list_datasets
from shared.database.external_locations import require_known_location
from shared.database.organizations import get_organization
from shared.database.session import Database


class Datasets:
    """Serve an organization's datasets. What belongs to another one raises NotFoundError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(self, org_id: UUID, name: str, hosting: str | None) -> Dataset:
        """Make a dataset, hosted as the organization's are unless `hosting` says otherwise."""
        async with self._database.begin(org_id) as session:
            organization = await get_organization(session, org_id)
            return await add_dataset(session, org_id, name, hosting or organization.hosting)

    async def get(self, org_id: UUID, dataset_id: UUID) -> Dataset:
        async with self._database.begin(org_id) as session:
            return await get_dataset(session, dataset_id)

    async def list_datasets(
        self, org_id: UUID, *, after: UUID | None, limit: int
    ) -> Sequence[Dataset]:
        async with self._database.begin(org_id) as session:
            return await list_datasets(session, after=after, limit=limit)

    async def get_asset(self, org_id: UUID, dataset_id: UUID, asset_id: UUID) -> Asset:
        async with self._database.begin(org_id) as session:
            await get_dataset(session, dataset_id)
            return await get_asset(session, dataset_id, asset_id)

    async def list_asset_versions(
        self, org_id: UUID, dataset_id: UUID, asset_id: UUID, *, before: int | None, limit: int
    ) -> Sequence[AssetVersion]:
        """Return an asset's earlier versions, newest first."""
        async with self._database.begin(org_id) as session:
            await get_dataset(session, dataset_id)
            await get_asset(session, dataset_id, asset_id)
            return await list_asset_versions(
                session, dataset_id, asset_id, before=before, limit=limit
            )

    async def list_assets(
        self,
        org_id: UUID,
        dataset_id: UUID,
        *,
        location_id: UUID | None,
        state: str | None,
        key_prefix: str,
        after: UUID | None,
        limit: int,
    ) -> Sequence[Asset]:
        async with self._database.begin(org_id) as session:
            await get_dataset(session, dataset_id)
            if location_id is not None:
                await require_known_location(session, location_id)
            return await list_assets(
                session,
                dataset_id,
                location_id=location_id,
                state=state,
                key_prefix=key_prefix,
                after=after,
                limit=limit,
            )
