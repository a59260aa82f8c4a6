"""An unchanged bucket: importing it again reads, and writes no row of it."""

from collections.abc import AsyncIterator, Sequence

import pytest
from pydantic import SecretStr
from sqlalchemy import text

from shared.clock import FrozenClock
from shared.database.session import NO_ORG, Database
from tests.conftest import NOW, add_tenant
from tests.services.ingest.grounds import lay_ground
from tests.services.ingest.paged_stores import SmallPages, fill
from tests.services.ingest.scenes import Scene

KEYS = 300
TABLES = ("asset", "asset_version", "import_change")
Tuples = dict[str, tuple[int, int, int]]


@pytest.fixture
async def alone(own_database_url: SecretStr) -> AsyncIterator[Scene]:
    """A scene in a database of its own, reached by one connection: it counts what it wrote."""
    database = Database(own_database_url, pool_size=1)
    tenant = await add_tenant(database)
    ground = await lay_ground(database, tenant.org_id)
    yield Scene(database, tenant.org_id, ground, FrozenClock(NOW), SmallPages(20))
    await database.close()


async def written(scene: Scene) -> Tuples:
    """Return how many rows were inserted, updated and deleted in each table so far."""
    async with scene.database.begin(NO_ORG) as session:
        await session.execute(text("SELECT pg_stat_force_next_flush()"))
    async with scene.database.begin(NO_ORG) as session:
        found = await session.execute(
            text(
                "SELECT relname, n_tup_ins, n_tup_upd, n_tup_del FROM pg_stat_user_tables"
                " WHERE relname = ANY(:tables)"
            ),
            {"tables": list(TABLES)},
        )
        return {row[0]: tuple(row[1:]) for row in found}


@pytest.mark.parametrize("unordered", [False, True], ids=["ordered", "unordered"])
@pytest.mark.parametrize("source_files", [None, [f"{number:03}" for number in range(KEYS)]])
async def test_an_unchanged_bucket_is_imported_again_without_writing_a_row(
    alone: Scene, source_files: Sequence[str] | None, *, unordered: bool
) -> None:
    alone.use(SmallPages(20, unordered=unordered))
    fill(alone.store, KEYS, body=b"content")
    await alone.sync(source_files=source_files)
    before, writers = await written(alone), await alone.writers()
    assert before == {
        "asset": (KEYS, 0, 0),
        "asset_version": (0, 0, 0),
        "import_change": (0, 0, 0),
    }
    for plan in ("none", "dry_run"):
        again = await alone.sync(source_files=source_files, plan=plan)
        assert (again.state, again.listed, again.unchanged) == ("completed", KEYS, KEYS)
    assert await written(alone) == before
    assert await alone.writers() == writers


async def test_only_what_differs_is_written(alone: Scene) -> None:
    fill(alone.store, KEYS, body=b"content")
    await alone.sync()
    before, writers = await written(alone), await alone.writers()
    alone.store.put("000", b"changed")
    alone.store.remove("001")
    alone.store.put("new")
    await alone.sync()
    assert before["asset"] == (KEYS, 0, 0)
    assert await written(alone) == {
        "asset": (KEYS + 1, 2, 0),
        "asset_version": (1, 0, 0),
        "import_change": (3, 0, 0),
    }
    after = await alone.writers()
    assert {key for key in writers if after[key] != writers[key]} == {"000", "001"}
