"""Import ranges: a cursor that one worker alone can move."""

import asyncio
from dataclasses import dataclass, replace
from uuid import UUID

import pytest

from shared.database.import_jobs import NewImport, add_import_job
from shared.database.import_ranges import (
    add_import_range,
    find_import_range,
    list_import_ranges,
    move_cursor,
    rewind_range,
    split_range,
)
from shared.database.session import Database
from tests.conftest import Tenant
from tests.services.ingest.grounds import lay_ground
from tests.shared.database.waiting import until_somebody_waits


@dataclass(frozen=True, slots=True)
class Range:
    """An open range of the tenant's."""

    database: Database
    org_id: UUID
    import_id: UUID
    range_id: UUID

    async def move(
        self,
        after: str | None,
        last: str | None,
        *,
        upper: str | None = None,
        done: bool = False,
    ) -> bool:
        async with self.database.begin(self.org_id) as session:
            return await move_cursor(
                session, self.range_id, after=after, last=last, upper=upper, done=done
            )

    async def cut(
        self, cursor: str | None, boundaries: list[str], *, upper: str | None = None
    ) -> list[UUID]:
        async with self.database.begin(self.org_id) as session:
            return await split_range(
                session, self.range_id, cursor=cursor, upper=upper, boundaries=boundaries
            )

    async def rewind(self) -> bool:
        async with self.database.begin(self.org_id) as session:
            return await rewind_range(session, self.range_id)

    async def mark(self) -> None:
        """Let the range mark what it sees, as in a listing without order."""
        async with self.database.begin(self.org_id) as session:
            found = await find_import_range(session, self.range_id)
            assert found is not None
            found.kind = "mark"

    async def others(self) -> list[tuple[str | None, str | None, str | None, str]]:
        """Return the bounds, cursors and states of all ranges of the import."""
        async with self.database.begin(self.org_id) as session:
            found = await list_import_ranges(session, self.import_id)
            return [(each.lower, each.upper, each.cursor, each.state) for each in found]

    async def stand(self) -> tuple[str | None, str]:
        async with self.database.begin(self.org_id) as session:
            found = await find_import_range(session, self.range_id)
            assert found is not None
            return found.cursor, found.state


@pytest.fixture
async def open_range(database: Database, tenant: Tenant) -> Range:
    ground = await lay_ground(database, tenant.org_id)
    async with database.begin(tenant.org_id) as session:
        new = NewImport(
            org_id=tenant.org_id,
            dataset_id=ground.dataset_id,
            location_id=ground.location_id,
            selection="prefix",
            prefix="",
        )
        job = await add_import_job(session, new)
        job.state = "running"
        await session.flush()
        range_id = await add_import_range(session, tenant.org_id, job.import_id)
    return Range(database, tenant.org_id, job.import_id, range_id)


async def test_a_cursor_moves_from_where_it_is_and_from_nowhere_else(open_range: Range) -> None:
    assert await open_range.move("a", "b") is False
    assert await open_range.move(None, "a") is True
    assert await open_range.move(None, "a") is False
    assert await open_range.move("A", "b") is False
    assert await open_range.move("a", "b") is True
    assert await open_range.stand() == ("b", "open")


async def test_a_range_that_is_done_moves_no_more(open_range: Range) -> None:
    assert await open_range.move(None, None, done=True) is True
    assert await open_range.move(None, None, done=True) is False
    assert await open_range.move(None, "a") is False
    assert await open_range.stand() == (None, "done")


@pytest.mark.parametrize("key", ["", "caf\u00e9", "cafe\u0301", "a\nb", "\U0001f600", " a "])
async def test_a_cursor_is_compared_byte_by_byte(open_range: Range, key: str) -> None:
    assert await open_range.move(None, key) is True
    for other in (key + " ", key.upper() + "x", key + "\u0301"):
        assert await open_range.move(other, "z") is False
    assert await open_range.move(key, "z") is True


