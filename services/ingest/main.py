"""Ingest's application: `uvicorn services.ingest.main:create_app --factory`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from fastapi import FastAPI

from services.ingest.api import routers
from services.ingest.api.manifests import PATH as MANIFESTS
from services.ingest.datasets import Datasets
from services.ingest.imports import ImportJobs
from services.ingest.ingest import Ingest
from services.ingest.manifests.uploads import Manifests
from services.ingest.previews import Previews
from services.ingest.settings import Settings
from services.ingest.stores import OpenStore, store_opener
from services.ingest.syncs import Syncs
from services.ingest.webhook_deliveries import WebhookDeliveries
from services.ingest.webhook_secrets import WebhookSecrets
from services.ingest.webhooks import Webhooks
from shared.auth import Authenticator
from shared.clock import Clock, SystemClock
from shared.database.session import Database
from shared.egress import EgressGuard
from shared.lease_cache import LeaseCache
from shared.logging import configure_logging
from shared.vault import VaultClient, vault_http
from shared.web import Service, build_app

NAME = "ingest"


def create_app(
    settings: Settings | None = None,
    *,
    clock: Clock | None = None,
    http: httpx.AsyncClient | None = None,
    open_store: OpenStore | None = None,
) -> FastAPI:
    """Wire ingest's API; without settings they come from the environment.

    `http` is the client to the vault, `open_store` opens the bucket of a lease.
    """
    settings = settings or Settings()
    clock = clock or SystemClock()
    configure_logging(log_format=settings.log_format, level=settings.log_level, service=NAME)
    database = Database(settings.database_url)
    http = http or vault_http(settings.credentials_url)
    vault = VaultClient(http, service=NAME, service_key=settings.service_key, clock=clock)

    ingest = Ingest(
        datasets=Datasets(database),
        imports=ImportJobs(database, vault, clock, access_max_age=settings.access_max_age),
        manifests=Manifests(database, clock),
        previews=make_previews(settings, database, vault, clock, open_store),
        syncs=Syncs(database, vault, clock, access_max_age=settings.access_max_age),
        webhooks=make_webhooks(settings, database, clock),
        webhook_deliveries=WebhookDeliveries(database),
        progress_interval=settings.progress_interval,
    )

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        try:
            async with http:
                await database.start()
                app.state.ingest = ingest
                yield
        finally:
            await database.close()

    service = Service(
        name=NAME,
        title="Mooring ingest",
        description="Imports what lies in customers' buckets as assets, without copying a byte.",
        routers=routers,
        lifespan=lifespan,
        streamed=frozenset({MANIFESTS}),
    )
    authenticator = Authenticator(database, clock, service=NAME, service_key=settings.service_key)
    return build_app(service, settings, database=database, authenticator=authenticator, clock=clock)


def make_previews(
    settings: Settings,
    database: Database,
    vault: VaultClient,
    clock: Clock,
    open_store: OpenStore | None,
) -> Previews:
    """Return the previews, which list buckets as a worker does."""
    egress = EgressGuard(allow_private=settings.allow_private_endpoints)
    return Previews(
        database,
        vault,
        LeaseCache(vault.request_lease, clock),
        open_store or store_opener(egress),
        access_max_age=settings.access_max_age,
    )


def make_webhooks(settings: Settings, database: Database, clock: Clock) -> Webhooks | None:
    """Return the webhooks, where there is a key that their secrets follow from."""
    if settings.webhook_key is None:
        return None
    egress = EgressGuard(allow_private=settings.allow_private_endpoints)
    return Webhooks(database, egress, clock, WebhookSecrets(settings.webhook_key))
