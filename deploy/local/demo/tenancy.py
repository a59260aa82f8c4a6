"""The demo's organizations, kept with their API keys beside the other local secrets."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self
from uuid import UUID

from mooring_sdk.api.organizations import create_organization, create_organization_api_key
from mooring_sdk.models import NewApiKeyBody, NewOrganizationBody, Scope

from deploy.local.demo.api import Api, given
from deploy.local.secret_files import write_secret
from deploy.local.stack import Stack

HARBOUR_LABS = "Harbour Labs"
PIER_NINE = "Pier Nine"
FILES = {HARBOUR_LABS: "demo-organization.json", PIER_NINE: "demo-stranger.json"}


@dataclass(frozen=True, slots=True)
class Tenancy:
    """An organization and an API key of it with every scope."""

    org_id: UUID
    api_key: str = field(repr=False)

    @classmethod
    def keep(cls, stack: Stack, name: str) -> Self:
        """Return the one of this name that is kept, or make it."""
        place = stack.data_dir / "secrets" / FILES[name]
        if place.exists():
            return cls.read(place)
        made = cls.make(stack, name)
        made.write(place)
        return made

    @classmethod
    def read(cls, place: Path) -> Self:
        kept = json.loads(place.read_text())
        return cls(UUID(kept["org_id"]), kept["api_key"])

    @classmethod
    def make(cls, stack: Stack, name: str) -> Self:
        """Make an organization as the operator does."""
        with open_api(stack, stack.admin_key.get_secret_value()) as operator:
            organization = given(
                create_organization.sync(client=operator.vault, body=NewOrganizationBody(name=name))
            )
            minted = given(
                create_organization_api_key.sync(
                    organization.org_id,
                    client=operator.vault,
                    body=NewApiKeyBody(name="all", scopes=list(Scope)),
                )
            )
        return cls(organization.org_id, minted.key)

    def write(self, place: Path) -> None:
        write_secret(place, json.dumps({"org_id": str(self.org_id), "api_key": self.api_key}))


def open_api(stack: Stack, key: str) -> Api:
    """Open the services of a stack for the holder of `key`."""
    return Api.of(
        key, vault=stack.credentials_url, ingest=stack.ingest_url, gateway=stack.presign_url
    )
