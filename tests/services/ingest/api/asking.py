"""What tests ask of ingest's routes, and what a worker would do meanwhile."""

from typing import Any
from uuid import UUID, uuid4

import httpx

from shared.clock import FrozenClock
from shared.database.api_keys import ApiKey
from shared.database.import_progress import Counts, add_counts, complete_import, start_import
from shared.database.import_ranges import list_import_ranges, move_cursor
from shared.database.session import Database
from shared.tokens import mint_api_key, parse_api_key
from tests.conftest import Tenant
from tests.services.ingest.conftest import Ground


def selection_of(ground: Ground, **more: object) -> dict[str, object]:
    return {"dataset_id": str(ground.dataset_id), "location_id": str(ground.location_id), **more}


async def narrowed(database: Database, tenant: Tenant, scopes: list[str]) -> Tenant:
    """Return the tenant with another key, of these scopes."""
    api_key_id = uuid4()
    api_key = mint_api_key(tenant.org_id, api_key_id).get_secret_value()
    token = parse_api_key(api_key)
    assert token is not None
    async with database.begin(tenant.org_id) as session:
        session.add(
            ApiKey(
                api_key_id=api_key_id,
                org_id=tenant.org_id,
                name="narrow",
                secret_hash=token.secret_hash,
                scopes=scopes,
            )
        )
    return Tenant(tenant.org_id, api_key)


async def submit(caller: httpx.AsyncClient, ground: Ground, **more: object) -> dict[str, Any]:
    answer = await caller.post("/v1/imports", json=selection_of(ground, **more))
    assert answer.status_code == 202, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def complete(database: Database, tenant: Tenant, import_id: UUID, clock: FrozenClock) -> None:
    async with database.begin(tenant.org_id) as session:
        await start_import(session, import_id, clock.now())
        (only,) = await list_import_ranges(session, import_id)
        await move_cursor(session, only.range_id, after=None, last=None, upper=None, done=True)
        assert await add_counts(session, import_id, Counts(listed=30, added=30))
        await complete_import(session, import_id, clock.now(), warnings=[])


async def pages_of(
    caller: httpx.AsyncClient, path: str, **query: str | int
) -> list[list[dict[str, Any]]]:
    """Return the items of each page of a list."""
    pages = []
    cursor: str | None = None
    while True:
        more = {"cursor": cursor} if cursor else {}
        answer = await caller.get(path, params={**query, **more})
        assert answer.status_code == 200, answer.text
        pages.append(answer.json()["items"])
        if (cursor := answer.json()["next_cursor"]) is None:
            return pages
