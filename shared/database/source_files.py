"""Source files: the keys that a caller listed for an import."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy import Text, insert, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from shared.database.base import KEY_COLLATION, Table


class ImportSourceFile(Table):
    """One listed key of an import. Without foreign keys, since there may be millions of them."""

    __tablename__ = "import_source_file"

    import_id: Mapped[UUID] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(Text(collation=KEY_COLLATION), primary_key=True)
    org_id: Mapped[UUID]


async def add_source_files(
    session: AsyncSession, org_id: UUID, import_id: UUID, keys: Iterable[str]
) -> None:
    """Store the keys, each of which must be given once."""
    rows = [{"org_id": org_id, "import_id": import_id, "key": key} for key in keys]
    if rows:
        await session.execute(insert(ImportSourceFile), rows)


async def add_new_source_files(
    session: AsyncSession, org_id: UUID, import_id: UUID, keys: Sequence[str]
) -> int:
    """Store those of the keys that the import does not list yet; return how many they are."""
    if not keys:
        return 0
    values = {"org_id": org_id, "import_id": import_id, "keys": list(keys)}
    added: int = (await session.execute(text(_ADD_NEW), values)).scalar_one()
    return added


async def list_source_files(
    session: AsyncSession,
    import_id: UUID,
    *,
    after: str | None,
    upper: str | None = None,
    limit: int,
) -> Sequence[str]:
    """Return the next keys after the cursor and up to `upper`, in key order."""
    query = (
        select(ImportSourceFile.key)
        .where(ImportSourceFile.import_id == import_id)
        .order_by(ImportSourceFile.key)
        .limit(limit)
    )
    if after is not None:
        query = query.where(ImportSourceFile.key > after)
    if upper is not None:
        query = query.where(ImportSourceFile.key <= upper)
    return (await session.scalars(query)).all()


async def list_boundaries(session: AsyncSession, import_id: UUID, *, pieces: int) -> Sequence[str]:
    """Return keys, fewer than `pieces`, that cut an import's source files in equal parts."""
    values = {"import_id": import_id, "pieces": pieces}
    return (await session.scalars(text(_BOUNDARIES), values)).all()


_ADD_NEW = """
WITH added AS (
  INSERT INTO import_source_file (org_id, import_id, key)
  SELECT CAST(:org_id AS uuid), CAST(:import_id AS uuid), each.key
  FROM unnest(CAST(:keys AS text[])) AS each (key)
  ON CONFLICT DO NOTHING RETURNING 1
)
SELECT count(*) FROM added
"""

_BOUNDARIES = """
SELECT max(key) FROM (
  SELECT key, ntile(:pieces) OVER (ORDER BY key) AS piece
  FROM import_source_file WHERE import_id = :import_id
) AS numbered
WHERE piece < :pieces GROUP BY piece ORDER BY piece
"""
