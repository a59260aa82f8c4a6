"""Samples of what an import found: spread evenly, and only of what should be readable."""

from uuid import UUID, uuid4

import pytest

from shared.database.import_changes import (
    ImportChange,
    SampledObject,
    Unreadable,
    count_unreadable,
    list_import_changes,
    list_sample,
    note_unreadable,
)
from shared.database.session import Database
from tests.conftest import NOW, Tenant

DENIED = Unreadable("storage-denied", "No.")
COLD = Unreadable("object-archived", "Restore it.")


def change(
    tenant: Tenant, import_id: UUID, key: str, *, kind: str = "added", state: str = "available"
) -> ImportChange:
    return ImportChange(
        import_id=import_id,
        key=key,
        org_id=tenant.org_id,
        kind=kind,
        size=1,
        etag="e",
        last_modified=NOW,
        storage_class="STANDARD",
        version_id=f"version of {key}",
        state=state,
    )


async def add(database: Database, tenant: Tenant, *changes: ImportChange) -> None:
    async with database.begin(tenant.org_id) as session:
        session.add_all(changes)


async def sample(
    database: Database,
    tenant: Tenant,
    import_id: UUID,
    *,
    after: str | None = None,
    last: str | None = None,
) -> list[SampledObject]:
    async with database.begin(tenant.org_id) as session:
        return await list_sample(session, import_id, after=after, last=last, most=5)


@pytest.mark.parametrize(
    ("total", "places"),
    [
        (0, []),
        (1, [0]),
        (4, [0, 1, 2, 3]),
        (5, [0, 1, 2, 3, 4]),
        (6, [0, 2, 3, 4, 5]),
        (9, [0, 2, 4, 6, 8]),
        (10, [0, 2, 4, 6, 8]),
        (23, [0, 5, 10, 14, 19]),
    ],
)
async def test_a_sample_is_as_large_as_it_may_be_and_spread_evenly(
    database: Database, tenant: Tenant, total: int, places: list[int]
) -> None:
    import_id = uuid4()
    await add(
        database, tenant, *(change(tenant, import_id, f"{place:03}") for place in range(total))
    )
    keys = [f"{place:03}" for place in places]
    assert await sample(database, tenant, import_id) == [
        SampledObject(key, f"version of {key}", total / len(keys)) for key in keys
    ]


@pytest.mark.parametrize(
    ("after", "last", "keys"),
    [
        (None, "003", ["000", "001", "002", "003"]),
        ("003", "013", ["004", "006", "008", "010", "012"]),
        ("017", None, ["018", "019"]),
        ("019", None, []),
    ],
)
async def test_a_sample_is_of_an_interval_of_keys(
    database: Database, tenant: Tenant, after: str | None, last: str | None, keys: list[str]
) -> None:
    import_id = uuid4()
    await add(database, tenant, *(change(tenant, import_id, f"{n:03}") for n in range(20)))
    found = await sample(database, tenant, import_id, after=after, last=last)
    assert [each.key for each in found] == keys


async def test_only_what_came_or_changed_and_is_available_is_in_a_sample(
    database: Database, tenant: Tenant
) -> None:
    import_id, other = uuid4(), uuid4()
    await add(
        database,
        tenant,
        change(tenant, import_id, "added"),
        change(tenant, import_id, "changed", kind="changed"),
        change(tenant, import_id, "cold", kind="changed", state="archived"),
        change(tenant, import_id, "gone", kind="missing", state="missing"),
        change(tenant, import_id, "moved", kind="moved"),
        change(tenant, import_id, "restored", kind="restored"),
        change(tenant, other, "other"),
    )
    found = await sample(database, tenant, import_id)
    assert [each.key for each in found] == ["added", "changed", "restored"]


async def test_what_cannot_be_read_is_noted_counted_and_listed(
    database: Database, tenant: Tenant
) -> None:
    import_id, other = uuid4(), uuid4()
    await add(
        database,
        tenant,
        *(change(tenant, import_id, key) for key in "abcd"),
        change(tenant, other, "a"),
    )
    async with database.begin(tenant.org_id) as session:
        await note_unreadable(session, import_id, {"a": DENIED, "d": DENIED, "b": COLD})
    async with database.begin(tenant.org_id) as session:
        assert list((await count_unreadable(session, import_id)).items()) == [
            ("storage-denied", 2),
            ("object-archived", 1),
        ]
        assert await count_unreadable(session, other) == {}
        listed = {
            unreadable: [
                (each.key, each.unreadable)
                for each in await list_import_changes(
                    session, import_id, unreadable=unreadable, after=None, limit=10
                )
            ]
            for unreadable in (None, True, False)
        }
    assert listed == {
        None: [("a", DENIED), ("b", COLD), ("c", None), ("d", DENIED)],
        True: [("a", DENIED), ("b", COLD), ("d", DENIED)],
        False: [("c", None)],
    }
