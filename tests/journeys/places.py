"""Places: what an organization reaches in a customer's bucket, and the dataset that it goes to."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar
from uuid import UUID, uuid4

from mooring_sdk.api.credentials import create_credential, get_setup_kit
from mooring_sdk.api.datasets import create_dataset, list_assets
from mooring_sdk.api.imports import create_import, follow_import, get_import, list_rejected_keys
from mooring_sdk.api.locations import create_location, verify_location_access
from mooring_sdk.api.presigning import presign_assets
from mooring_sdk.models import (
    AccessReportBody,
    AssetBody,
    CredentialBody,
    ImportBody,
    ImportState,
    NewAssumeRoleBody,
    NewDatasetBody,
    NewImportBody,
    NewLocationBody,
    NewPresignedUrlsBody,
    NewPresignedUrlsBodyMethod,
    PresignedUrlBody,
    PresignedUrlsBody,
    Problem,
    RejectedKeyBody,
    SetupKitBody,
)

from deploy.local.demo.api import Api, given
from deploy.local.demo.aws_customer import AwsCustomer
from deploy.local.demo.files import File

Answer = TypeVar("Answer")

LARGEST_PAGE = 1000


@dataclass(frozen=True, slots=True)
class Reach:
    """What an organization does with a location and a dataset, whichever cloud it is in."""

    api: Api
    location_id: UUID
    dataset_id: UUID

    def verify(self) -> AccessReportBody:
        return given(verify_location_access.sync(self.location_id, client=self.api.vault))

    def submit(self, **selection: Any) -> ImportBody | Problem | None:
        body = NewImportBody(dataset_id=self.dataset_id, location_id=self.location_id, **selection)
        return create_import.sync(client=self.api.ingest, body=body)

    def run_import(self, **selection: Any) -> ImportBody:
        """Import and wait for the end."""
        return self.await_end(given(self.submit(**selection)).import_id)

    def await_end(self, import_id: UUID) -> ImportBody:
        """Follow an import's events, whose stream ends with it."""
        follow_import.sync(import_id, client=self.api.ingest)
        return given(get_import.sync(import_id, client=self.api.ingest))

    def list_assets(self, **filters: Any) -> list[AssetBody]:
        found: list[AssetBody] = []
        cursor: str | None = None
        while True:
            page = given(
                list_assets.sync(
                    self.dataset_id,
                    client=self.api.ingest,
                    limit=LARGEST_PAGE,
                    cursor=cursor,
                    **filters,
                )
            )
            found += page.items
            if page.next_cursor is None:
                return found
            cursor = page.next_cursor

    def list_rejected(self, import_id: UUID) -> list[RejectedKeyBody]:
        page = list_rejected_keys.sync(import_id, client=self.api.ingest, limit=LARGEST_PAGE)
        return given(page).items

    def presign(self, assets: Sequence[AssetBody], method: str = "GET") -> list[PresignedUrlBody]:
        return given(self.try_to_presign(assets, method)).items

    def try_to_presign(
        self, assets: Sequence[AssetBody], method: str = "GET"
    ) -> PresignedUrlsBody | Problem | None:
        body = NewPresignedUrlsBody(
            dataset_id=self.dataset_id,
            asset_ids=[asset.asset_id for asset in assets],
            method=NewPresignedUrlsBodyMethod(method),
        )
        return presign_assets.sync(client=self.api.gateway, body=body)


@dataclass(frozen=True, slots=True)
class Place(Reach):
    """Both sides of a connected bucket in the demo cloud, and a dataset of its own."""

    customer: AwsCustomer
    credential: CredentialBody
    kit: SetupKitBody

    def at(self, location_id: UUID) -> "Place":
        """Return the same with another location of the same customer's."""
        return replace(self, location_id=location_id)

    def put(self, *keys: str) -> None:
        """Put objects below the prefix, each with its key as content."""
        for key in keys:
            self.customer.put(file_of(f"{self.customer.prefix}{key}"))


def connect(api: Api, customer: AwsCustomer) -> Place:
    """Let the customer paste the setup kit for their bucket, and make a location of it."""
    credential = given(
        create_credential.sync(
            client=api.vault,
            body=NewAssumeRoleBody(
                method="assume_role", name=customer.role, role_arn=customer.role_arn
            ),
        )
    )
    kit = given(
        get_setup_kit.sync(
            credential.credential_id,
            client=api.vault,
            uri=customer.uri,
            origin=[customer.origin],
        )
    )
    customer.paste(kit)
    location = given(
        create_location.sync(
            client=api.vault,
            body=NewLocationBody(
                credential_id=credential.credential_id,
                uri=customer.uri,
                name=customer.bucket,
                origins=[customer.origin],
            ),
        )
    )
    dataset = given(create_dataset.sync(client=api.ingest, body=NewDatasetBody(name=new_name())))
    return Place(api, location.location_id, dataset.dataset_id, customer, credential, kit)


def new_name() -> str:
    return f"dataset {uuid4()}"


def file_of(key: str) -> File:
    """Return a file whose content is its own key."""
    return File(key, key.encode(), "application/octet-stream")


def problem(answer: object) -> Problem:
    """Return the problem that an answer is."""
    assert isinstance(answer, Problem), answer
    return answer


def keys_of(assets: Iterable[AssetBody]) -> list[str]:
    return sorted(asset.key for asset in assets)


def counts(finished: ImportBody) -> dict[str, int]:
    """Return what an import counted, without the zeros."""
    assert finished.state is ImportState.COMPLETED, finished
    return {name: count for name, count in finished.counts.to_dict().items() if count}
