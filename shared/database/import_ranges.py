"""Import ranges: the pieces of an import's work, each with the cursor that makes it exact."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import (
    CheckConstraint,
    ForeignKeyConstraint,
    Text,
    cast,
    delete,
    exists,
    func,
    select,
)
from sqlalchemy import update as update_rows
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from shared.database.base import KEY_COLLATION, NewId, Table

_NOTHING = cast({}, JSONB)


class ImportRange(Table):
    """A piece of one import that one worker at a time walks from its cursor on.

    | kind | is | cursor |
    |---|---|---|
    | `list` | the keys in `(lower, upper]`, or the source files among them; None is an open end | \
the last key that was applied, `lower` at first |
    | `mark` | the whole listing of a store that has no order | a continuation token |
    | `read` | a manifest, whose lines become source files | the lines that were read |
    | `file` | one data file of an inventory, in `work` | the rows that were applied |
    | `sweep` | the assets in key order, of which those not seen are missing | a key |
    | `probe` | the objects that are tried, whether they can be read | none |
    | `plan` | the step from what was found to what is applied | none |
    | `apply` | the planned changes in key order | a key |
    """

    __tablename__ = "import_range"
    __table_args__ = (
        CheckConstraint("state IN ('open', 'done')", name="state"),
        CheckConstraint(
            "kind IN ('list', 'mark', 'read', 'file', 'sweep', 'probe', 'plan', 'apply')",
            name="kind",
        ),
        ForeignKeyConstraint(
            ["org_id", "import_id"], ["import_job.org_id", "import_job.import_id"]
        ),
    )

    range_id: Mapped[NewId]
    org_id: Mapped[UUID]
    import_id: Mapped[UUID] = mapped_column(index=True)
    kind: Mapped[str]
    work: Mapped[dict[str, JsonValue] | None] = mapped_column(JSONB(none_as_null=True))
    lower: Mapped[str | None] = mapped_column(Text(collation=KEY_COLLATION))
    upper: Mapped[str | None] = mapped_column(Text(collation=KEY_COLLATION))
    cursor: Mapped[str | None] = mapped_column(Text(collation=KEY_COLLATION))
    state: Mapped[str]


async def add_import_range(
    session: AsyncSession,
    org_id: UUID,
    import_id: UUID,
    *,
    kind: str = "list",
    lower: str | None = None,
    upper: str | None = None,
    work: Mapping[str, JsonValue] | None = None,
) -> UUID:
    """Store an open range, by default over the whole key space, and return its id."""
    added = ImportRange(
        org_id=org_id,
        import_id=import_id,
        kind=kind,
        work=None if work is None else dict(work),
        lower=lower,
        upper=upper,
        cursor=lower,
        state="open",
    )
    session.add(added)
    await session.flush()
    return added.range_id


async def find_import_range(session: AsyncSession, range_id: UUID) -> ImportRange | None:
    """Return the range, or None when its import is gone."""
    return await session.get(ImportRange, range_id)


async def list_import_ranges(session: AsyncSession, import_id: UUID) -> Sequence[ImportRange]:
    """Return the ranges of an import in key order."""
    query = (
        select(ImportRange)
        .where(ImportRange.import_id == import_id)
        .order_by(ImportRange.lower.asc().nulls_first(), ImportRange.range_id)
    )
    return (await session.scalars(query)).all()


async def list_open_ranges(session: AsyncSession, import_id: UUID) -> Sequence[UUID]:
    """Return the ids of an import's open ranges, oldest first."""
    query = (
        select(ImportRange.range_id)
        .where(ImportRange.import_id == import_id, ImportRange.state == "open")
        .order_by(ImportRange.range_id)
    )
    return (await session.scalars(query)).all()


async def count_open_ranges(session: AsyncSession, import_id: UUID) -> int:
    """Return how many ranges of an import are open."""
    query = (
        select(func.count())
        .select_from(ImportRange)
        .where(ImportRange.import_id == import_id, ImportRange.state == "open")
    )
    return (await session.execute(query)).scalar_one()


