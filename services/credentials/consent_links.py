"""ConsentLinks: the steps of a consent, each behind a state that works once and for some minutes.

A state is what a browser brings back from Entra. It says which organization it is of, where the
rest is looked up, and has a secret that decides; only the secret's hash is stored.
"""

import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Literal, TypeAlias
from uuid import UUID

from services.credentials.sealing import Sealed, SealedPlace, Sealer
from shared.clock import Clock
from shared.database.azure_consents import (
    AzureConsent,
    delete_expired_consents,
    find_azure_consent,
    take_azure_consent,
    turn_azure_consent,
)
from shared.database.ids import new_id
from shared.database.session import Database
from shared.errors import ConsentLinkError

NOT_OURS = "This link is not one of Mooring's, or was used before: ask for a new one."
EXPIRED = "This link has expired: ask for a new one."
KEPT = timedelta(minutes=15)  # after its end, so that whoever comes late is told so

Stage: TypeAlias = Literal["asked", "consented", "proved"]

_STATE = re.compile(r"([0-9a-f]{32})_([0-9a-f]{32})_([A-Za-z0-9_-]{43})")


@dataclass(frozen=True, slots=True)
class Link:
    """A state, to be taken somewhere before it expires."""

    state: str
    expires_at: datetime


class ConsentLinks:
    """Make links, and let each be followed once."""

    def __init__(self, database: Database, sealer: Sealer, clock: Clock) -> None:
        self._database = database
        self._sealer = sealer
        self._clock = clock

    async def make(self, org_id: UUID, *, life: timedelta) -> Link:
        """Make a link that is `asked`."""
        return await self._insert(org_id, "asked", None, life)

    async def make_proved(self, org_id: UUID, plain: str, *, life: timedelta) -> Link:
        """Make a link that is `proved`, with what is proved sealed."""
        return await self._insert(org_id, "proved", plain, life)

    async def find(self, state: str, stage: Stage) -> AzureConsent:
        """Return the row that a state of this stage is for, or raise ConsentLinkError."""
        match = _STATE.fullmatch(state)
        if match is None:
            raise ConsentLinkError(NOT_OURS)
        async with self._database.begin(UUID(match[1])) as session:
            row = await find_azure_consent(session, UUID(match[2]))
        if row is None or row.stage != stage:
            raise ConsentLinkError(NOT_OURS)
        if not hmac.compare_digest(row.secret_hash, _hash(match[3])):
            raise ConsentLinkError(NOT_OURS)
        if row.expires_at <= self._clock.now():
            raise ConsentLinkError(EXPIRED)
        return row

    async def take(self, state: str, stage: Stage) -> AzureConsent:
        """Return what `find` does, and use the link up: nobody else gets it."""
        row = await self.find(state, stage)
        async with self._database.begin(row.org_id) as session:
            taken = await take_azure_consent(session, row)
        if not taken:
            raise ConsentLinkError(NOT_OURS)
        return row

    async def turn(self, asked: AzureConsent, plain: str, *, life: timedelta) -> Link:
        """Make `asked` into `consented`, with another state and this sealed."""
        secret, expires_at = secrets.token_urlsafe(32), self._clock.now() + life
        sealed = await self._sealer.seal(_place(asked.org_id, asked.consent_id), plain.encode())
        async with self._database.begin(asked.org_id) as session:
            turned = await turn_azure_consent(
                session,
                asked,
                secret_hash=_hash(secret),
                sealed=sealed.ciphertext,
                data_key_id=sealed.data_key_id,
                expires_at=expires_at,
            )
        if not turned:
            raise ConsentLinkError(NOT_OURS)
        return Link(_state(asked.org_id, asked.consent_id, secret), expires_at)

    async def open(self, row: AzureConsent) -> str:
        """Return what is sealed in a row that is not just `asked`. Raise SealBrokenError."""
        assert row.sealed is not None  # noqa: S101 (the constraint on `stage`)
        assert row.data_key_id is not None  # noqa: S101
        place = _place(row.org_id, row.consent_id)
        return (await self._sealer.open(place, Sealed(row.data_key_id, row.sealed))).decode()

    async def _insert(self, org_id: UUID, stage: Stage, plain: str | None, life: timedelta) -> Link:
        now, secret = self._clock.now(), secrets.token_urlsafe(32)
        async with self._database.begin(org_id) as session:
            await delete_expired_consents(session, now - KEPT)
            consent_id = await new_id(session)
        row = AzureConsent(
            consent_id=consent_id,
            org_id=org_id,
            stage=stage,
            secret_hash=_hash(secret),
            expires_at=now + life,
        )
        if plain is not None:
            sealed = await self._sealer.seal(_place(org_id, consent_id), plain.encode())
            row.sealed, row.data_key_id = sealed.ciphertext, sealed.data_key_id
        async with self._database.begin(org_id) as session:
            session.add(row)
        return Link(_state(org_id, consent_id, secret), now + life)


def _state(org_id: UUID, consent_id: UUID, secret: str) -> str:
    return f"{org_id.hex}_{consent_id.hex}_{secret}"


def _hash(secret: str) -> bytes:
    return sha256(secret.encode()).digest()


def _place(org_id: UUID, consent_id: UUID) -> SealedPlace:
    return SealedPlace(org_id, f"azure_consent/{consent_id}", "sealed", 1)
