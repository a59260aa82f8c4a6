"""Bodies of assets."""

from enum import StrEnum
from typing import Self
from uuid import UUID

from pydantic import AwareDatetime, BaseModel

from shared.database.asset_versions import AssetVersion
from shared.database.assets import Asset


class AssetState(StrEnum):
    """Whether the object can be read: `missing` was listed once and is no longer there."""

    AVAILABLE = "available"
    ARCHIVED = "archived"
    MISSING = "missing"


class AssetBody(BaseModel):
    """Our record of one object. `state_reason` says why it cannot be viewed.

    `version` is raised each time that the object's content, version or key changes.
    """

    asset_id: UUID
    dataset_id: UUID
    location_id: UUID
    key: str
    size: int
    etag: str
    last_modified: AwareDatetime
    storage_class: str
    version_id: str | None
    state: AssetState
    state_reason: str | None
    version: int
    created_at: AwareDatetime
    updated_at: AwareDatetime

    @classmethod
    def of(cls, asset: Asset) -> Self:
        return cls(
            asset_id=asset.asset_id,
            dataset_id=asset.dataset_id,
            location_id=asset.location_id,
            key=asset.key,
            size=asset.size,
            etag=asset.etag,
            last_modified=asset.last_modified,
            storage_class=asset.storage_class,
            version_id=asset.version_id,
            state=AssetState(asset.state),
            state_reason=_reason(asset),
            version=asset.version,
            created_at=asset.created_at,
            updated_at=asset.updated_at,
        )


class AssetVersionBody(BaseModel):
    """What an asset was until `replaced_at`, when the import found its object changed or moved."""

    version: int
    import_id: UUID
    key: str
    size: int
    etag: str
    last_modified: AwareDatetime
    version_id: str | None
    replaced_at: AwareDatetime

    @classmethod
    def of(cls, version: AssetVersion) -> Self:
        return cls.model_validate(version, from_attributes=True)


def _reason(asset: Asset) -> str | None:
    match AssetState(asset.state):
        case AssetState.AVAILABLE:
            return None
        case AssetState.ARCHIVED:
            return (
                f"The object is in the storage class {asset.storage_class}: "
                "its owner must restore it before it can be read."
            )
        case AssetState.MISSING:
            return "The last import that looked for the object did not find it in the bucket."
