"""Sealing: envelope encryption of secrets, bound to organization, row, field and version."""

import os
from collections import OrderedDict
from dataclasses import dataclass, field
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from services.credentials.keysets import KEY_BYTES, NONCE_BYTES, KeyProvider, WrappedKey
from shared.database.data_keys import find_data_key, find_newest_data_key, insert_first_data_key
from shared.database.session import Database
from shared.errors import SealBrokenError

_FORMAT = b"\x01"  # AES-256-GCM: format, nonce, ciphertext with its tag
_KEPT_OPEN = 256  # data keys held in memory: one for each organization that is active


@dataclass(frozen=True, slots=True)
class SealedPlace:
    """Where a sealed secret belongs. Moved to any other place it does not open."""

    org_id: UUID
    row: str
    field: str
    version: int

    def canonical(self) -> bytes:
        """Return bytes that no other place has: every part carries its length."""
        parts = (self.org_id.bytes, self.row.encode(), self.field.encode(), b"%d" % self.version)
        return b"mooring.seal" + b"".join(len(part).to_bytes(4) + part for part in parts)


@dataclass(frozen=True, slots=True)
class Sealed:
    """A sealed secret and the data key that opens it."""

    data_key_id: UUID
    ciphertext: bytes


@dataclass(frozen=True, slots=True)
class _DataKey:
    data_key_id: UUID
    cipher: AESGCM = field(repr=False)

    def seal(self, place: SealedPlace, plain: bytes) -> Sealed:
        nonce = os.urandom(NONCE_BYTES)
        sealed = self.cipher.encrypt(nonce, plain, place.canonical())
        return Sealed(self.data_key_id, _FORMAT + nonce + sealed)

    def open(self, place: SealedPlace, ciphertext: bytes) -> bytes:
        if ciphertext[:1] != _FORMAT:
            raise SealBrokenError("A sealed secret has a form that is not known.")
        nonce, sealed = ciphertext[1 : 1 + NONCE_BYTES], ciphertext[1 + NONCE_BYTES :]
        try:
            return self.cipher.decrypt(nonce, sealed, place.canonical())
        except (InvalidTag, ValueError) as error:
            raise SealBrokenError("A sealed secret was altered, or is not where it was.") from error


class Sealer:
    """Seal and open secrets with the data key of their organization.

    Call it outside transactions: the key provider may be another machine.
    """

    def __init__(self, database: Database, keys: KeyProvider) -> None:
        self._database = database
        self._keys = keys
        self._opened: OrderedDict[tuple[UUID, UUID], _DataKey] = OrderedDict()

    async def seal(self, place: SealedPlace, plain: bytes) -> Sealed:
        """Seal a secret for its place; the organization's first one makes its data key."""
        return (await self._newest(place.org_id)).seal(place, plain)

    async def open(self, place: SealedPlace, sealed: Sealed) -> bytes:
        """Open a secret, or raise SealBrokenError."""
        return (await self._get(place.org_id, sealed.data_key_id)).open(place, sealed.ciphertext)

    async def _newest(self, org_id: UUID) -> _DataKey:
        async with self._database.begin(org_id) as session:
            row = await find_newest_data_key(session)
        if row is None:
            wrapped = await self._keys.wrap(os.urandom(KEY_BYTES), _context(org_id))
            async with self._database.begin(org_id) as session:
                row = await insert_first_data_key(
                    session, org_id, wrapped.key_encryption_key, wrapped.wrapped
                )
        return await self._unwrap(
            org_id, row.data_key_id, WrappedKey(row.key_encryption_key, row.wrapped)
        )

    async def _get(self, org_id: UUID, data_key_id: UUID) -> _DataKey:
        known = self._opened.get((org_id, data_key_id))
        if known is not None:
            return known
        async with self._database.begin(org_id) as session:
            row = await find_data_key(session, data_key_id)
        if row is None:
            raise SealBrokenError("The data key of a sealed secret does not exist.")
        return await self._unwrap(
            org_id, data_key_id, WrappedKey(row.key_encryption_key, row.wrapped)
        )

    async def _unwrap(self, org_id: UUID, data_key_id: UUID, wrapped: WrappedKey) -> _DataKey:
        place = (org_id, data_key_id)
        if place not in self._opened:
            plain = await self._keys.unwrap(wrapped, _context(org_id))
            self._opened[place] = _DataKey(data_key_id, AESGCM(plain))
        self._opened.move_to_end(place)
        while len(self._opened) > _KEPT_OPEN:
            self._opened.popitem(last=False)
        return self._opened[place]


def _context(org_id: UUID) -> bytes:
    return b"mooring.data-key" + org_id.bytes
