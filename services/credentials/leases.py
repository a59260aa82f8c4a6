"""Leases: vend, renew, revoke. One for each location and operation, sealed, shared by all."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias
from uuid import UUID
from weakref import WeakValueDictionary

import structlog
from pydantic import ValidationError

from services.credentials.credentials import StorageCredentials, require_active
from services.credentials.issuers.base import Identity, Issuer, Reach, Session
from services.credentials.sealing import Sealed, SealedPlace, Sealer
from shared.clock import Clock
from shared.database.external_locations import ExternalLocation, get_external_location
from shared.database.sealed_leases import SealedLease, find_sealed_lease, store_sealed_lease
from shared.database.session import Database
from shared.database.storage_credentials import StorageCredential, get_storage_credential
from shared.errors import (
    ACCESS_REFUSALS,
    ConflictError,
    StorageThrottledError,
    StorageUnavailableError,
)
from shared.leases import Bucket, Grant, Lease, LeaseBody, Operation

PAUSE = timedelta(minutes=1)
"""How old a refused lease must be to be replaced: a cloud that refuses all is to be left alone."""

TRIES = 3  # a lease that is overtaken by rotations as often as this is not worth chasing

_PASSING = (StorageUnavailableError, StorageThrottledError)

OnRefusal: TypeAlias = Callable[[UUID, UUID], Awaitable[object]]
"""What is done when the customer's cloud refuses a location of an organization."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Stand:
    """What the database says about one lease, and how its bucket is addressed now."""

    location: ExternalLocation
    credential: StorageCredential
    identity: Identity
    bucket: Bucket
    stored: SealedLease | None


