"""Bodies of datasets."""

from typing import Self
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict

from services.ingest.schemas.fields import Hosting, Name
from shared.database.datasets import Dataset


class NewDatasetBody(BaseModel):
    """Make a dataset. Without `hosting` it is the organization's default."""

    model_config = ConfigDict(extra="forbid")

    name: Name
    hosting: Hosting | None = None


class DatasetBody(BaseModel):
    """A named set of assets."""

    dataset_id: UUID
    name: str
    hosting: Hosting
    created_at: AwareDatetime

    @classmethod
    def of(cls, dataset: Dataset) -> Self:
        return cls.model_validate(dataset, from_attributes=True)
