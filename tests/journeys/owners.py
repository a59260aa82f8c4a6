"""Owners of buckets in any cloud, and how their buckets become locations of an organization."""

from collections.abc import Iterable, Sequence
from typing import Protocol, TypeAlias
from uuid import UUID

from mooring_sdk.api.credentials import create_credential, get_setup_kit
from mooring_sdk.api.datasets import create_dataset
from mooring_sdk.api.locations import create_location
from mooring_sdk.models import (
    CredentialBody,
    NewAccessKeyBody,
    NewAccountKeyBody,
    NewAssumeRoleBody,
    NewDatasetBody,
    NewHmacKeyBody,
    NewLocationBody,
    NewSasTokenBody,
    NewServiceAccountGrantBody,
    NewServiceAccountKeyBody,
    NewServicePrincipalBody,
    NewTenantConsentBody,
    NewWorkloadIdentityBody,
    SetupKitBody,
)

from deploy.local.demo.api import Api, given
from deploy.local.demo.files import HARD_KEYS as DEMO_KEYS
from deploy.local.demo.files import LONGEST_KEY_BYTES
from tests.hard_keys import HARD_KEYS
from tests.journeys.places import Reach, new_name

NewCredential: TypeAlias = (
    NewAssumeRoleBody
    | NewAccessKeyBody
    | NewServiceAccountGrantBody
    | NewWorkloadIdentityBody
    | NewServiceAccountKeyBody
    | NewHmacKeyBody
    | NewTenantConsentBody
    | NewServicePrincipalBody
    | NewAccountKeyBody
    | NewSasTokenBody
)

ORIGIN = "https://app.example.com"


class Owner(Protocol):
    """A customer with a bucket, who does in their cloud what a setup kit says."""

    @property
    def prefix(self) -> str:
        """Below which their files are."""

    @property
    def uri(self) -> str:
        """Where their files are."""

    def hard_keys(self) -> list[str]:
        """Return hard keys below the prefix, those that the cloud takes."""

    def put(self, keys: Iterable[str]) -> None:
        """Put objects, each with its key as content."""

    def remove(self, key: str) -> None:
        """Remove one object."""

    def credential(self, method: str) -> NewCredential:
        """Return what they send for a method, having made what it names."""

    def paste(self, kit: SetupKitBody) -> None:
        """Apply the documents of a setup kit."""


def hard_keys(prefix: str) -> list[str]:
    """Return every hard key below a prefix."""
    keys = (f"{prefix}{key}" for key in (*HARD_KEYS, *DEMO_KEYS))
    return sorted({key.encode()[:LONGEST_KEY_BYTES].decode(errors="ignore") for key in keys})


def add_credential(api: Api, body: NewCredential) -> CredentialBody:
    return given(create_credential.sync(client=api.vault, body=body))


def locate(api: Api, credential_id: UUID, uri: str, origins: Sequence[str] = (ORIGIN,)) -> Reach:
    """Make a location, and a dataset for what is in it."""
    location = given(
        create_location.sync(
            client=api.vault,
            body=NewLocationBody(
                credential_id=credential_id, uri=uri, name=new_name(), origins=[*origins]
            ),
        )
    )
    dataset = given(create_dataset.sync(client=api.ingest, body=NewDatasetBody(name=new_name())))
    return Reach(api, location.location_id, dataset.dataset_id)


def connect_owner(api: Api, owner: Owner, method: str) -> Reach:
    """Let an owner give a credential and paste the setup kit, and make a location of it."""
    return connect_by(api, owner, owner.credential(method))


def connect_by(api: Api, owner: Owner, body: NewCredential) -> Reach:
    """Do the same with what the owner sends."""
    credential = add_credential(api, body)
    kit = given(
        get_setup_kit.sync(
            credential.credential_id, client=api.vault, uri=owner.uri, origin=[ORIGIN]
        )
    )
    owner.paste(kit)
    return locate(api, credential.credential_id, owner.uri)
