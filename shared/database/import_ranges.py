"""Import ranges: half-open slices of the key space, each with the cursor that makes it exact."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Text, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from shared.database.base import KEY_COLLATION, NewId, Table


class ImportRange(Table):
    """The keys in `(lower, upper]` of one import; None is an open end.

    `cursor` is the last key whose page was applied, `lower` before the first page.
    """

    __tablename__ = "import_range"
    __table_args__ = (CheckConstraint("state IN ('open', 'done')", name="state"),)

    range_id: Mapped[NewId]
    org_id: Mapped[UUID] = mapped_column(ForeignKey("organization.org_id"), index=True)
    import_id: Mapped[UUID] = mapped_column(ForeignKey("import_job.import_id"), index=True)
    lower: Mapped[str | None] = mapped_column(Text(collation=KEY_COLLATION))
    upper: Mapped[str | None] = mapped_column(Text(collation=KEY_COLLATION))
    cursor: Mapped[str | None] = mapped_column(Text(collation=KEY_COLLATION))
    state: Mapped[str]


async def add_import_range(session: AsyncSession, org_id: UUID, import_id: UUID) -> UUID:
    """Store an open range over the whole key space and return its id."""
    added = ImportRange(org_id=org_id, import_id=import_id, state="open")
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
        .order_by(ImportRange.lower.asc().nulls_first())
    )
    return (await session.scalars(query)).all()


async def move_cursor(
    session: AsyncSession, range_id: UUID, *, after: str | None, last: str | None, done: bool
) -> bool:
    """Move an open range's cursor from `after` to `last`; False when somebody else moved it.

    It is the first statement of every page transaction. The row lock makes a second worker wait
    for the first one's commit, and then its `after` is no longer the cursor: it touches no row
    and must write nothing.
    """
    moved = await session.execute(
        update(ImportRange)
        .where(
            ImportRange.range_id == range_id,
            ImportRange.state == "open",
            ImportRange.cursor.is_not_distinct_from(after),
        )
        .values(cursor=last, state="done" if done else "open")
        .returning(ImportRange.range_id)
    )
    return moved.one_or_none() is not None
