"""The emulated identity of Google gives tokens to those that it should, and to nobody else."""

import json
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import aiohttp
import jwt
import pytest

from deploy.local.clouds.gcs_world import CLOUD_PLATFORM, GcsWorld
from tests.emulators.gcs_scene import EMAIL, VAULT, Clock, fetch, reading, real_clock, unsigned


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def world(clock: Clock) -> AsyncIterator[GcsWorld]:
    async with reading(clock) as world:
        yield world


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def call(
    http: aiohttp.ClientSession, url: str, token: str, document: dict[str, Any]
) -> tuple[int, dict[str, Any]]:
    headers = {"Authorization": f"Bearer {token}"}
    async with http.post(url, json=document, headers=headers) as answer:
        return answer.status, await answer.json()


def account_url(world: GcsWorld, method: str, email: str = EMAIL) -> str:
    return f"{world.url}/v1/projects/-/serviceAccounts/{quote(email)}:{method}"


async def test_only_a_token_creator_acts_as_an_account(
    world: GcsWorld, http: aiohttp.ClientSession, clock: Clock
) -> None:
    url = account_url(world, "generateAccessToken")
    asked = {"scope": ["https://www.googleapis.com/auth/devstorage.read_only"], "lifetime": "900s"}
    vault = world.issue_token(VAULT, scopes=[CLOUD_PLATFORM])
    status, given = await call(http, url, vault, asked)
    assert (status, given["expireTime"]) == (200, "2026-05-24T10:45:00Z")
    page = f"{world.url}/storage/v1/b/acme/o"
    authorization = f"Bearer {given['accessToken']}"
    assert (await fetch(http, page, Authorization=authorization))[0] == 200
    assert (await fetch(http, page, Authorization=f"Bearer {vault}"))[0] == 403
    stranger = world.issue_token("stranger@evil.example", scopes=[CLOUD_PLATFORM])
    for token, status in (
        (stranger, 403),
        (world.issue_token(EMAIL, scopes=[CLOUD_PLATFORM]), 403),
        (world.issue_token(VAULT), 403),
        ("unknown", 401),
    ):
        assert (await call(http, url, token, asked))[0] == status
    other = account_url(world, "generateAccessToken", "other@mooring.iam.gserviceaccount.com")
    assert (await call(http, other, vault, asked))[0] == 403
    assert (await call(http, url, vault, {**asked, "lifetime": "3601s"}))[0] == 400
    assert (await call(http, url, vault, {"lifetime": "60s"}))[0] == 400
    clock.time += timedelta(minutes=15)
    assert (await fetch(http, page, Authorization=authorization))[0] == 401


async def test_accounts_act_for_each_other_in_a_chain(
    world: GcsWorld, http: aiohttp.ClientSession
) -> None:
    last = "customer@acme.iam.gserviceaccount.com"
    world.add_account(last, token_creators=[EMAIL])
    url = account_url(world, "generateAccessToken", last)
    vault = world.issue_token(VAULT, scopes=[CLOUD_PLATFORM])
    asked: dict[str, Any] = {"scope": [CLOUD_PLATFORM]}
    assert (await call(http, url, vault, asked))[0] == 403
    chain = {**asked, "delegates": [f"projects/-/serviceAccounts/{EMAIL}"]}
    assert (await call(http, url, vault, chain))[0] == 200


async def test_a_blob_signed_by_an_account_makes_a_url_valid(
    world: GcsWorld, http: aiohttp.ClientSession
) -> None:
    world.put("acme", "a", b"its bytes")
    url = unsigned(world, "a")
    payload = {"payload": b64encode(url.to_sign.encode()).decode()}
    vault = world.issue_token(VAULT, scopes=[CLOUD_PLATFORM])
    status, given = await call(http, account_url(world, "signBlob"), vault, payload)
    assert status == 200
    assert await fetch(http, url.sign(b64decode(given["signedBlob"]))) == (200, "its bytes")
    world.accounts[EMAIL].token_creators.clear()
    status, refused = await call(http, account_url(world, "signBlob"), vault, payload)
    assert (status, refused["error"]["status"]) == (403, "PERMISSION_DENIED")


async def exchange(
    http: aiohttp.ClientSession, url: str, **fields: str
) -> tuple[int, dict[str, Any]]:
    async with http.post(url, data=fields) as answer:
        return answer.status, await answer.json()


