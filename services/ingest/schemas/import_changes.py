"""Bodies of what an import with a plan found to differ."""

from enum import StrEnum
from typing import Self
from uuid import UUID

from pydantic import AwareDatetime, BaseModel

from services.ingest.schemas.assets import AssetState
from shared.database.import_changes import ImportChange


class ChangeKind(StrEnum):
    """How an asset differs from what was listed: a `moved` one has the same content elsewhere."""

    ADDED = "added"
    CHANGED = "changed"
    MOVED = "moved"
    MISSING = "missing"
    RESTORED = "restored"


class UnreadableBody(BaseModel):
    """Why an object could not be read: the code of an error, and a sentence."""

    code: str
    detail: str


class ChangeBody(BaseModel):
    """One difference that an import with a plan found.

    `size` to `state` are what the asset becomes; a missing one keeps what it was. `previous_key` is
    where a moved object was; `asset_id` is null for an added one. `unreadable` is null for objects
    that can be read, or were not tried.
    """

    kind: ChangeKind
    key: str
    previous_key: str | None
    asset_id: UUID | None
    size: int
    etag: str
    last_modified: AwareDatetime
    storage_class: str
    version_id: str | None
    state: AssetState
    unreadable: UnreadableBody | None

    @classmethod
    def of(cls, change: ImportChange) -> Self:
        return cls.model_validate(change, from_attributes=True)
