"""API keys: minted, shown once, revoked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from pydantic import SecretStr

from shared.auth import Principal, Scope
from shared.clock import Clock
from shared.database.api_keys import ApiKey, list_api_keys, revoke_api_key
from shared.database.ids import new_id
from shared.database.organizations import get_organization
from shared.database.session import Database
from shared.errors import ForbiddenError
from shared.tokens import mint_api_key, parse_api_key


@dataclass(frozen=True, slots=True)
class MintedApiKey:
    """A new key and its text, which is not stored."""

    row: ApiKey
    text: SecretStr


class ApiKeys:
    """Mint, list and revoke the keys of organizations."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def mint(
        self,
        caller: Principal,
        org_id: UUID,
        *,
        name: str,
        scopes: frozenset[Scope],
        expires_in: timedelta | None,
    ) -> MintedApiKey:
        """Make a key. Raise ForbiddenError if it would allow more than the caller's, or longer."""
        beyond = [] if caller.is_operator else sorted(scopes - caller.scopes)
        if beyond:
            raise ForbiddenError("An API key gives only the scopes that it has.", scopes=[*beyond])
        expires_at = None if expires_in is None else self._clock.now() + expires_in
        latest = caller.expires_at
        if latest is not None and (expires_at is None or expires_at > latest):
            raise ForbiddenError(
                "An API key that expires gives only keys that expire no later.",
                expires_at=latest.isoformat(),
            )
        async with self._database.begin(org_id) as session:
            await get_organization(session, org_id)
            api_key_id = await new_id(session)
            text = mint_api_key(org_id, api_key_id)
            token = parse_api_key(text.get_secret_value())
            assert token is not None  # noqa: S101 (it was minted a line above)
            row = ApiKey(
                api_key_id=api_key_id,
                org_id=org_id,
                name=name,
                secret_hash=token.secret_hash,
                scopes=sorted(scopes),
                expires_at=expires_at,
            )
            session.add(row)
        return MintedApiKey(row, text)

    async def list(self, org_id: UUID, *, after: UUID | None, limit: int) -> Sequence[ApiKey]:
        """Return the organization's keys in order of their ids, without their secrets."""
        async with self._database.begin(org_id) as session:
            return await list_api_keys(session, after=after, limit=limit)

    async def revoke(self, org_id: UUID, api_key_id: UUID) -> None:
        """Make a key useless at once, or raise NotFoundError."""
        async with self._database.begin(org_id) as session:
            await revoke_api_key(session, api_key_id, self._clock.now())
