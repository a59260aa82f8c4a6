"""How a listing and the assets differ: intervals of keys, and what one statement finds in them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from shared.database.asset_merge import (
    STAGED_COLUMNS,
    Differences,
    Interval,
    Place,
    Scope,
    Staged,
    end_of_prefix,
    find_cut,
    has_assets,
    plan_differences,
    stage_objects,
    write_differences,
)
from shared.database.assets import Asset
from shared.database.import_changes import ImportChange
from shared.database.session import Database
from tests.conftest import NOW, Tenant
from tests.services.ingest.grounds import lay_ground

KEYS = st.text(alphabet="ab/\x01\ud7ff\ue000\uffff\U00010000\U0010ffff", max_size=4)


def staged(key: str, **more: Any) -> Staged:
    plain = (key, 1, "etag", NOW, "STANDARD", None, "available", True)
    row: Any = tuple((dict(zip(STAGED_COLUMNS, plain, strict=True)) | more).values())
    assert len(row) == len(STAGED_COLUMNS)
    return cast("Staged", row)


@pytest.fixture
async def place(database: Database, tenant: Tenant) -> Place:
    ground = await lay_ground(database, tenant.org_id)
    return Place(tenant.org_id, ground.dataset_id, ground.location_id)


def scope_of(place: Place, interval: Interval | None = None, *, marks: bool = True) -> Scope:
    import_id = place.dataset_id  # any that no other test has
    return Scope(place, import_id, interval or Interval("", None, None), marks_missing=marks)


async def write(database: Database, scope: Scope, objects: Sequence[Staged]) -> Differences:
    async with database.begin(scope.place.org_id) as session:
        await stage_objects(session, objects)
        return await write_differences(session, scope)


async def plan(database: Database, scope: Scope, objects: Sequence[Staged]) -> Differences:
    async with database.begin(scope.place.org_id) as session:
        await stage_objects(session, objects)
        return await plan_differences(session, scope)


async def states(database: Database, place: Place) -> dict[str, str]:
    async with database.begin(place.org_id) as session:
        found = await session.scalars(select(Asset).where(Asset.dataset_id == place.dataset_id))
        return {asset.key: asset.state for asset in found}


@given(prefix=KEYS, key=KEYS)
def test_the_end_of_a_prefix_is_behind_all_that_begin_with_it_and_before_the_others(
    prefix: str, key: str
) -> None:
    end = end_of_prefix(prefix)
    begins = key.encode() >= prefix.encode() and (end is None or key.encode() < end.encode())
    assert begins is key.startswith(prefix)


@pytest.mark.parametrize(
    ("prefix", "end"),
    [
        ("", None),
        ("a/", "a0"),
        ("a\ud7ff", "a\ue000"),
        ("\U0010ffff", None),
        ("a\U0010ffff", "b"),
    ],
)
def test_the_end_of_a_prefix_is_the_next_text_that_does_not_begin_with_it(
    prefix: str, end: str | None
) -> None:
    assert end_of_prefix(prefix) == end


@pytest.mark.parametrize(
    ("interval", "gone"),
    [
        (Interval("", None, None), {"a", "a/1", "a/2", "b"}),
        (Interval("a/", None, None), {"a/1", "a/2"}),
        (Interval("", "a", "a/2"), {"a/1", "a/2"}),
        (Interval("a/", "a/1", None), {"a/2"}),
        (Interval("", None, "a"), {"a"}),
        (Interval("c", None, None), set()),
    ],
)
async def test_only_what_lies_in_the_interval_can_be_missing(
    database: Database, place: Place, interval: Interval, gone: set[str]
) -> None:
    keys = ("a", "a/1", "a/2", "b")
    await write(database, scope_of(place), [staged(key) for key in keys])
    found = await write(database, scope_of(place, interval), [])
    assert found == Differences(missing=len(gone))
    shown = await states(database, place)
    assert {key for key in keys if shown[key] == "missing"} == gone


async def test_nothing_is_missing_where_that_is_not_asked(database: Database, place: Place) -> None:
    await write(database, scope_of(place), [staged("a"), staged("b")])
    found = await write(database, scope_of(place, marks=False), [staged("b", etag="new")])
    assert found == Differences(changed=1)
    assert await states(database, place) == {"a": "available", "b": "available"}


@pytest.mark.parametrize(
    ("more", "differences"),
    [
        ({}, Differences()),
        ({"size": 2}, Differences(changed=1)),
        ({"etag": "other"}, Differences(changed=1)),
        ({"last_modified": NOW + timedelta(microseconds=1)}, Differences(changed=1)),
        ({"storage_class": "GLACIER"}, Differences(changed=1)),
        ({"version_id": "v1"}, Differences(changed=1)),
        ({"state": "archived"}, Differences(changed=1)),
        ({"selected": False}, Differences()),
        ({"selected": False, "size": 2}, Differences()),
    ],
)
async def test_each_thing_that_is_known_of_an_object_can_differ(
    database: Database, place: Place, more: dict[str, object], differences: Differences
) -> None:
    await write(database, scope_of(place), [staged("a")])
    other = [staged("a", **more)]
    assert await plan(database, scope_of(place), other) == differences
    assert await write(database, scope_of(place), other) == differences
    assert await write(database, scope_of(place), other) == Differences()


async def test_a_plan_notes_what_writing_would_do_and_leaves_the_assets(
    database: Database, place: Place
) -> None:
    await write(database, scope_of(place), [staged("a"), staged("b"), staged("c")])
    listed = [staged("a"), staged("b", etag="new"), staged("d", state="archived")]
    found = await plan(database, scope_of(place), listed)
    assert found == Differences(added=1, changed=1, missing=1)
    assert await states(database, place) == dict.fromkeys("abc", "available")
    async with database.begin(place.org_id) as session:
        rows = (await session.scalars(select(ImportChange).order_by(ImportChange.key))).all()
    assert [(row.kind, row.key, row.etag, row.state) for row in rows] == [
        ("changed", "b", "new", "available"),
        ("missing", "c", "etag", "missing"),
        ("added", "d", "etag", "archived"),
    ]
    assert [row.asset_id is None for row in rows] == [False, False, True]


async def test_what_was_staged_is_gone_with_its_transaction(
    database: Database, place: Place
) -> None:
    for key in ("a", "b", "c"):
        assert await write(database, scope_of(place, marks=False), [staged(key)]) == Differences(
            added=1
        )
    assert sorted(await states(database, place)) == ["a", "b", "c"]


async def test_the_assets_of_another_place_are_none_of_its_business(
    database: Database, tenant: Tenant, place: Place
) -> None:
    elsewhere = await lay_ground(database, tenant.org_id)
    others = [
        replace(place, location_id=elsewhere.location_id),
        replace(place, dataset_id=elsewhere.dataset_id),
    ]
    for other in (place, *others):
        await write(database, scope_of(other), [staged("a")])
    assert await write(database, scope_of(place), []) == Differences(missing=1)
    for other in others:
        assert await write(database, scope_of(other), [staged("a")]) == Differences()


async def test_an_interval_is_cut_behind_a_number_of_its_assets(
    database: Database, place: Place
) -> None:
    await write(database, scope_of(place), [staged(f"a/{number}") for number in range(8)])
    await write(database, scope_of(place, marks=False), [staged("b"), staged("0")])
    async with database.begin(place.org_id) as session:
        cuts = [
            await find_cut(session, place, interval, most=3)
            for interval in (
                Interval("", None, None),
                Interval("a/", None, None),
                Interval("a/", "a/3", None),
                Interval("a/", "a/4", None),
                Interval("a/", None, "a/2"),
            )
        ]
    assert cuts == ["a/2", "a/3", "a/7", None, None]


async def test_a_place_has_assets_where_one_is_known_be_it_missing(
    database: Database, place: Place
) -> None:
    await write(database, scope_of(place), [staged("a/1")])
    await write(database, scope_of(place), [])
    async with database.begin(place.org_id) as session:
        found = [
            await has_assets(session, place, Interval(prefix, None, None))
            for prefix in ("", "a/", "b/")
        ]
    assert found == [True, True, False]
