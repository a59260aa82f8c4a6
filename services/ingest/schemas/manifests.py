"""Bodies of manifests."""

from typing import Self
from uuid import UUID

from pydantic import AwareDatetime, BaseModel

from services.ingest.manifests.formats import ManifestFormat
from shared.database.manifests import Manifest


class ManifestBody(BaseModel):
    """An uploaded list of source files. `size` (bytes) and `sha256` (hexadecimal) are as it came.

    It can be used until `expires_at`.
    """

    manifest_id: UUID
    format: ManifestFormat
    size: int
    sha256: str
    created_at: AwareDatetime
    expires_at: AwareDatetime

    @classmethod
    def of(cls, manifest: Manifest) -> Self:
        return cls(
            manifest_id=manifest.manifest_id,
            format=ManifestFormat(manifest.format),
            size=manifest.size,
            sha256=manifest.sha256.hex(),
            created_at=manifest.created_at,
            expires_at=manifest.expires_at,
        )