@pytest.fixture
def real_time(world: GcsWorld) -> int:
    """Seconds of the real clock."""
    world.now = real_clock
    return int(real_clock().timestamp())


async def test_an_account_s_own_key_buys_a_token(
    world: GcsWorld, http: aiohttp.ClientSession, real_time: int
) -> None:
    claims = {
        "iss": EMAIL,
        "aud": f"{world.url}/token",
        "iat": real_time,
        "exp": real_time + 3600,
        "scope": CLOUD_PLATFORM,
    }
    key = world.accounts[EMAIL].private_key

    async def ask(**other: object) -> int:
        assertion = jwt.encode({**claims, **other}, key, algorithm="RS256")
        grant = "urn:ietf:params:oauth:grant-type:jwt-bearer"
        status, given = await exchange(
            http, f"{world.url}/token", grant_type=grant, assertion=assertion
        )
        if status == 200:
            assert world.tokens[given["access_token"]].principal == EMAIL
        return status

    assert await ask() == 200
    assert await ask(aud="https://oauth2.googleapis.com/token") == 200
    for wrong in (
        {"aud": "https://other.example"},
        {"iss": "nobody"},
        {"exp": real_time - 60},
        {"exp": real_time + 7200},
        {"scope": ""},
    ):
        assert await ask(**wrong) == 400


async def test_a_trusted_issuer_s_token_becomes_a_principal_of_the_pool(
    world: GcsWorld, http: aiohttp.ClientSession, real_time: int
) -> None:
    pool = "iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/mooring"
    audience = f"//{pool}/providers/oidc"
    key = world.accounts[EMAIL].private_key
    world.add_provider(audience, "https://mooring.example", key.public_key())
    claims = {
        "iss": "https://mooring.example",
        "aud": f"https:{audience}",
        "sub": "org-1",
        "iat": real_time,
        "exp": real_time + 600,
    }

    async def ask(audience: str = audience, **other: object) -> tuple[int, dict[str, Any]]:
        return await exchange(
            http,
            f"{world.url}/v1/token",
            grant_type="urn:ietf:params:oauth:grant-type:token-exchange",
            audience=audience,
            scope=CLOUD_PLATFORM,
            subject_token_type="urn:ietf:params:oauth:token-type:jwt",
            subject_token=jwt.encode({**claims, **other}, key, algorithm="RS256"),
        )

    status, given = await ask()
    assert status == 200
    assert world.tokens[given["access_token"]].principal == f"principal://{pool}/subject/org-1"
    for wrong in ({"iss": "https://evil.example"}, {"aud": "other"}, {"exp": real_time - 60}):
        assert (await ask(**wrong))[0] == 400
    assert (await ask(audience=f"{audience}x"))[0] == 400


async def test_a_narrowed_token_reads_below_its_prefix_alone(
    world: GcsWorld, http: aiohttp.ClientSession
) -> None:
    world.put("acme", "photos/1", b"its bytes")
    world.put("acme", "private/1")
    boundary = {
        "accessBoundary": {
            "accessBoundaryRules": [
                {
                    "availableResource": "//storage.googleapis.com/projects/_/buckets/acme",
                    "availablePermissions": ["inRole:roles/storage.objectViewer"],
                    "availabilityCondition": {
                        "expression": (
                            "resource.name.startsWith('projects/_/buckets/acme/objects/photos/')"
                            " || api.getAttribute('storage.googleapis.com/objectListPrefix', '')"
                            ".startsWith('photos/')"
                        )
                    },
                }
            ]
        }
    }
    fields = {
        "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
        "subject_token_type": "urn:ietf:params:oauth:token-type:access_token",
        "requested_token_type": "urn:ietf:params:oauth:token-type:access_token",
        "options": quote(json.dumps(boundary)),
    }
    whole = world.issue_token(EMAIL, scopes=[CLOUD_PLATFORM])
    status, given = await exchange(http, f"{world.url}/v1/token", subject_token=whole, **fields)
    assert status == 200
    bearer = f"Bearer {given['access_token']}"
    objects = f"{world.url}/storage/v1/b/acme/o"
    for path, expected in (
        ("?prefix=photos/", 200),
        ("?prefix=private/", 403),
        ("", 403),
        ("/photos%2F1?alt=media", 200),
        ("/private%2F1?alt=media", 403),
    ):
        assert (await fetch(http, objects + path, Authorization=bearer))[0] == expected
    status, _ = await exchange(http, f"{world.url}/v1/token", subject_token="unknown", **fields)
    assert status == 401
