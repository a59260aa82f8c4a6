"""A vault for a bench: every access is valid, and leases are for the buckets that it knows."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

from aiohttp import web
from pydantic import SecretStr

from shared.leases import (
    Bucket,
    Lease,
    LeaseBody,
    LeaseRequestBody,
    Operation,
    SessionKeys,
    SigningKeys,
)
from shared.tokens import read_service_token
from shared.vault import AUDIENCE, AccessVerdictBody
from tests.emulators.listing_server import serve

LEASE_LIFE = timedelta(hours=1)


@dataclass
class BenchVault:
    """Answer ingest and its workers."""

    service_key: SecretStr
    buckets: dict[UUID, Bucket] = field(default_factory=dict)

    async def vend(self, request: web.Request) -> web.Response:
        now = datetime.now(UTC)
        bearer = request.headers["Authorization"].removeprefix("Bearer ")
        caller = read_service_token(self.service_key, bearer, audience=AUDIENCE, now=now)
        asked = LeaseRequestBody.model_validate_json(await request.read())
        lease = Lease(
            org_id=caller.org_id,
            location_id=asked.location_id,
            operation=asked.operation,
            bucket=self.buckets[asked.location_id],
            prefix="",
            grant=SigningKeys("bench", None, {now.date(): b"bench"})
            if asked.operation is Operation.READ
            else SessionKeys("bench", SecretStr("bench"), SecretStr("bench")),
            issued_at=now,
            expires_at=now + LEASE_LIFE,
            renew_at=now + LEASE_LIFE / 2,
        )
        return web.json_response(text=LeaseBody.of(lease).model_dump_json())

    async def judge(self, _request: web.Request) -> web.Response:
        verdict = AccessVerdictBody(valid=True, verified_at=datetime.now(UTC), failed_checks=[])
        return web.json_response(text=verdict.model_dump_json())


@asynccontextmanager
async def serve_vault(vault: BenchVault) -> AsyncIterator[str]:
    """Serve it in the running event loop; yield the base URL."""
    application = web.Application()
    application.router.add_post("/internal/leases", vault.vend)
    application.router.add_post("/internal/locations/{location_id}/verdict", vault.judge)
    async with serve(application) as url:
        yield url
