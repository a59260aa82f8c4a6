"""The gateway's application: `uvicorn services.presign.main:create_app --factory`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from services.presign.api import routers
from services.presign.browser_checks import BrowserChecks
from services.presign.presigner import Presigner
from services.presign.settings import Settings
from shared.auth import Authenticator
from shared.clock import SystemClock
from shared.database.session import Database
from shared.lease_cache import LeaseCache
from shared.logging import configure_logging
from shared.url_signer import UrlSigner
from shared.vault import VaultClient, vault_http
from shared.web import Service, build_app

NAME = "presign"


def create_app(settings: Settings | None = None) -> FastAPI:
    """Wire the gateway; without settings they come from the environment."""
    settings = settings or Settings()
    configure_logging(log_format=settings.log_format, level=settings.log_level, service=NAME)
    clock = SystemClock()
    database = Database(settings.database_url)
    http = vault_http(settings.credentials_url)
    vault = VaultClient(http, service=NAME, service_key=settings.service_key, clock=clock)
    leases, signer = LeaseCache(vault.request_lease, clock), UrlSigner(vault.sign_urls)
    presigner = Presigner(database, leases, signer, clock, window=settings.presign_window)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.presigner = presigner
        app.state.browser_checks = BrowserChecks(vault, leases, signer, clock)
        try:
            await database.start()
            yield
        finally:
            await http.aclose()
            await database.close()

    service = Service(
        name=NAME,
        title="Mooring gateway",
        description="Presigned URLs that point straight at the customer's bucket.",
        routers=routers,
        lifespan=lifespan,
    )
    authenticator = Authenticator(database, clock, service=NAME, service_key=settings.service_key)
    return build_app(service, settings, database=database, authenticator=authenticator, clock=clock)