async def test_a_second_worker_waits_for_the_first_ones_commit_and_then_moves_nothing(
    database: Database, open_range: Range
) -> None:
    async with database.begin(open_range.org_id) as session:
        first = await move_cursor(
            session, open_range.range_id, after=None, last="a", upper=None, done=False
        )
        second = asyncio.create_task(open_range.move(None, "b"))
        await until_somebody_waits(database)
    assert (first, await second) == (True, False)
    assert await open_range.stand() == ("a", "open")


async def test_a_second_worker_goes_on_where_the_first_one_was_rolled_back(
    database: Database, open_range: Range
) -> None:
    async with database.begin(open_range.org_id) as session:
        await move_cursor(
            session, open_range.range_id, after=None, last="a", upper=None, done=False
        )
        second = asyncio.create_task(open_range.move(None, "b"))
        await until_somebody_waits(database)
        await session.rollback()
    assert await second is True
    assert await open_range.stand() == ("b", "open")


async def test_of_many_workers_at_the_same_page_one_applies_it(open_range: Range) -> None:
    moved = await asyncio.gather(*(open_range.move(None, f"page {n}") for n in range(8)))
    assert sorted(moved) == [False] * 7 + [True]
    assert await open_range.stand() == (f"page {moved.index(True)}", "open")


async def test_another_organization_moves_nothing(open_range: Range, other_tenant: Tenant) -> None:
    foreign = replace(open_range, org_id=other_tenant.org_id)
    assert await foreign.move(None, "a") is False
    assert await foreign.cut(None, ["a"]) == []
    await foreign.rewind()
    assert await open_range.stand() == (None, "open")


async def test_a_range_is_cut_into_pieces_that_join(open_range: Range) -> None:
    assert await open_range.move(None, "b") is True
    assert len(await open_range.cut("b", ["d", "f"])) == 2
    assert await open_range.others() == [
        (None, "d", "b", "open"),
        ("d", "f", "d", "open"),
        ("f", None, "f", "open"),
    ]
    assert len(await open_range.cut("b", ["c"], upper="d")) == 1
    assert [bounds[:2] for bounds in await open_range.others()] == [
        (None, "c"),
        ("c", "d"),
        ("d", "f"),
        ("f", None),
    ]


async def test_a_range_is_cut_where_it_stands_and_not_elsewhere(open_range: Range) -> None:
    assert await open_range.move(None, "b") is True
    assert await open_range.cut(None, ["d"]) == []
    assert await open_range.cut("a", ["d"]) == []
    assert await open_range.cut("b", ["d"], upper="z") == []
    assert await open_range.others() == [(None, None, "b", "open")]
    await open_range.move("b", None, done=True)
    assert await open_range.cut(None, ["d"]) == []
    assert await open_range.others() == [(None, None, None, "done")]


async def test_a_range_that_was_cut_moves_no_more_behind_its_old_bound(open_range: Range) -> None:
    await open_range.cut(None, ["d"])
    assert await open_range.move(None, "b") is False
    assert await open_range.move(None, "b", upper="e") is False
    assert await open_range.move(None, "b", upper="d") is True
    assert await open_range.stand() == ("b", "open")


async def test_of_a_cut_and_a_step_at_the_same_time_one_is_made(
    database: Database, open_range: Range
) -> None:
    async with database.begin(open_range.org_id) as session:
        await split_range(session, open_range.range_id, cursor=None, upper=None, boundaries=["d"])
        stepping = asyncio.create_task(open_range.move(None, "b"))
        await until_somebody_waits(database)
    assert await stepping is False
    assert await open_range.others() == [(None, "d", None, "open"), ("d", None, "d", "open")]


async def test_an_open_range_that_marks_begins_again_and_others_do_not(open_range: Range) -> None:
    (second,) = await open_range.cut(None, ["d"])
    behind = replace(open_range, range_id=second)
    assert await behind.move("d", "e") is True
    assert await behind.rewind() is False
    assert await behind.stand() == ("e", "open")
    await behind.mark()
    assert await behind.rewind() is True
    assert await behind.stand() == ("d", "open")
    await behind.move("d", None, done=True)
    assert await behind.rewind() is False
    assert await behind.stand() == (None, "done")
