"""The vault's application: `uvicorn services.credentials.main:create_app --factory`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext

from fastapi import FastAPI

from services.credentials.api import routers
from services.credentials.settings import Settings
from services.credentials.vault import open_vault
from shared.auth import Authenticator
from shared.clock import Clock, SystemClock
from shared.database.session import Database
from shared.logging import configure_logging
from shared.vault import AUDIENCE
from shared.web import Service, build_app

NAME = AUDIENCE


def create_app(settings: Settings | None = None, clock: Clock | None = None) -> FastAPI:
    """Wire the vault; without settings they come from the environment."""
    settings = settings or Settings()
    clock = clock or SystemClock()
    configure_logging(log_format=settings.log_format, level=settings.log_level, service=NAME)
    database = Database(settings.database_url)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        try:
            async with open_vault(settings, database, clock) as vault:
                await database.start()
                app.state.vault = vault
                checks = vault.health_scheduler.running()
                async with checks if settings.health_checks else nullcontext():
                    yield
        finally:
            await database.close()

    service = Service(
        name=NAME,
        title="Mooring vault",
        description="Storage credentials, external locations, and proof that access works.",
        routers=routers,
        lifespan=lifespan,
    )
    authenticator = Authenticator(
        database,
        clock,
        service=NAME,
        service_key=settings.service_key,
        admin_key=settings.admin_key,
    )
    return build_app(service, settings, database=database, authenticator=authenticator, clock=clock)
