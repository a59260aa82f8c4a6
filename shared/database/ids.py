"""Ids of rows that must be known before the row is written, as a seal needs them."""

from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession


async def new_id(session: AsyncSession) -> UUID:
    """Return an id that sorts after the earlier ones, like those that the tables make."""
    made: UUID = (await session.execute(select(func.uuidv7()))).scalar_one()
    return made
