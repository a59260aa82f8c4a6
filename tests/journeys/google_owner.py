"""A customer with a bucket in the emulated Google Cloud."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import uuid4

from mooring_sdk.models import (
    NewHmacKeyBody,
    NewServiceAccountGrantBody,
    NewServiceAccountKeyBody,
    SetupKitBody,
)

from deploy.local.clouds.gcs_world import GcsWorld
from deploy.local.clouds.google_keys import key_document
from deploy.local.demo.google_customer import GoogleCustomer
from tests.journeys.owners import NewCredential, hard_keys
from tests.journeys.places import file_of

POOL = "projects/123456/locations/global/workloadIdentityPools/mooring"


@dataclass(frozen=True, slots=True)
class GoogleOwner:
    """The customer of the demo, with a bucket and an account of their own, and every method."""

    customer: GoogleCustomer

    @classmethod
    def make(cls, world: GcsWorld, vault_url: str) -> "GoogleOwner":
        number = uuid4().hex[:12]
        customer = GoogleCustomer(
            world,
            vault_url,
            bucket=f"acme-{number}",
            reader=f"reader-{number}@acme-project.iam.gserviceaccount.com",
            provider=f"{POOL}/providers/mooring-{number}",
        )
        customer.make_bucket([])
        world.add_account(customer.reader)
        return cls(customer)

    @property
    def prefix(self) -> str:
        return self.customer.prefix

    @property
    def uri(self) -> str:
        return self.customer.uri

    def hard_keys(self) -> list[str]:
        return hard_keys(self.prefix)

    def put(self, keys: Iterable[str]) -> None:
        for key in keys:
            self.customer.put(file_of(key))

    def remove(self, key: str) -> None:
        self.customer.delete(key)

    def credential(self, method: str) -> NewCredential:
        world, reader = self.customer.world, self.customer.reader
        match method:
            case "service_account_grant":
                return NewServiceAccountGrantBody(method=method, name="ours")
            case "workload_identity":
                return self.customer.credential("theirs")
            case "service_account_key":
                text = json.dumps(key_document(reader, world.accounts[reader].private_key))
                return NewServiceAccountKeyBody(method=method, name="theirs", key=text)
            case "hmac_key":
                access_id, secret = world.add_hmac_key(reader)
                return NewHmacKeyBody(
                    method=method, name="theirs", access_id=access_id, secret=secret
                )
        raise AssertionError(method)

    def paste(self, kit: SetupKitBody) -> None:
        self.customer.set_up(kit)
