"""Subjects: what a report is about."""

from dataclasses import dataclass
from uuid import UUID

from services.credentials.issuers.base import Identity


@dataclass(frozen=True, slots=True)
class Subject:
    """A location, stored or only planned, and the identity that shall reach it.

    `granted` are the prefixes of the same bucket that the identity reaches for other locations.
    """

    org_id: UUID
    identity: Identity
    bucket: str
    prefix: str
    origins: tuple[str, ...]
    region: str | None
    granted: tuple[str, ...] = ()
