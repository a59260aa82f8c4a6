"""Issuers that act as the vault's user on the cloud of the tests."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from deploy.local.cloud import Cloud, Keys
from services.credentials.arns import parse_principal_arn
from services.credentials.issuers.clients import AwsAddress, AwsClients
from services.credentials.issuers.role_sessions import RoleSessions
from shared.clock import SystemClock
from tests.services.credentials.google_cloud import Google, open_google


def clients_of(cloud: Cloud, keys: Keys) -> AwsClients:
    address = AwsAddress("us-east-1", cloud.endpoint, cloud.endpoint, cloud.endpoint)
    return AwsClients(address, keys.access_key_id, SecretStr(keys.secret_access_key))


def sessions_of(cloud: Cloud, clients: AwsClients) -> RoleSessions:
    principal = parse_principal_arn(cloud.principal_arn)
    return RoleSessions(clients, principal, "us-east-1", SystemClock())


@pytest.fixture(scope="session")
async def clients(cloud: Cloud) -> AsyncIterator[AwsClients]:
    async with clients_of(cloud, cloud.vault) as opened:
        yield opened


@pytest.fixture
def sessions(cloud: Cloud, clients: AwsClients) -> RoleSessions:
    return sessions_of(cloud, clients)


@pytest.fixture
async def google(tmp_path: Path) -> AsyncIterator[Google]:
    """Google Cloud with a customer's bucket, and the parts of the vault that speak to it."""
    async with open_google(tmp_path) as opened:
        yield opened
