"""What the demo asks of a customer, whichever cloud they are in."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeAlias

from mooring_sdk.models import (
    NewAssumeRoleBody,
    NewTenantConsentBody,
    NewWorkloadIdentityBody,
    SetupKitBody,
)

from deploy.local.demo.api import Api
from deploy.local.demo.files import File

NewCredential: TypeAlias = NewAssumeRoleBody | NewWorkloadIdentityBody | NewTenantConsentBody

BUCKET = "harbour-images"
PREFIX = "team/"
ORIGIN = "https://app.example.com"


@dataclass(frozen=True, slots=True)
class Mistake:
    """What a customer may do wrong, as `when …`, and the checks that find it."""

    told: str
    checks: frozenset[str]


class Customer(Protocol):
    """Owns a bucket in a cloud, and does there what Mooring asks for."""

    @property
    def uri(self) -> str:
        """Where their files are."""

    @property
    def prefix(self) -> str:
        """What the keys of their files begin with."""

    @property
    def origin(self) -> str:
        """Where the pages are that show their files."""

    @property
    def certificates(self) -> Path | None:
        """What a browser must trust to fetch their files, None where it need not."""

    @property
    def mistake(self) -> Mistake:
        """What they do wrong once."""

    def holds(self, key: str) -> bool:
        """Whether their cloud takes such a key."""

    def make_bucket(self, files: Iterable[File]) -> None:
        """Make the bucket and let it hold exactly these files."""

    def put(self, file: File) -> None:
        """Put one object."""

    def delete(self, key: str) -> None:
        """Delete one object."""

    def consent(self, api: Api) -> None:
        """Do what comes before a credential can be named to an organization."""

    def credential(self, name: str) -> NewCredential:
        """Return what an organization sends to Mooring to be let in."""

    def set_up(self, kit: SetupKitBody) -> None:
        """Do what a setup kit says."""

    def err(self, kit: SetupKitBody) -> None:
        """Make the mistake."""

    def mend(self, kit: SetupKitBody) -> None:
        """Undo it, as the kit says."""


def document(part: Any) -> dict[str, Any]:
    """Return a part of a kit as the JSON that it stands for."""
    found: dict[str, Any] = part.to_dict()
    return found