async def has_open_range(session: AsyncSession, import_id: UUID) -> bool:
    """Say whether a range of the import is open."""
    is_open = exists().where(ImportRange.import_id == import_id, ImportRange.state == "open")
    return bool(await session.scalar(select(is_open)))


async def has_older_range(session: AsyncSession, younger: ImportRange) -> bool:
    """Say whether an older range of the same import is open."""
    older = exists().where(
        ImportRange.import_id == younger.import_id,
        ImportRange.state == "open",
        ImportRange.range_id < younger.range_id,
    )
    return bool(await session.scalar(select(older)))


async def move_cursor(
    session: AsyncSession,
    range_id: UUID,
    *,
    after: str | None,
    last: str | None,
    upper: str | None,
    done: bool,
) -> bool:
    """Move an open range's cursor from `after` to `last`; False when somebody else moved it.

    It is the first statement of every page transaction. The row lock makes a second worker wait
    for the first one's commit, and then its `after` is no longer the cursor, or its `upper` no
    longer the bound: it touches no row and must write nothing.
    """
    moved = await session.execute(
        update_rows(ImportRange)
        .where(
            ImportRange.range_id == range_id,
            ImportRange.state == "open",
            ImportRange.cursor.is_not_distinct_from(after),
            ImportRange.upper.is_not_distinct_from(upper),
        )
        .values(cursor=last, state="done" if done else "open")
        .returning(ImportRange.range_id)
    )
    return moved.one_or_none() is not None


async def lock_ranges(session: AsyncSession, import_id: UUID) -> None:
    """Let no other transaction cut a range of the import until this one ends."""
    key = func.hashtextextended(f"ranges {import_id}", 0)
    await session.execute(select(func.pg_advisory_xact_lock(key)))


async def split_range(
    session: AsyncSession,
    range_id: UUID,
    *,
    cursor: str | None,
    upper: str | None,
    boundaries: Sequence[str],
) -> list[UUID]:
    """Cut an open range at the boundaries, which ascend between its cursor and its upper bound.

    It keeps what lies before the first one. Return the ids of the new ranges, in key order; none,
    and nothing is cut, when somebody else has moved the cursor or the bound.
    """
    cut = await session.execute(
        update_rows(ImportRange)
        .where(
            ImportRange.range_id == range_id,
            ImportRange.state == "open",
            ImportRange.cursor.is_not_distinct_from(cursor),
            ImportRange.upper.is_not_distinct_from(upper),
        )
        .values(upper=boundaries[0])
        .returning(ImportRange.org_id, ImportRange.import_id)
    )
    found = cut.one_or_none()
    if found is None:
        return []
    return [
        await add_import_range(session, found.org_id, found.import_id, lower=lower, upper=end)
        for lower, end in zip(boundaries, [*boundaries[1:], upper], strict=True)
    ]


async def delete_import_ranges(session: AsyncSession, import_id: UUID) -> None:
    """Delete all ranges of an import, which begins anew."""
    await session.execute(delete(ImportRange).where(ImportRange.import_id == import_id))


async def rewind_range(session: AsyncSession, range_id: UUID) -> bool:
    """Let an open range that marks begin again, and say whether it was one."""
    rewound = await session.scalars(
        update_rows(ImportRange)
        .where(
            ImportRange.range_id == range_id,
            ImportRange.state == "open",
            ImportRange.kind == "mark",
        )
        .values(cursor=ImportRange.lower)
        .returning(ImportRange.range_id)
    )
    return rewound.one_or_none() is not None


async def note_in_range(
    session: AsyncSession, range_id: UUID, noted: Mapping[str, JsonValue]
) -> None:
    """Keep with an open range what whoever goes on with it must know."""
    await session.execute(
        update_rows(ImportRange)
        .where(ImportRange.range_id == range_id)
        .values(work=func.coalesce(ImportRange.work, _NOTHING).concat(dict(noted)))
    )
