"""ReportKeys: the Ed25519 keys that sign access reports, made and kept by the vault."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import JsonValue

from services.credentials.keysets import KeyProvider, WrappedKey
from shared.clock import Clock
from shared.database.report_keys import (
    ReportKey,
    find_signing_key,
    insert_signing_key,
    list_report_keys,
    retire_signing_key,
)
from shared.database.session import NO_ORG, Database
from shared.errors import SealBrokenError
from shared.jwks import ed25519_members, thumbprint
from shared.signed_reports import ALGORITHM

GRACE = timedelta(minutes=1)  # a report whose signing began with a key may end after its rotation

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Signer:
    """The key that signs now, and its name."""

    kid: str
    private: Ed25519PrivateKey = field(repr=False)


class ReportKeys:
    """One key signs; those before it stay published, without their private halves."""

    def __init__(self, database: Database, keys: KeyProvider, clock: Clock) -> None:
        self._database = database
        self._keys = keys
        self._clock = clock
        self._opened: Signer | None = None

    async def open(self) -> Signer:
        """Return the key that signs; the first report makes it. Raise SealBrokenError."""
        row = await self._find()
        if row is None:
            await self._make()
            row = await self._find()
        if row is None or row.wrapped is None:
            raise SealBrokenError("The key that signs access reports is gone.")
        if self._opened is None or self._opened.kid != row.kid:
            wrapped = WrappedKey(row.key_encryption_key, row.wrapped)
            seed = await self._keys.unwrap(wrapped, _context(row.public_key))
            self._opened = Signer(row.kid, Ed25519PrivateKey.from_private_bytes(seed))
        return self._opened

    async def rotate(self) -> None:
        """Sign with a new key from now on, and erase the private half of the one before."""
        await self._make(retire=True)

    async def list_public(self) -> list[dict[str, JsonValue]]:
        """Return the public keys as JWKs (RFC 7517), the one that signs first.

        `iat` is when a key was made and `exp`, if it is retired, when it last signed, both as
        OpenID Federation 1.0 has them in sets of historical keys.
        """
        async with self._database.begin(NO_ORG) as session:
            rows = await list_report_keys(session)
        return [_jwk(row) for row in rows]

    async def _find(self) -> ReportKey | None:
        async with self._database.begin(NO_ORG) as session:
            return await find_signing_key(session)

    async def _make(self, *, retire: bool = False) -> None:
        """Make a key, unless another replica does so at the same time: then its key counts."""
        private = Ed25519PrivateKey.generate()
        public_key = private.public_key().public_bytes_raw()
        wrapped = await self._keys.wrap(private.private_bytes_raw(), _context(public_key))
        kid = thumbprint(ed25519_members(public_key))
        now = self._clock.now()
        async with self._database.begin(NO_ORG) as session:
            if retire:
                await retire_signing_key(session, now)
            is_ours = await insert_signing_key(
                session,
                kid=kid,
                public_key=public_key,
                key_encryption_key=wrapped.key_encryption_key,
                wrapped=wrapped.wrapped,
                created_at=now,
            )
        if is_ours:
            log.info("report key made", kid=kid)


def _jwk(row: ReportKey) -> dict[str, JsonValue]:
    shown: dict[str, JsonValue] = {
        **ed25519_members(row.public_key),
        "kid": row.kid,
        "use": "sig",
        "alg": ALGORITHM,
        "iat": _seconds(row.created_at),
    }
    return shown if row.retired_at is None else {**shown, "exp": _seconds(row.retired_at + GRACE)}


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())


def _context(public_key: bytes) -> bytes:
    return b"mooring.report-key" + public_key
