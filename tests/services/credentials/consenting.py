"""Consents as a browser goes through them, with a stand-in for Entra and without a server."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid4

import httpx
from pydantic import SecretStr

from deploy.local.clouds.entra import Application, Entra
from services.credentials.azure_tenants import AzureTenants
from services.credentials.consent import AzureConsents, Connected, Proved
from services.credentials.consent_links import ConsentLinks
from services.credentials.issuers.azure_application import AzureAddress, AzureApplication
from services.credentials.issuers.entra_sign_ins import SignIns
from services.credentials.keysets import Keyset
from services.credentials.sealing import Sealer
from shared.clock import Clock
from shared.database.session import Database

AUTHORITY = "https://login.test"
BASE = "https://vault.example"
SECRET = "our-secret-77b1"


@dataclass(frozen=True, slots=True)
class Consenting:
    """The use cases, Entra, and our application there."""

    consents: AzureConsents
    tenants: AzureTenants
    entra: Entra
    application: AzureApplication

    async def connect(self, org_id: UUID, tenant: UUID) -> Connected:
        """Go the whole way."""
        return await self.finish(await self.reach_sign_in(org_id, tenant), tenant)

    async def reach_sign_in(self, org_id: UUID, tenant: UUID) -> str:
        """Return where the administrator is sent to sign in, after consenting."""
        return await self.follow(self.entra.consent_in(await self.link(org_id), tenant))

    async def link(self, org_id: UUID) -> str:
        """Return the URL for an administrator."""
        url, _ = await self.consents.begin(org_id)
        return url

    async def follow(self, came_back_to: str) -> str:
        told = read(came_back_to)
        return await self.consents.consent(
            told["state"], error=told.get("error"), description=told.get("error_description")
        )

    async def finish(self, sign_in_url: str, tenant: UUID) -> Connected:
        return await self.land(self.entra.sign_in(sign_in_url, tenant))

    async def land(self, came_back_to: str) -> Connected:
        """Come back from the sign-in, and give the word at once."""
        proved = await self.prove(came_back_to)
        return await self.consents.confirm(proved.link.state)

    async def prove(self, came_back_to: str) -> Proved:
        told = read(came_back_to)
        return await self.consents.sign_in(
            told["state"],
            code=told.get("code"),
            error=told.get("error"),
            description=told.get("error_description"),
        )

    async def states(self, org_id: UUID) -> dict[UUID, str]:
        """Return the organization's tenants, and what has become of each claim."""
        return {
            row.tenant_id: row.state for row in await self.tenants.list(org_id, after=None, limit=9)
        }


def read(url: str) -> dict[str, str]:
    """Return the query of an address."""
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


def make_consents(
    database: Database, clock: Clock, tenants: AzureTenants, sign_ins: SignIns | None
) -> AzureConsents:
    sealer = Sealer(database, Keyset("test", {"test": os.urandom(32)}))
    links = ConsentLinks(database, sealer, clock)
    return AzureConsents(database, links=links, tenants=tenants, sign_ins=sign_ins)


@asynccontextmanager
async def consenting(
    database: Database, clock: Clock, secret: str = SECRET
) -> AsyncIterator[Consenting]:
    """Wire the use case to a stand-in."""
    entra = Entra(AUTHORITY, clock.now)
    application = AzureApplication(uuid4(), SecretStr(secret), BASE)
    redirects = (application.consent_redirect, application.sign_in_redirect)
    entra.register(Application(application.client_id, SECRET, redirects=redirects))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(entra.app)) as http:
        sign_ins = SignIns(application, AzureAddress(AUTHORITY), http, clock)
        tenants = AzureTenants(database, clock, application=application)
        consents = make_consents(database, clock, tenants, sign_ins)
        yield Consenting(consents, tenants, entra, application)
