"""The vault's application on a real Postgres and a cloud that enforces what AWS enforces."""

import json
import os
from base64 import b64encode
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from deploy.local.clouds.aws import AwsCloud
from services.credentials.main import create_app
from services.credentials.settings import Settings
from services.credentials.vault import Vault
from shared.clock import FrozenClock
from shared.database.session import Database
from tests.conftest import SERVICE_KEY, Tenant
from tests.emulators.ministack import ministack
from tests.services.credentials.customer import Customer
from tests.services.credentials.lease_house import House, make_house

ADMIN_KEY = "operator-0123456789-0123456789-0123"


@pytest.fixture(scope="session")
def cloud() -> Iterator[AwsCloud]:
    with ministack() as started:
        yield started


@pytest.fixture(scope="session")
def keyset_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("keyset") / "keyset.json"
    keys = {"test": b64encode(os.urandom(32)).decode()}
    file.write_text(json.dumps({"primary": "test", "keys": keys}))
    return file


@pytest.fixture(scope="session")
def settings(database_url: SecretStr, keyset_file: Path, cloud: AwsCloud) -> Settings:
    return Settings(
        database_url=database_url,
        service_key=SERVICE_KEY,
        admin_key=SecretStr(ADMIN_KEY),
        keyset_file=keyset_file,
        allow_private_endpoints=True,
        aws_principal_arn=cloud.principal_arn,
        aws_access_key_id=cloud.vault.access_key_id,
        aws_secret_access_key=SecretStr(cloud.vault.secret_access_key),
        aws_s3_endpoint=cloud.endpoint,
        aws_sts_endpoint=cloud.endpoint,
        aws_iam_endpoint=cloud.endpoint,
        log_format="console",
        health_checks=False,  # the database is that of all tests: they look at their own locations
    )


@pytest.fixture(scope="session")
async def app(settings: Settings) -> AsyncIterator[FastAPI]:
    application = create_app(settings)
    async with application.router.lifespan_context(application):
        yield application


@pytest.fixture(scope="session")
def vault(app: FastAPI) -> Vault:
    found: Vault = app.state.vault
    return found


@pytest.fixture
async def http(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """The vault's routes, called without a server."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://vault") as client:
        yield client


@pytest.fixture
def customer(cloud: AwsCloud) -> Customer:
    """A customer with a bucket of their own and files in it."""
    return Customer(cloud)


@pytest.fixture
async def house(database: Database, tenant: Tenant, clock: FrozenClock) -> House:
    """What keeps leases, on a frozen clock."""
    return await make_house(database, tenant, clock)
