"""Following an import over HTTP: each change, the end, and no way back behind it."""

import asyncio
import json
from uuid import UUID

import httpx

from services.ingest.ranges import RangeJob
from shared.clock import FrozenClock
from shared.database.import_ranges import list_import_ranges
from shared.database.session import Database
from shared.storage.memory import MemoryStore
from tests.conftest import Tenant
from tests.services.ingest.api.asking import complete, submit
from tests.services.ingest.bench import Bench
from tests.services.ingest.conftest import Ground


async def test_the_events_of_a_finished_import_end_at_once(
    caller: httpx.AsyncClient,
    ground: Ground,
    database: Database,
    tenant: Tenant,
    clock: FrozenClock,
) -> None:
    import_id = (await submit(caller, ground))["import_id"]
    await complete(database, tenant, UUID(import_id), clock)
    body = (await caller.get(f"/v1/imports/{import_id}")).json()
    answer = await caller.get(f"/v1/imports/{import_id}/events")
    assert answer.headers["content-type"].startswith("text/event-stream")
    *_, finished, end = answer.text.split("\n\n")
    assert end == ""
    name, event_id, data = finished.split("\n")
    assert (name, event_id) == ("event: finished", "id: finished")
    assert json.loads(data.removeprefix("data: ")) == body
    assert (body["state"], body["counts"]["added"]) == ("completed", 30)
    again = await caller.get(
        f"/v1/imports/{import_id}/events", headers={"Last-Event-ID": "finished"}
    )
    assert again.status_code == 204


async def test_a_follower_sees_an_import_to_its_end(
    caller: httpx.AsyncClient,
    ground: Ground,
    database: Database,
    tenant: Tenant,
    clock: FrozenClock,
) -> None:
    import_id = (await submit(caller, ground))["import_id"]
    following = asyncio.create_task(caller.get(f"/v1/imports/{import_id}/events"))
    async with database.begin(tenant.org_id) as session:
        (only,) = await list_import_ranges(session, UUID(import_id))
    store = MemoryStore()
    store.put("photos/a")
    job = RangeJob(tenant.org_id, UUID(import_id), only.range_id)
    await Bench(database, store, clock).jobs.run(job)
    events = [block.split("\n")[0] for block in (await following).text.split("\n\n")]
    assert events[0] == "retry: 1000"
    assert set(events[1:-2]) <= {"event: progress"}
    assert events[-2:] == ["event: finished", ""]
