"""Uploads: manifests that callers send, kept until they are used or a week is over."""

import hashlib
from collections.abc import AsyncIterable, AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from services.ingest.manifests.formats import ManifestFormat
from shared.clock import Clock
from shared.database.ids import new_id
from shared.database.manifests import (
    CHUNK_BYTES,
    Manifest,
    ManifestChunk,
    add_manifest_row,
    delete_expired_manifests,
    delete_manifest,
    delete_manifest_chunks,
    find_manifest_chunk,
    get_manifest,
)
from shared.database.session import Database
from shared.errors import DatabaseUnavailableError, InvalidInputError, NotFoundError

KEPT_FOR = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class _Upload:
    """A manifest that is on its way."""

    org_id: UUID
    manifest_id: UUID
    expires_at: datetime


class Manifests:
    """Serve an organization's manifests. What belongs to another one raises NotFoundError."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def add(
        self, org_id: UUID, manifest_format: ManifestFormat, body: AsyncIterable[bytes]
    ) -> Manifest:
        """Store a manifest while it comes, whole or not at all; a chunk of it is in memory.

        Those of the organization that have expired are deleted first.
        Raise InvalidInputError for one without a byte, and whatever the body raises.
        """
        await self.delete_expired(org_id)
        async with self._database.begin(org_id) as session:
            manifest_id = await new_id(session)
        upload = _Upload(org_id, manifest_id, expires_at=self._clock.now() + KEPT_FOR)
        try:
            return await self._store(upload, manifest_format, body)
        except BaseException:
            with suppress(DatabaseUnavailableError):  # then they expire
                await self._forget(org_id, manifest_id)
            raise

    async def get(self, org_id: UUID, manifest_id: UUID) -> Manifest:
        async with self._database.begin(org_id) as session:
            return await get_manifest(session, manifest_id, self._clock.now())

    async def delete(self, org_id: UUID, manifest_id: UUID) -> None:
        """Delete a manifest; an import that reads it at this moment fails."""
        async with self._database.begin(org_id) as session:
            await get_manifest(session, manifest_id, self._clock.now())
        await self._forget(org_id, manifest_id)

    async def delete_expired(self, org_id: UUID) -> None:
        """Delete what is older than a week, and what is left of uploads that broke off."""
        is_more = True
        while is_more:
            async with self._database.begin(org_id) as session:
                is_more = await delete_expired_manifests(session, self._clock.now())

    async def _store(
        self, upload: _Upload, manifest_format: ManifestFormat, body: AsyncIterable[bytes]
    ) -> Manifest:
        digest, size, number = hashlib.sha256(), 0, 0
        async for chunk in _rechunk(body):
            digest.update(chunk)
            await self._store_chunk(upload, number, chunk)
            size, number = size + len(chunk), number + 1
        if not size:
            raise InvalidInputError("The manifest is empty.", field="body")
        manifest = Manifest(
            org_id=upload.org_id,
            manifest_id=upload.manifest_id,
            format=manifest_format.value,
            size=size,
            sha256=digest.digest(),
            expires_at=upload.expires_at,
        )
        async with self._database.begin(upload.org_id) as session:
            await add_manifest_row(session, manifest)
        return manifest

    async def _store_chunk(self, upload: _Upload, number: int, chunk: bytes) -> None:
        """Store a chunk by itself: no transaction waits for the caller to send more."""
        row = ManifestChunk(
            org_id=upload.org_id,
            manifest_id=upload.manifest_id,
            number=number,
            body=chunk,
            expires_at=upload.expires_at,
        )
        async with self._database.begin(upload.org_id) as session:
            await add_manifest_row(session, row)

    async def _forget(self, org_id: UUID, manifest_id: UUID) -> None:
        async with self._database.begin(org_id) as session:
            await delete_manifest(session, manifest_id)
        is_more = True
        while is_more:
            async with self._database.begin(org_id) as session:
                is_more = await delete_manifest_chunks(session, manifest_id)


async def manifest_chunks(
    database: Database, clock: Clock, org_id: UUID, manifest_id: UUID
) -> AsyncIterator[bytes]:
    """Yield the bytes of a manifest, 1 MiB at a time.

    Raise NotFoundError when there is none, also when it is deleted meanwhile.
    """
    async with database.begin(org_id) as session:
        manifest = await get_manifest(session, manifest_id, clock.now())
    for number in range(-(-manifest.size // CHUNK_BYTES)):
        async with database.begin(org_id) as session:
            chunk = await find_manifest_chunk(session, manifest_id, number)
        if chunk is None:
            raise NotFoundError("The manifest was deleted while it was read.")
        yield chunk


async def _rechunk(body: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
    """Yield the same bytes in chunks of CHUNK_BYTES, and the rest."""
    held = bytearray()
    async for piece in body:
        held += piece
        while len(held) >= CHUNK_BYTES:
            yield bytes(held[:CHUNK_BYTES])
            del held[:CHUNK_BYTES]
    if held:
        yield bytes(held)
