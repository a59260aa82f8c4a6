"""What the suites share: clouds that enforce what the real ones enforce, and a browser."""

import ssl
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import aiohttp
import pytest

from deploy.local.clouds.aws import AwsCloud
from deploy.local.clouds.azurite import Azurite
from deploy.local.clouds.entra import ServedEntra, serving_entra
from shared.database.session import Database
from tests.contract.issuing_azure import AzureScene, open_azure_scene
from tests.contract.issuing_s3 import S3Scene, open_s3_scene
from tests.emulators.ministack import ministack
from tests.services.credentials.google_cloud import Google, open_google


@pytest.fixture(scope="session")
def cloud() -> Iterator[AwsCloud]:
    with ministack() as started:
        yield started


@pytest.fixture(scope="session")
async def http(azurite: Azurite) -> AsyncIterator[aiohttp.ClientSession]:
    """A browser that trusts Azurite."""
    tls = ssl.create_default_context(cafile=azurite.certificate)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=tls)) as session:
        yield session


# --- where methods are tried ---------------------------------------------------------------------


@pytest.fixture(scope="session")
async def s3_scene(cloud: AwsCloud) -> AsyncIterator[S3Scene]:
    async with open_s3_scene(cloud) as scene:
        yield scene


@pytest.fixture
async def google(tmp_path: Path) -> AsyncIterator[Google]:
    async with open_google(tmp_path) as scene:
        yield scene


@pytest.fixture(scope="session")
async def entra(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[ServedEntra]:
    async with serving_entra(tmp_path_factory.mktemp("entra")) as served:
        yield served


@pytest.fixture
async def azure_scene(
    azurite: Azurite, entra: ServedEntra, database: Database
) -> AsyncIterator[AzureScene]:
    async with open_azure_scene(azurite, entra, database) as scene:
        yield scene
