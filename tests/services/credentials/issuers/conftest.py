"""Issuers that act as the vault's user on the cloud of the tests."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from deploy.local.clouds.aws import AwsCloud
from services.credentials.issuers.clients import AwsClients
from services.credentials.issuers.role_sessions import RoleSessions
from tests.services.credentials.aws_clients import clients_of, sessions_of
from tests.services.credentials.google_cloud import Google, open_google


@pytest.fixture(scope="session")
async def clients(cloud: AwsCloud) -> AsyncIterator[AwsClients]:
    async with clients_of(cloud, cloud.vault) as opened:
        yield opened


@pytest.fixture
def sessions(cloud: AwsCloud, clients: AwsClients) -> RoleSessions:
    return sessions_of(cloud, clients)


@pytest.fixture
async def google(tmp_path: Path) -> AsyncIterator[Google]:
    """Google Cloud with a customer's bucket, and the parts of the vault that speak to it."""
    async with open_google(tmp_path) as opened:
        yield opened
