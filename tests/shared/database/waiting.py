"""Wait until a transaction waits for another one, so that a race is run on purpose."""

import asyncio

from sqlalchemy import text

from shared.database.session import NO_ORG, Database


async def until_somebody_waits(database: Database) -> None:
    """Return when a transaction of this server waits for a lock; fail when none does soon."""
    async with asyncio.timeout(10):
        while True:
            async with database.begin(NO_ORG) as session:
                query = text("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)")
                if (await session.execute(query)).scalar_one():
                    return
            await asyncio.sleep(0.001)
