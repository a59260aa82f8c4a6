"""The gateway's bodies."""

from datetime import timedelta
from typing import Annotated, Self
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from services.presign.presigner import PresignedUrl, Unviewable
from shared.storage.signing.base import Method

MOST_ASSETS = 1000
DEFAULT_SECONDS = 900
LEAST_SECONDS = 60
MOST_SECONDS = 604_800  # SigV4's limit for a presigned URL


class NewPresignedUrlsBody(BaseModel):
    """Ask for URLs of assets of one dataset."""

    model_config = ConfigDict(extra="forbid")

    dataset_id: UUID
    asset_ids: Annotated[list[UUID], Field(min_length=1, max_length=MOST_ASSETS)]
    method: Method = "GET"
    expires_in: Annotated[int, Field(ge=LEAST_SECONDS, le=MOST_SECONDS)] = DEFAULT_SECONDS
    """Seconds asked for. What is granted may be less; `expires_at` says until when."""

    @property
    def asked(self) -> timedelta:
        return timedelta(seconds=self.expires_in)


class PresignErrorBody(BaseModel):
    """Why an asset has no URL: `asset-missing`, `asset-archived`, or its location's problem."""

    code: str
    detail: str


class PresignedUrlBody(BaseModel):
    """The answer for one asset: a URL that works until `expires_at`, or an error.

    `version` is raised each time that an import finds the object changed, so that work on an
    earlier content can be told from work on this one; `etag` is what the object answered then.
    """

    asset_id: UUID
    version: int | None
    etag: str | None
    url: str | None
    expires_at: AwareDatetime | None
    error: PresignErrorBody | None

    @classmethod
    def of(cls, answer: PresignedUrl | Unviewable) -> Self:
        """Show a presigner's answer."""
        match answer:
            case PresignedUrl():
                return cls(
                    asset_id=answer.asset_id,
                    version=answer.version,
                    etag=answer.etag,
                    url=answer.url,
                    expires_at=answer.expires_at,
                    error=None,
                )
            case Unviewable(asset_id=asset_id, code=code, detail=detail):
                error = PresignErrorBody(code=code, detail=detail)
                return cls(
                    asset_id=asset_id,
                    version=None,
                    etag=None,
                    url=None,
                    expires_at=None,
                    error=error,
                )


class PresignedUrlsBody(BaseModel):
    """The answers, in the order of the ids that were asked."""

    method: Method
    items: list[PresignedUrlBody]
