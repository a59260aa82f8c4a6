"""Bodies of datasets."""

from datetime import timedelta
from typing import Annotated, Self
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from services.ingest.schemas.fields import Hosting, Name
from services.ingest.schemas.imports import ImportBody
from services.ingest.syncs import Schedule, SyncRequest
from shared.database.datasets import Dataset


class NewDatasetBody(BaseModel):
    """Make a dataset. Without `hosting` it is the organization's default."""

    model_config = ConfigDict(extra="forbid")

    name: Name
    hosting: Hosting | None = None


class DatasetBody(BaseModel):
    """A named set of assets.

    One with `sync_every` (seconds) is synced that often, unless more than `sync_max_missing_share`
    of its assets would go missing: the import then waits for a decision.
    """

    dataset_id: UUID
    name: str
    hosting: Hosting
    sync_every: float | None
    sync_max_missing_share: float
    next_sync_at: AwareDatetime | None
    created_at: AwareDatetime

    @classmethod
    def of(cls, dataset: Dataset) -> Self:
        every = dataset.sync_every
        return cls(
            dataset_id=dataset.dataset_id,
            name=dataset.name,
            hosting=dataset.hosting,
            sync_every=None if every is None else every.total_seconds(),
            sync_max_missing_share=dataset.sync_max_missing_share,
            next_sync_at=dataset.next_sync_at,
            created_at=dataset.created_at,
        )


class ScheduleBody(BaseModel):
    """How often a dataset is synced, in seconds; null is never."""

    model_config = ConfigDict(extra="forbid")

    sync_every: Annotated[float, Field(ge=300, le=31_536_000)] | None
    sync_max_missing_share: Annotated[float, Field(ge=0, le=1)] = 0.2

    def schedule(self) -> Schedule:
        """Return what is asked for."""
        every = None if self.sync_every is None else timedelta(seconds=self.sync_every)
        return Schedule(every, self.sync_max_missing_share)


class SyncBody(BaseModel):
    """Sync all that the dataset was imported from, or what is of one location.

    With `dry_run` nothing is applied. `max_missing_share` is the dataset's own unless it is given.
    """

    model_config = ConfigDict(extra="forbid")

    location_id: UUID | None = None
    dry_run: bool = False
    max_missing_share: Annotated[float, Field(ge=0, le=1)] | None = None

    def request(self) -> SyncRequest:
        """Return what is asked for."""
        return SyncRequest(self.location_id, self.dry_run, self.max_missing_share)


class SyncedBody(BaseModel):
    """The imports that sync the dataset's sources, one each."""

    imports: list[ImportBody]
