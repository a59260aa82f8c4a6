"""Keysets: the key-encryption keys, under which every organization's data key is wrapped."""

import json
import os
from base64 import b64decode
from binascii import Error as NotBase64Error
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from shared.errors import SealBrokenError

KEY_BYTES = 32  # AES-256
NONCE_BYTES = 12  # NIST SP 800-38D, 8.2: what GCM takes without hashing it first


class KeysetError(RuntimeError):
    """Refuse to start: the keyset file cannot be used."""


@dataclass(frozen=True, slots=True)
class WrappedKey:
    """A data key that only the key provider can open, and the name of the key it needs."""

    key_encryption_key: str
    wrapped: bytes


class KeyProvider(Protocol):
    """Wrap data keys. `context` must be the same for both, or the key does not open."""

    async def wrap(self, data_key: bytes, context: bytes) -> WrappedKey:
        """Wrap with the primary key."""
        ...

    async def unwrap(self, wrapped: WrappedKey, context: bytes) -> bytes:
        """Open a data key, or raise SealBrokenError."""
        ...


@dataclass(frozen=True, slots=True)
class Keyset:
    """A KeyProvider whose keys are in a local file: `{"primary": id, "keys": {id: base64}}`.

    New data keys are wrapped with the primary key; the others only open what they wrapped.
    """

    primary: str
    keys: Mapping[str, bytes] = field(repr=False)

    @classmethod
    def read(cls, file: Path) -> Self:
        """Read a keyset file, or raise KeysetError, whose text holds no key."""
        try:
            return cls.parse(file.read_bytes())
        except OSError as error:
            raise KeysetError(f"The keyset file {file} cannot be read.") from error

    @classmethod
    def parse(cls, document: bytes) -> Self:
        """Read a keyset, or raise KeysetError."""
        try:
            keyset = json.loads(document)
            primary = str(keyset["primary"])
            keys = {
                str(name): b64decode(key, validate=True) for name, key in keyset["keys"].items()
            }
        except (ValueError, NotBase64Error, KeyError, TypeError, AttributeError):
            # The cause would show the document, so it is cut off.
            raise KeysetError(
                'A keyset is JSON of the form {"primary": id, "keys": {id: base64}}.'
            ) from None
        if primary not in keys:
            raise KeysetError("A keyset's primary key must be one of its keys.")
        if any(len(key) != KEY_BYTES for key in keys.values()):
            raise KeysetError(f"A key-encryption key has {KEY_BYTES} bytes.")
        return cls(primary, keys)

    async def wrap(self, data_key: bytes, context: bytes) -> WrappedKey:
        nonce = os.urandom(NONCE_BYTES)
        sealed = AESGCM(self.keys[self.primary]).encrypt(nonce, data_key, context)
        return WrappedKey(self.primary, nonce + sealed)

    async def unwrap(self, wrapped: WrappedKey, context: bytes) -> bytes:
        key = self.keys.get(wrapped.key_encryption_key)
        if key is None:
            raise SealBrokenError("The keyset no longer holds the key that wrapped a data key.")
        nonce, sealed = wrapped.wrapped[:NONCE_BYTES], wrapped.wrapped[NONCE_BYTES:]
        try:
            return AESGCM(key).decrypt(nonce, sealed, context)
        except (InvalidTag, ValueError) as error:
            raise SealBrokenError(
                "A data key does not open with its key-encryption key."
            ) from error
