"""Probes: the HTTP clients with which reports ask object stores, without an SDK."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx

from shared.egress import EgressGuard
from shared.leases import Bucket
from shared.storage.guarding import is_guarded

PROBE_NAME = "mooring-access-check"
"""A key, an id or an ExternalId to ask about where there is none; nothing is written under it."""

# As a browser would wait: what takes longer is of no use to a viewer either.
TIMEOUT = httpx.Timeout(10.0, connect=5.0)


@dataclass(frozen=True, slots=True)
class Probes:
    """Two clients; neither follows redirects, which are an answer to be judged."""

    guarded: httpx.AsyncClient
    direct: httpx.AsyncClient

    def client_for(self, bucket: Bucket) -> httpx.AsyncClient:
        """Return the guarded client for an endpoint that somebody named."""
        return self.guarded if is_guarded(bucket) else self.direct


@asynccontextmanager
async def open_probes(egress: EgressGuard) -> AsyncIterator[Probes]:
    """Open both clients; they close with the context."""
    async with (
        egress.client(timeout=TIMEOUT) as guarded,
        httpx.AsyncClient(timeout=TIMEOUT, follow_redirects=False) as direct,
    ):
        yield Probes(guarded, direct)
