"""Azure's roles: who gets a delegation key, and what it opens; the rest is Azurite's."""

import ssl
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import aiohttp
import httpx
import pytest
from pydantic import SecretStr

from deploy.local.clouds.azurite import (
    ACCOUNT,
    ACCOUNT_KEY,
    PRINCIPAL,
    TENANT,
    Azurite,
    entra_token,
)
from services.credentials.issuers.delegation_keys import (
    DelegationRefusedError,
    OtherTenantError,
    get_delegation_key,
)
from shared.leases import Bucket, DelegationKey
from shared.storage.signing.azure import presign_azure, presign_azure_by_account_key
from tests.emulators.azure_roles import AzureRoles, azure_roles
from tests.fetching import fetch
from tests.hard_keys import KEYS_AZURITE_HOLDS

MINUTE = timedelta(minutes=1)
KEYS = [key for key in KEYS_AZURITE_HOLDS if "\n" not in key]


@pytest.fixture
async def roles(azurite: Azurite) -> AsyncIterator[AzureRoles]:
    """An account of TENANT, at which PRINCIPAL may delegate."""
    async with azure_roles(azurite) as served:
        served.owners[ACCOUNT] = UUID(TENANT)
        served.delegators.add((ACCOUNT, PRINCIPAL))
        yield served


@pytest.fixture
async def bucket(azurite: Azurite, roles: AzureRoles) -> Bucket:
    async with azurite.container() as container:
        bucket = azurite.bucket(container.container_name)
    async with azurite.uploads(bucket) as put:
        for key in KEYS:
            await put(key, key.encode())
    return replace(bucket, endpoint=f"{roles.url}/{ACCOUNT}")


@pytest.fixture
async def http(azurite: Azurite) -> AsyncIterator[aiohttp.ClientSession]:
    tls = aiohttp.TCPConnector(ssl=ssl.create_default_context(cafile=azurite.certificate))
    async with aiohttp.ClientSession(connector=tls) as session:
        yield session


async def delegate(azurite: Azurite, roles: AzureRoles) -> DelegationKey:
    now = datetime.now(UTC)
    token = SecretStr(entra_token(expires_at=now + MINUTE))
    tls = ssl.create_default_context(cafile=azurite.certificate)
    async with httpx.AsyncClient(verify=tls, trust_env=False) as client:
        return await get_delegation_key(client, f"{roles.url}/{ACCOUNT}", token, now)


async def test_a_delegation_key_is_for_a_delegator_of_the_account_s_tenant(
    azurite: Azurite, roles: AzureRoles
) -> None:
    assert (await delegate(azurite, roles)).object_id == PRINCIPAL
    roles.delegators.clear()
    with pytest.raises(DelegationRefusedError, match="Storage Blob Delegator is missing"):
        await delegate(azurite, roles)
    roles.owners[ACCOUNT] = uuid4()
    with pytest.raises(OtherTenantError):
        await delegate(azurite, roles)


async def test_a_delegation_key_opens_what_its_principal_reads(
    azurite: Azurite, roles: AzureRoles, bucket: Bucket, http: aiohttp.ClientSession
) -> None:
    delegation_key = await delegate(azurite, roles)
    urls = [
        presign_azure(
            bucket,
            key,
            delegation_key=delegation_key,
            signed_at=datetime.now(UTC),
            expires_in=MINUTE,
        )
        for key in KEYS
    ]
    status, _, headers = await fetch(http, urls[0])
    assert (status, headers["x-ms-error-code"]) == (403, "AuthorizationPermissionMismatch")
    roles.readers.add((bucket.name, PRINCIPAL))
    assert [(await fetch(http, url))[:2] for url in urls] == [(200, key.encode()) for key in KEYS]
    status, body, headers = await fetch(http, urls[0], "HEAD")
    assert (status, body, headers["Content-Length"]) == (200, b"", str(len(KEYS[0].encode())))


async def test_what_an_account_s_key_signed_is_over_when_the_key_is_renewed(
    roles: AzureRoles, bucket: Bucket, http: aiohttp.ClientSession
) -> None:
    url = presign_azure_by_account_key(
        bucket,
        KEYS[0],
        account_key=ACCOUNT_KEY,
        signed_at=datetime.now(UTC),
        expires_in=MINUTE,
    )
    assert (await fetch(http, url))[0] == 200
    roles.renewed.add(ACCOUNT)
    assert (await fetch(http, url))[0] == 403
