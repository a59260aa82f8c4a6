"""Azurite honours what we sign as Azure would, and refuses the rest."""

import ssl
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import httpx
import pytest
from azure.core.exceptions import ClientAuthenticationError
from azure.storage.blob.aio import BlobServiceClient

from deploy.local.clouds.azurite import (
    ACCOUNT_KEY,
    PRINCIPAL,
    TENANT,
    Azurite,
    Principal,
    entra_token,
)
from shared.egress import EgressGuard
from shared.errors import StorageDeniedError
from shared.leases import Bucket, DelegationKey, SasToken
from shared.storage.azure import AzureStore
from shared.storage.signing.azure import (
    presign_azure,
    presign_azure_by_account_key,
    sign_azure_container,
)
from shared.storage.signing.base import ResponseOverrides
from tests.hard_keys import KEYS_AZURITE_HOLDS

HOUR = timedelta(hours=1)
KEY = "a photo.jpg"
ORIGIN = "https://app.vendor.example"


@pytest.fixture(scope="module")
async def bucket(azurite: Azurite) -> Bucket:
    async with azurite.container() as container:
        bucket = azurite.bucket(container.container_name)
    async with azurite.uploads(bucket) as put:
        await put(KEY, b"0123456789")
    return bucket


@pytest.fixture(scope="module")
async def delegation_key(azurite: Azurite) -> DelegationKey:
    now = datetime.now(UTC).replace(microsecond=0)
    return await azurite.delegation_key(starts_at=now - HOUR, expires_at=now + 2 * HOUR)


@pytest.fixture
async def browser(azurite: Azurite) -> AsyncIterator[httpx.AsyncClient]:
    tls = ssl.create_default_context(cafile=azurite.certificate)
    async with httpx.AsyncClient(verify=tls, trust_env=False) as client:
        yield client


def test_a_delegation_key_is_that_of_the_principal_in_its_tenant(
    delegation_key: DelegationKey,
) -> None:
    assert (delegation_key.object_id, delegation_key.tenant_id) == (PRINCIPAL, TENANT)
    assert delegation_key.expires_at - delegation_key.starts_at == 3 * HOUR
    assert delegation_key.service == "b"


async def test_no_delegation_key_is_made_for_a_token_that_is_over(
    azurite: Azurite, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = datetime.now(UTC)
    over = entra_token(expires_at=now - HOUR)
    monkeypatch.setattr("deploy.local.clouds.azurite.entra_token", lambda **_: over)
    async with BlobServiceClient(
        azurite.endpoint, credential=Principal(), connection_verify=str(azurite.certificate)
    ) as service:
        with pytest.raises(ClientAuthenticationError):
            await service.get_user_delegation_key(now, now + HOUR)


async def test_what_a_delegation_key_signed_can_be_read_looked_at_and_read_in_part(
    bucket: Bucket, delegation_key: DelegationKey, browser: httpx.AsyncClient
) -> None:
    overrides = ResponseOverrides("image/jpeg", 'inline; filename="\u00e9+ b.jpg"', "private")
    url = presign_azure(
        bucket,
        KEY,
        delegation_key=delegation_key,
        signed_at=datetime.now(UTC),
        expires_in=HOUR,
        overrides=overrides,
    )
    whole = await browser.get(url)
    assert (whole.status_code, whole.content) == (200, b"0123456789")
    assert whole.headers["content-type"] == "image/jpeg"
    assert whole.headers["cache-control"] == "private"
    part = await browser.get(url, headers={"Range": "bytes=2-4"})
    assert (part.status_code, part.content) == (206, b"234")
    head = await browser.head(url)
    assert (head.status_code, head.headers["content-length"]) == (200, "10")


async def test_what_the_account_key_signed_can_be_read(
    bucket: Bucket, browser: httpx.AsyncClient
) -> None:
    url = presign_azure_by_account_key(
        bucket, KEY, account_key=ACCOUNT_KEY, signed_at=datetime.now(UTC), expires_in=HOUR
    )
    assert (await browser.get(url)).content == b"0123456789"


async def test_a_signature_is_good_for_its_blob_its_time_and_its_text_alone(
    bucket: Bucket, delegation_key: DelegationKey, browser: httpx.AsyncClient
) -> None:
    now = datetime.now(UTC)
    good = presign_azure(bucket, KEY, delegation_key=delegation_key, signed_at=now, expires_in=HOUR)
    over = presign_azure(
        bucket,
        KEY,
        delegation_key=delegation_key,
        signed_at=now - timedelta(minutes=2),
        expires_in=timedelta(minutes=1),
    )
    another = good.replace(quote(KEY), "another")
    longer = good.replace("&sp=r&", "&sp=rw&")
    answers = [await browser.get(url) for url in (good, over, another, longer)]
    assert [answer.status_code for answer in answers] == [200, 403, 403, 403]


@pytest.mark.parametrize(
    "key", [key for key in KEYS_AZURITE_HOLDS if "./" not in key and "\n" not in key]
)
async def test_a_hard_key_is_signed_as_it_is(
    azurite: Azurite,
    bucket: Bucket,
    delegation_key: DelegationKey,
    browser: httpx.AsyncClient,
    key: str,
) -> None:
    async with azurite.uploads(bucket) as put:
        await put(key, key.encode())
    url = presign_azure(
        bucket, key, delegation_key=delegation_key, signed_at=datetime.now(UTC), expires_in=HOUR
    )
    assert (await browser.get(url)).content == key.encode()


async def test_a_container_s_signature_allows_what_it_says(
    bucket: Bucket, delegation_key: DelegationKey
) -> None:
    signed = sign_azure_container(
        bucket, delegation_key=delegation_key, signed_at=datetime.now(UTC), expires_in=HOUR
    )
    on_premises = EgressGuard(allow_private=True)
    async with AzureStore(bucket, SasToken(signed), egress=on_premises) as store:
        found = await store.find_object(KEY)
        assert found is not None
        assert found.size == 10
        with pytest.raises(StorageDeniedError):
            await store.read_range(KEY, 0, 1)


async def test_browsers_of_the_origins_that_the_account_allows_may_read(
    azurite: Azurite, bucket: Bucket, browser: httpx.AsyncClient
) -> None:
    await azurite.allow_origins(ORIGIN)
    url = presign_azure_by_account_key(
        bucket, KEY, account_key=ACCOUNT_KEY, signed_at=datetime.now(UTC), expires_in=HOUR
    )
    asked = {"Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "range"}
    allowed = await browser.options(url, headers={"Origin": ORIGIN, **asked})
    assert (allowed.status_code, allowed.headers["access-control-allow-origin"]) == (200, ORIGIN)
    stranger = await browser.options(url, headers={"Origin": "https://other.example", **asked})
    assert stranger.status_code == 403
    read = await browser.get(url, headers={"Origin": ORIGIN})
    assert read.headers["access-control-allow-origin"] == ORIGIN
