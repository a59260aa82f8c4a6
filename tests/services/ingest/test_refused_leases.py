"""Refused leases: a session that ended before its time is replaced, and the import goes on."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from shared.clock import FrozenClock
from shared.database.import_progress import Counts
from shared.database.session import Database
from shared.errors import (
    BucketNotFoundError,
    ConflictError,
    LeaseExpiredError,
    StorageDeniedError,
    StorageError,
)
from shared.leases import Lease
from shared.storage.base import ObjectStore
from shared.storage.memory import MemoryStore
from tests.conftest import NOW, Tenant
from tests.services.ingest.bench import (
    Bench,
    counts_of,
    look_at_import,
    outcome,
    queue_import,
)
from tests.services.ingest.conftest import Ground
from tests.services.ingest.paged_stores import SmallPages, fill

CLOCK = FrozenClock(NOW)
SECOND = timedelta(seconds=1)


@dataclass
class ClosingBench(Bench):
    """A worker over a bucket that refuses the leases that were issued before `opens_at`."""

    error: StorageError = field(default_factory=lambda: StorageDeniedError("no"))
    opens_at: datetime = NOW + SECOND
    opened: list[datetime] = field(default_factory=list)

    @asynccontextmanager
    async def open_store(self, lease: Lease) -> AsyncIterator[ObjectStore]:
        assert isinstance(self.store, MemoryStore)
        self.opened.append(lease.issued_at)
        if lease.issued_at < self.opens_at:
            self.store.fail(self.error, after_pages=12)
        else:
            self.store.recover()
        yield self.store


@pytest.fixture
def store() -> MemoryStore:
    made = SmallPages(1)
    fill(made, 25)
    return made


@pytest.mark.parametrize("kind", [LeaseExpiredError, StorageDeniedError])
async def test_an_import_goes_on_with_another_lease_when_its_own_is_refused(
    database: Database, tenant: Tenant, place: Ground, store: MemoryStore, kind: type[StorageError]
) -> None:
    bench = ClosingBench(database, store, CLOCK, error=kind("refused"))
    job = await queue_import(database, tenant.org_id, place)
    await bench.jobs.run(job)
    done = await look_at_import(database, job)
    assert (done.state, counts_of(done)) == ("completed", Counts(listed=25, added=25))
    assert (bench.opened, bench.leases.refused) == ([NOW, NOW + SECOND], [NOW])


@pytest.mark.parametrize(("replaces", "opened"), [(True, [NOW, NOW + SECOND]), (False, [NOW])])
async def test_an_import_waits_when_no_lease_is_accepted(
    database: Database,
    tenant: Tenant,
    place: Ground,
    store: MemoryStore,
    *,
    replaces: bool,
    opened: list[datetime],
) -> None:
    bench = ClosingBench(database, store, CLOCK, opens_at=NOW + 9 * SECOND)
    bench.leases.replaces = replaces
    job = await queue_import(database, tenant.org_id, place)
    await bench.jobs.run(job)
    waits = outcome(await look_at_import(database, job))
    assert (waits[:3], bench.opened) == (("running", "storage-denied", None), opened)


async def test_an_import_waits_for_what_keeps_the_vault_from_replacing_a_lease(
    database: Database, tenant: Tenant, place: Ground, store: MemoryStore
) -> None:
    class BusyBench(ClosingBench):
        @asynccontextmanager
        async def open_store(self, lease: Lease) -> AsyncIterator[ObjectStore]:
            async with super().open_store(lease) as opened:
                self.leases.failure = ConflictError("The credential is being changed: try again.")
                yield opened

    job = await queue_import(database, tenant.org_id, place)
    await BusyBench(database, store, CLOCK).jobs.run(job)
    assert outcome(await look_at_import(database, job)) == ("running", "conflict", None, 10)


async def test_a_lease_is_kept_when_the_bucket_refuses_for_another_reason(
    database: Database, tenant: Tenant, place: Ground, store: MemoryStore
) -> None:
    bench = ClosingBench(database, store, CLOCK, error=BucketNotFoundError("gone"))
    job = await queue_import(database, tenant.org_id, place)
    await bench.jobs.run(job)
    assert outcome(await look_at_import(database, job)) == ("failed", None, "bucket-not-found", 10)
    assert bench.leases.refused == []
