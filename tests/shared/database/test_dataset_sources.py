"""Dataset sources: the widest prefixes that a dataset was imported from, none in another."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest

from shared.database.dataset_sources import list_dataset_sources, remember_source
from shared.database.session import Database
from tests.conftest import Tenant
from tests.services.ingest.grounds import Ground, lay_ground


@dataclass(frozen=True)
class Sources:
    """The sources of one dataset."""

    database: Database
    org_id: UUID
    ground: Ground

    async def remember(self, prefix: str, **more: Any) -> None:
        async with self.database.begin(self.org_id) as session:
            await remember_source(
                session,
                org_id=self.org_id,
                dataset_id=self.ground.dataset_id,
                location_id=more.pop("location_id", self.ground.location_id),
                prefix=prefix,
                filters=more.pop("filters", None),
                pin_versions=more.pop("pin_versions", False),
            )

    async def known(self) -> list[tuple[str, Any, bool]]:
        async with self.database.begin(self.org_id) as session:
            found = await list_dataset_sources(session, self.ground.dataset_id)
            return [(each.prefix, each.filters, each.pin_versions) for each in found]


@pytest.fixture
async def sources(database: Database, tenant: Tenant) -> Sources:
    return Sources(database, tenant.org_id, await lay_ground(database, tenant.org_id))


async def test_prefixes_beside_each_other_are_all_remembered(sources: Sources) -> None:
    for prefix in ("b/", "a/", "a%", "a_/"):
        await sources.remember(prefix)
    assert [prefix for prefix, *_ in await sources.known()] == ["a%", "a/", "a_/", "b/"]


async def test_a_wider_prefix_takes_the_place_of_those_below_it(sources: Sources) -> None:
    for prefix in ("a/b/", "a/c", "b/", "a/"):
        await sources.remember(prefix)
    assert [prefix for prefix, *_ in await sources.known()] == ["a/", "b/"]
    await sources.remember("")
    assert [prefix for prefix, *_ in await sources.known()] == [""]


async def test_a_prefix_below_one_that_is_known_is_not_remembered(sources: Sources) -> None:
    await sources.remember("a/", filters={"extensions": ["jpg"]})
    await sources.remember("a/b/", pin_versions=True)
    assert await sources.known() == [("a/", {"extensions": ["jpg"]}, False)]


async def test_the_last_import_of_a_prefix_says_how_it_is_synced(sources: Sources) -> None:
    await sources.remember("a/", filters={"extensions": ["jpg"]})
    await sources.remember("a/", filters={"min_size": 1}, pin_versions=True)
    assert await sources.known() == [("a/", {"min_size": 1}, True)]
    await sources.remember("a/")
    assert await sources.known() == [("a/", None, False)]


async def test_locations_and_datasets_are_kept_apart(
    database: Database, tenant: Tenant, sources: Sources
) -> None:
    other = await lay_ground(database, tenant.org_id)
    await sources.remember("a/")
    await sources.remember("", location_id=other.location_id)
    assert sorted(prefix for prefix, *_ in await sources.known()) == ["", "a/"]
    assert await Sources(database, tenant.org_id, other).known() == []
