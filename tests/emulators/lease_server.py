"""A vault that only vends leases to list and finds access valid, while the real one is away."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

from aiohttp import web
from pydantic import SecretStr

from shared.leases import Bucket, Lease, LeaseBody, LeaseRequestBody, SessionKeys
from shared.tokens import read_service_token
from shared.vault import AUDIENCE, AccessVerdictBody
from tests.emulators.listing_server import serve

LEASE_LIFE = timedelta(hours=1)


@asynccontextmanager
async def lease_server(service_key: SecretStr, bucket: Bucket) -> AsyncIterator[str]:
    """Vend leases of one bucket to whoever holds the services' key; yield the base URL.

    A refused lease is followed by one of the next session: `session-1`, `session-2`, …
    """
    session = 1

    async def vend(request: web.Request) -> web.Response:
        nonlocal session
        now = datetime.now(UTC)
        bearer = request.headers["Authorization"].removeprefix("Bearer ")
        caller = read_service_token(service_key, bearer, audience=AUDIENCE, now=now)
        asked = LeaseRequestBody.model_validate_json(await request.read())
        if asked.refused_issued_at is not None:
            session += 1
        lease = Lease(
            org_id=caller.org_id,
            location_id=asked.location_id,
            operation=asked.operation,
            bucket=bucket,
            prefix="",
            grant=SessionKeys("ASIAEXAMPLE", SecretStr("secret"), SecretStr(f"session-{session}")),
            issued_at=now,
            expires_at=now + LEASE_LIFE,
            renew_at=now + LEASE_LIFE / 2,
        )
        return web.json_response(text=LeaseBody.of(lease).model_dump_json())

    async def judge(_request: web.Request) -> web.Response:
        verdict = AccessVerdictBody(valid=True, verified_at=datetime.now(UTC), failed_checks=[])
        return web.json_response(text=verdict.model_dump_json())

    application = web.Application()
    application.router.add_post("/internal/leases", vend)
    application.router.add_post("/internal/locations/{location_id}/verdict", judge)
    async with serve(application) as url:
        yield url
