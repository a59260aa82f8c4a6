"""The vault's bodies: organizations and API keys."""

from datetime import timedelta
from typing import Annotated, Literal, Self, TypeAlias
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, Field

from services.credentials.api_keys import MintedApiKey
from services.credentials.schema_fields import Name, RequestBody
from shared.auth import Scope
from shared.database.api_keys import ApiKey
from shared.database.organizations import Organization

SHORTEST_KEY_LIFE = 60
LONGEST_KEY_LIFE = 315_360_000  # ten years; whoever wants longer wants no expiry

Hosting: TypeAlias = Literal["self_hosted", "copied"]


class NewOrganizationBody(RequestBody):
    """Make a tenant. `hosting` is the default of its datasets."""

    name: Name
    hosting: Hosting = "self_hosted"


class OrganizationBody(BaseModel):
    """A tenant."""

    org_id: UUID
    name: str
    hosting: Hosting
    created_at: AwareDatetime

    @classmethod
    def of(cls, row: Organization) -> Self:
        return cls.model_validate(row, from_attributes=True)


class NewApiKeyBody(RequestBody):
    """Make an API key that may do these things, for ever or for `expires_in` seconds."""

    name: Name
    scopes: Annotated[frozenset[Scope], Field(min_length=1)]
    expires_in: Annotated[int, Field(ge=SHORTEST_KEY_LIFE, le=LONGEST_KEY_LIFE)] | None = None

    @property
    def life(self) -> timedelta | None:
        return None if self.expires_in is None else timedelta(seconds=self.expires_in)


class ApiKeyBody(BaseModel):
    """An API key, without its text."""

    api_key_id: UUID
    name: str
    scopes: list[Scope]
    created_at: AwareDatetime
    expires_at: AwareDatetime | None
    revoked_at: AwareDatetime | None

    @classmethod
    def of(cls, row: ApiKey) -> Self:
        return cls.model_validate(row, from_attributes=True)


class MintedApiKeyBody(BaseModel):
    """A new API key. `key` is shown this once: send it as `Authorization: Bearer …`."""

    api_key: ApiKeyBody
    key: str

    @classmethod
    def of(cls, minted: MintedApiKey) -> Self:
        return cls(api_key=ApiKeyBody.of(minted.row), key=minted.text.get_secret_value())
