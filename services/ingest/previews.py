"""Previews: what an import would take, asked of the bucket while the caller waits."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar
from uuid import UUID

from services.ingest.access import require_access
from services.ingest.filters import Filters
from services.ingest.look_ups import look_up, not_in_bucket
from services.ingest.looks import Look, Preview, judge
from services.ingest.near_misses import NearMiss
from services.ingest.near_prefixes import find_near_prefixes
from services.ingest.pinning import require_versions
from services.ingest.selectors import Selection, select_prefix, select_source_files
from services.ingest.stores import OpenStore
from services.ingest.walks.staging import find_among
from shared.database.datasets import get_dataset
from shared.database.external_locations import ExternalLocation, get_external_location
from shared.database.session import Database
from shared.errors import StorageDeniedError, StorageUnavailableError
from shared.lease_cache import LeaseCache
from shared.leases import Lease, Operation
from shared.storage.base import MAX_PAGE_SIZE, ObjectStore
from shared.vault import VaultClient

MOST_LOOK_UPS = 100  # of source files: they take a second
PATIENCE = timedelta(seconds=30)  # with a bucket: somebody waits

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class PreviewRequest:
    """The selection of an import that may come. `dataset_id` only has to exist, if it is given."""

    location_id: UUID
    dataset_id: UUID | None = None
    prefix: str | None = None
    source_files: Sequence[str] | None = None
    filters: Filters = Filters()  # noqa: RUF009 -- it is frozen
    pin_versions: bool = False


class Previews:
    """Look at an organization's buckets. What belongs to another one raises NotFoundError."""

    def __init__(
        self,
        database: Database,
        vault: VaultClient,
        leases: LeaseCache,
        open_store: OpenStore,
        *,
        access_max_age: timedelta,
        patience: timedelta = PATIENCE,
    ) -> None:
        self._database = database
        self._vault = vault
        self._leases = leases
        self._open_store = open_store
        self._access_max_age = access_max_age
        self._patience = patience

    async def preview(self, org_id: UUID, request: PreviewRequest) -> Preview:
        """Return what the first page, or the first hundred source files, tell of an import.

        Raise LocationNotVerifiedError with the failed checks when access is not valid,
        InvalidInputError where versions cannot be pinned, and what the store answers.
        """
        location, selection = await self._select(org_id, request)
        await require_access(self._vault, org_id, request.location_id, max_age=self._access_max_age)
        if request.pin_versions:
            async with self._database.begin(org_id) as session:
                await require_versions(session, request.location_id)

        async def ask(store: ObjectStore) -> tuple[Look, list[NearMiss]]:
            if selection.kind == "source_files":
                return await _look_at_files(store, selection), []
            look = await _look_at_page(store, selection.prefix)
            if look.listed:
                return look, []
            near = await find_near_prefixes(store, selection.prefix, within=location.prefix)
            return look, near

        look, near_prefixes = await self._ask(org_id, request.location_id, ask)
        # In a thread: a hostile glob costs milliseconds for each key.
        return await asyncio.to_thread(judge, look, selection, request.filters, near_prefixes)

    async def _select(
        self, org_id: UUID, request: PreviewRequest
    ) -> tuple[ExternalLocation, Selection]:
        async with self._database.begin(org_id) as session:
            if request.dataset_id is not None:
                await get_dataset(session, request.dataset_id)
            location = await get_external_location(session, request.location_id)
        if request.source_files is None:
            return location, select_prefix(location, request.prefix)
        return location, select_source_files(location, request.source_files)

    async def _ask(
        self, org_id: UUID, location_id: UUID, ask: Callable[[ObjectStore], Awaitable[Answer]]
    ) -> Answer:
        """Ask with a lease to list, which is replaced once when the cloud refuses it."""
        lease = await self._leases.get(org_id, location_id, Operation.LIST)
        try:
            return await self._ask_with(lease, ask)
        except StorageDeniedError:
            fresh = await self._leases.renew_refused(lease)
            if fresh.issued_at == lease.issued_at:
                raise
        return await self._ask_with(fresh, ask)

    async def _ask_with(
        self, lease: Lease, ask: Callable[[ObjectStore], Awaitable[Answer]]
    ) -> Answer:
        try:
            async with asyncio.timeout(self._patience.total_seconds()):
                async with self._open_store(lease) as store:
                    return await ask(store)
        except TimeoutError as error:
            raise StorageUnavailableError(
                "The object store does not show its first page in time."
            ) from error


async def _look_at_page(store: ObjectStore, prefix: str) -> Look:
    """Return the first page that shows a key; an order it needs not have."""
    async for page in store.list_unordered(prefix, page_size=MAX_PAGE_SIZE):
        is_last = page.next_token is None
        if page.rows or page.undecodable or is_last:
            found = find_among(page.rows, page.undecodable, None)
            return Look(found.rows, found.rejections, is_last)
    return Look([], [], is_complete=True)


async def _look_at_files(store: ObjectStore, selection: Selection) -> Look:
    keys = selection.keys[:MOST_LOOK_UPS]
    rows = await look_up(store, keys)
    absent = [not_in_bucket(key) for key, row in zip(keys, rows, strict=True) if row is None]
    return Look(
        [row for row in rows if row is not None],
        [*selection.rejections, *absent],
        is_complete=len(keys) == len(selection.keys),
    )