class Leases:
    """Vend leases. Cloud calls and opening seals happen outside of transactions."""

    def __init__(
        self,
        database: Database,
        sealer: Sealer,
        clock: Clock,
        *,
        credentials: StorageCredentials,
        issuer: Issuer[Identity],
        on_refusal: OnRefusal,
    ) -> None:
        self._database = database
        self._sealer = sealer
        self._clock = clock
        self._credentials = credentials
        self._issuer = issuer
        self._on_refusal = on_refusal
        self._renewing: WeakValueDictionary[tuple[UUID, Operation], asyncio.Lock] = (
            WeakValueDictionary()
        )

    async def get(
        self,
        org_id: UUID,
        location_id: UUID,
        operation: Operation,
        *,
        refused_issued_at: datetime | None = None,
    ) -> Lease:
        """Return the lease that every replica gets, renewed from half its life on.

        The one that was `refused_issued_at`, if the cloud refused one, is replaced: a session ends
        before its time when its role is deleted or its sessions are revoked.

        Raise NotFoundError, CredentialRetiredError or what the issuer raises. When a renewal fails
        for a passing reason, the old lease serves as long as it lives, unless it was refused.
        After a refusal, whosever it was, the location's access is looked at soon.
        """
        if refused_issued_at is not None:
            await self._on_refusal(org_id, location_id)
        stand = await self._look(org_id, location_id, operation)
        lease = await self._open(stand)
        if lease is not None and self._serves(lease, refused_issued_at):
            return lease
        lock = self._renewing.setdefault((location_id, operation), asyncio.Lock())
        try:
            async with lock:
                return await self._renew(org_id, location_id, operation, refused_issued_at)
        except ACCESS_REFUSALS:
            await self._on_refusal(org_id, location_id)
            raise

    async def list_stored(self, org_id: UUID, location_id: UUID) -> list[Lease]:
        """Return the leases that others may hold; nothing is issued."""
        stands = [await self._look(org_id, location_id, operation) for operation in Operation]
        leases = [await self._open(stand) for stand in stands]
        return [lease for lease in leases if lease is not None]

    def _serves(self, lease: Lease, refused_issued_at: datetime | None) -> bool:
        """Say whether a stored lease is given out as it is."""
        now = self._clock.now()
        refused = lease.issued_at == refused_issued_at
        return now < lease.renew_at and (not refused or now < lease.issued_at + PAUSE)

    async def _renew(
        self,
        org_id: UUID,
        location_id: UUID,
        operation: Operation,
        refused_issued_at: datetime | None,
    ) -> Lease:
        for _ in range(TRIES):
            stand = await self._look(org_id, location_id, operation)
            lease = await self._open(stand)
            if lease is not None and self._serves(lease, refused_issued_at):
                return lease
            try:
                fresh = await self._issue(stand, operation)
            except _PASSING as error:
                if lease is None or lease.issued_at == refused_issued_at:
                    raise
                if self._clock.now() >= lease.expires_at:
                    raise
                log.warning("lease not renewed", location_id=str(location_id), code=error.code)
                return lease
            if await self._store(stand, fresh):
                return fresh
        raise ConflictError("The location's credential is being changed: try again.")

    async def _look(self, org_id: UUID, location_id: UUID, operation: Operation) -> _Stand:
        async with self._database.begin(org_id) as session:
            location = await get_external_location(session, location_id)
            credential = await get_storage_credential(session, location.credential_id)
            stored = await find_sealed_lease(session, location_id, operation.value)
        identity = await self._credentials.open(credential)
        bucket = self._issuer.bucket(identity, location.bucket, location.region)
        return _Stand(location, credential, identity, bucket, stored)

    async def _open(self, stand: _Stand) -> Lease | None:
        """Open the stored lease, unless it is of another credential version or bucket address."""
        stored = stand.stored
        if stored is None or stored.credential_version != stand.credential.secret_version:
            return None
        place = _place(stored.org_id, stored.location_id, stored.operation, stand.credential)
        plain = await self._sealer.open(place, Sealed(stored.data_key_id, stored.sealed))
        try:
            lease = LeaseBody.model_validate_json(plain).lease()
        except ValidationError:  # stored by another release while both were running
            log.warning("lease of another form", location_id=str(stored.location_id))
            return None
        if lease.bucket != stand.bucket or self._clock.now() >= lease.expires_at:
            return None
        return lease

    async def _issue(self, stand: _Stand, operation: Operation) -> Lease:
        location = stand.location
        reach = Reach(stand.bucket, location.prefix, operation)
        session = await self._issuer.issue(location.org_id, stand.identity, reach)
        log.info("lease issued", location_id=str(location.location_id), operation=operation.value)
        return Lease(
            org_id=location.org_id,
            location_id=location.location_id,
            operation=operation,
            bucket=stand.bucket,
            prefix=location.prefix,
            grant=_grant_of(session),
            issued_at=session.issued_at,
            expires_at=session.expires_at,
            renew_at=session.issued_at + (session.expires_at - session.issued_at) / 2,
        )

    async def _store(self, stand: _Stand, lease: Lease) -> bool:
        """Store a fresh lease unless another replica was faster or the credential was changed."""
        place = _place(lease.org_id, lease.location_id, lease.operation.value, stand.credential)
        plain = LeaseBody.of(lease).model_dump_json().encode()
        sealed = await self._sealer.seal(place, plain)
        row = SealedLease(
            location_id=lease.location_id,
            operation=lease.operation.value,
            org_id=lease.org_id,
            sealed=sealed.ciphertext,
            data_key_id=sealed.data_key_id,
            credential_version=stand.credential.secret_version,
            issued_at=lease.issued_at,
            renew_at=lease.renew_at,
            expires_at=lease.expires_at,
        )
        replacing = None if stand.stored is None else stand.stored.sealed
        async with self._database.begin(lease.org_id) as session:
            # Locked, so that a rotation comes wholly before (then this is not stored) or wholly
            # after (then it deletes what is stored here).
            now = await get_storage_credential(session, stand.credential.credential_id, lock=True)
            require_active(now)
            await get_external_location(session, lease.location_id)
            if now.secret_version != stand.credential.secret_version:
                return False
            return await store_sealed_lease(session, row, replacing=replacing)


def _grant_of(session: Session) -> Grant:
    """Return what signs, and access where the session is to LIST or nothing can sign."""
    return session.access if session.signing is None else session.signing


def _place(
    org_id: UUID, location_id: UUID, operation: str, credential: StorageCredential
) -> SealedPlace:
    row = f"sealed_lease/{location_id}/{operation}"
    return SealedPlace(org_id, row, "sealed", credential.secret_version)
