"""The queue's connections notice a Postgres that falls silent."""

from typing import cast
from uuid import UUID

from procrastinate import PsycopgConnector
from pydantic import SecretStr

from services.ingest.queue import make_queue
from services.ingest.ranges import RangeJob


async def run_nothing(_job: RangeJob) -> None:
    pass


async def sync_nothing(_org_id: UUID, _dataset_id: UUID) -> None:
    pass


async def test_a_connection_of_the_queue_waits_for_nothing_for_ever(
    database_url: SecretStr,
) -> None:
    queue = make_queue(database_url, run_nothing, sync_nothing, concurrency=1)
    async with queue.open_async():
        pool = cast("PsycopgConnector", queue.connector).pool
        async with pool.connection() as connection:
            asked = connection.info.get_parameters()
            limit = await (await connection.execute("SHOW statement_timeout")).fetchone()
    assert limit is not None
    assert "30s" in (limit.values() if isinstance(limit, dict) else limit)
    assert {name: asked[name] for name in asked if "keep" in name or "timeout" in name} == {
        "connect_timeout": "5",
        "keepalives": "1",
        "keepalives_idle": "10",
        "keepalives_interval": "5",
        "keepalives_count": "3",
        "tcp_user_timeout": "15000",
    }
