"""The vault's bodies: external locations and access reports."""

from collections.abc import Sequence
from typing import Annotated, Self
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, JsonValue, StringConstraints

from services.credentials.access.causes import Who
from services.credentials.access.checks import Confidence, SeenFrom, Status
from services.credentials.access.report import Report
from services.credentials.browser_links import BrowserLink
from services.credentials.health.states import Health
from services.credentials.locations import MOST_ORIGINS, AttachedLocation
from services.credentials.region_names import Region
from services.credentials.schema_fields import Json, Name
from shared.database.access_reports import AccessReport
from shared.storage.capabilities import Listing
from shared.uris import BucketUri, Provider
from shared.vault import AccessVerdictBody

LONGEST_URI = 2_400  # a scheme, a bucket's name, and a key of bytes or characters that count double

Origin = Annotated[str, StringConstraints(max_length=300)]
Origins = Annotated[list[Origin], Field(max_length=MOST_ORIGINS)]


class NewLocationBody(BaseModel):
    """Say which bucket and prefix, and which browser origins will show its files.

    The region is found out by asking the bucket; give it for stores that do not tell.
    """

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    credential_id: UUID
    uri: Annotated[str, StringConstraints(max_length=LONGEST_URI)]
    name: Name
    origins: Origins = []
    region: Region | None = None


class ChangeLocationBody(BaseModel):
    """Change what is given."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    name: Name | None = None
    origins: Origins | None = None


class CapabilitiesBody(BaseModel):
    """What an S3-compatible store does, as it was last verified; null where it is not known.

    `listing` is the newest listing that works. `start_after` says whether a listing can begin
    behind a key, `ordered` whether keys come in UTF-8 byte order, and `encoded` whether they are
    URL-encoded when that is asked for. `versions` says whether versions can be listed, `sts`
    whether the endpoint has an STS, `checksum_mode` whether a GET may ask for checksums, and
    `overrides` whether a presigned URL can set the answer's headers.
    """

    path_style: bool
    virtual_host: bool
    listing: Listing
    start_after: bool | None
    ordered: bool | None
    encoded: bool
    versions: bool | None
    sts: bool | None
    checksum_mode: bool | None
    overrides: bool | None


class LocationBody(BaseModel):
    """An external location.

    `health` is how its access is, compared with its last good report; more of it is at
    `/v1/locations/{location_id}/health`. `capabilities` are those of the store of an `access_key`,
    null until the location is verified.
    """

    location_id: UUID
    credential_id: UUID
    name: str
    provider: Provider
    uri: str
    bucket: str
    prefix: str
    region: str
    origins: list[str]
    health: Health
    capabilities: CapabilitiesBody | None
    created_at: AwareDatetime

    @classmethod
    def of(cls, attached: AttachedLocation) -> Self:
        row = attached.location
        provider = Provider(row.provider)
        found = row.capabilities
        return cls(
            location_id=row.location_id,
            credential_id=row.credential_id,
            name=row.name,
            provider=provider,
            uri=str(BucketUri(provider, row.bucket, row.prefix)),
            bucket=row.bucket,
            prefix=row.prefix,
            region=row.region,
            origins=row.origins,
            health=attached.health,
            capabilities=None if found is None else CapabilitiesBody.model_validate(found),
            created_at=row.created_at,
        )


class RemedyBody(BaseModel):
    """Who must act, what they do, and the exact documents to paste, by name."""

    who: Who
    text: str
    documents: dict[str, Json]


class CauseBody(BaseModel):
    """One of what may be broken; `tell` says how to tell it from the others that fit."""

    code: str
    confidence: Confidence
    who: Who
    summary: str
    tell: str
    remedy: str
    documents: dict[str, Json]


class CheckBody(BaseModel):
    """One check. `subject` is the origin for the checks whose names begin with `browser_`.

    The causes come in order of likelihood; the remedy is that of the likeliest one. `measured` are
    values, such as the length of a session. `seen_from` says who made the check: Mooring, or a
    browser that opened the link to a browser check.
    """

    name: str
    subject: str | None
    seen_from: SeenFrom
    status: Status
    duration_ms: float
    finding: str
    measured: dict[str, JsonValue]
    causes: list[CauseBody]
    remedy: RemedyBody | None


class AccessReportBody(BaseModel):
    """What verify-access found. A dry run has no ids, since nothing is stored."""

    report_id: UUID | None
    location_id: UUID | None
    valid: bool
    verified_at: AwareDatetime
    checks: list[CheckBody]

    @classmethod
    def of(cls, row: AccessReport, seen: Sequence[dict[str, JsonValue]] = ()) -> Self:
        """Show a report; `seen` are the checks that browsers made while it was the newest."""
        return cls(
            report_id=row.report_id,
            location_id=row.location_id,
            valid=row.valid,
            verified_at=row.created_at,
            checks=_checks([*row.checks, *seen]),
        )

    @classmethod
    def of_dry_run(cls, report: Report) -> Self:
        return cls(
            report_id=None,
            location_id=None,
            valid=report.valid,
            verified_at=report.verified_at,
            checks=_checks([check.document() for check in report.checks]),
        )


class BrowserLinkBody(BaseModel):
    """A link that works once, to be opened by a person or loaded by a page.

    `url` is a page for a browser in the customer's network. `module_url` is a module that does the
    same in a page of one of the location's origins, where scripts read as viewers will.
    """

    url: str
    module_url: str
    expires_at: AwareDatetime

    @classmethod
    def of(cls, link: BrowserLink) -> Self:
        return cls(url=link.url, module_url=link.module_url, expires_at=link.expires_at)


def verdict_of(row: AccessReport) -> AccessVerdictBody:
    """Tell another service what it needs to know of a report."""
    failed = [check for check in row.checks if check["status"] == Status.FAILED]
    return AccessVerdictBody(valid=row.valid, verified_at=row.created_at, failed_checks=failed)


_EARLIER: dict[str, JsonValue] = {
    "causes": [],
    "measured": {},
    "seen_from": SeenFrom.SERVER.value,
}
"""What reports that were stored by an earlier release do not say of their checks."""


def _checks(documents: Sequence[dict[str, JsonValue]]) -> list[CheckBody]:
    return [CheckBody.model_validate({**_EARLIER, **document}) for document in documents]
