"""The emulated Cloud Storage serves what Google's client asks, and refuses what Google refuses."""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import aiohttp
import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from google.cloud.storage import Client
from google.oauth2.credentials import Credentials
from pydantic import SecretStr
from yarl import URL

from deploy.local.clouds.gcs_world import CorsRule, GcsWorld, ServiceAccount
from shared.egress import EgressGuard
from shared.errors import StorageDeniedError
from shared.leases import ANY_REGION, Bucket, SessionKeys
from shared.storage.s3 import S3Store
from shared.storage.signing.base import Method, ResponseOverrides
from shared.storage.signing.gcs import UnsignedUrl, derive_gcs_key, presign_gcs
from shared.storage.signing.s3 import derive_signing_key, presign_s3
from shared.uris import Provider
from tests.emulators.gcs_scene import (
    EMAIL,
    HOUR,
    NOW,
    Clock,
    bucket_of,
    fetch,
    reading,
    real_clock,
    unsigned,
)
from tests.hard_keys import HARD_KEYS

KEYS = [key for key in HARD_KEYS if "\n" not in key]  # no name has a line end


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


def signed_by_hmac(
    world: GcsWorld,
    key: str,
    *,
    method: Method = "GET",
    signed_at: datetime = NOW,
    expires_in: timedelta = HOUR,
    overrides: ResponseOverrides = ResponseOverrides(),  # noqa: B008 - it is frozen
    version_id: str | None = None,
) -> str:
    keys = world.accounts[EMAIL].hmac_keys
    access_id, secret = next(iter(keys.items())) if keys else world.add_hmac_key(EMAIL)
    return presign_gcs(
        bucket_of(world),
        key,
        access_id=access_id,
        signing_key=derive_gcs_key(secret, signed_at.date()),
        signed_at=signed_at,
        expires_in=expires_in,
        method=method,
        overrides=overrides,
        version_id=version_id,
    )


def sign(account: ServiceAccount, url: UnsignedUrl) -> str:
    return url.sign(account.private_key.sign(url.to_sign.encode(), PKCS1v15(), SHA256()))


# --- Signed URLs ------------------------------------------------------------------------------


@pytest.mark.parametrize("key", KEYS)
async def test_a_signed_url_opens_an_object_of_any_name(
    world: GcsWorld, http: aiohttp.ClientSession, key: str
) -> None:
    world.put("acme", key, b"its bytes")
    for url in (signed_by_hmac(world, key), sign(world.accounts[EMAIL], unsigned(world, key))):
        assert await fetch(http, url) == (200, "its bytes")
        assert await fetch(http, url, Range="bytes=4-8") == (206, "bytes")
    assert await fetch(http, signed_by_hmac(world, key, method="HEAD"), "HEAD") == (200, "")


async def test_a_signed_url_opens_nothing_else(
    world: GcsWorld, http: aiohttp.ClientSession, clock: Clock
) -> None:
    world.put("acme", "a")
    world.put("acme", "b")
    url = signed_by_hmac(world, "a")
    mismatch = (403, "SignatureDoesNotMatch")
    assert await fetch(http, url.replace("/acme/a", "/acme/b")) == mismatch
    assert await fetch(http, url.replace("Expires=3600", "Expires=3601")) == mismatch
    assert await fetch(http, f"{url}&generation=1") == mismatch
    assert await fetch(http, url[:-2] + ("00" if url[-2:] != "00" else "11")) == mismatch
    assert (await fetch(http, url, "HEAD"))[0] == 403
    assert await fetch(http, url.replace("=GOOG1E", "=GOOG2E")) == (403, "InvalidSecurity")
    assert await fetch(http, url.replace("Expires=3600", "Expires=604801")) == (
        400,
        "InvalidArgument",
    )
    assert await fetch(http, url.partition("?")[0]) == (403, "AccessDenied")
    early = signed_by_hmac(world, "a", signed_at=NOW + HOUR)
    assert await fetch(http, early) == (403, "RequestTimeTooSkewed")
    clock.time += HOUR
    assert await fetch(http, url) == (400, "ExpiredToken")


async def test_a_signature_that_lacks_a_part_is_malformed(
    world: GcsWorld, http: aiohttp.ClientSession
) -> None:
    url = signed_by_hmac(world, "a")
    for part in ("Credential", "Date", "Expires", "SignedHeaders", "Signature"):
        lacking = re.sub(f"&X-Goog-{part}=[^&]*", "", url)
        assert await fetch(http, lacking) == (400, "MalformedSecurityHeader")
    for wrong in ("GOOG4-NONE", "AWS4-HMAC-SHA256"):
        status = await fetch(http, url.replace("GOOG4-HMAC-SHA256", wrong))
        assert status == (400, "MalformedSecurityHeader")


async def test_a_url_signed_in_the_way_of_s3_opens_an_object(
    world: GcsWorld, http: aiohttp.ClientSession
) -> None:
    access_id, secret = world.add_hmac_key(EMAIL)
    bucket = Bucket(Provider.S3, "acme", ANY_REGION, world.url, path_style=True)
    for key in KEYS:
        world.put("acme", key, b"its bytes")
        url = presign_s3(
            bucket,
            key,
            access_key_id=access_id,
            session_token=None,
            signing_key=derive_signing_key(secret, NOW.date(), ANY_REGION),
            signed_at=NOW,
            expires_in=HOUR,
            overrides=ResponseOverrides("image/jpeg"),
        )
        assert await fetch(http, url) == (200, "its bytes")
        assert await fetch(http, f"{url[:-64]}{'0' * 64}") == (403, "SignatureDoesNotMatch")


async def test_a_signature_by_another_key_opens_nothing(
    world: GcsWorld, http: aiohttp.ClientSession
) -> None:
    world.put("acme", "a")
    url = unsigned(world, "a")
    assert await fetch(http, url.sign(b"x" * 256)) == (403, "SignatureDoesNotMatch")
    assert await fetch(http, url.sign(b"x")) == (403, "SignatureDoesNotMatch")


async def test_a_signer_without_a_grant_opens_nothing(
    world: GcsWorld, http: aiohttp.ClientSession
) -> None:
    world.put("acme", "a")
    url = signed_by_hmac(world, "a")
    missing = signed_by_hmac(world, "b")
    assert await fetch(http, missing) == (404, "NoSuchKey")
    world.revoke("acme", EMAIL)
    assert await fetch(http, url) == (403, "AccessDenied")
    world.grant("acme", EMAIL, "roles/storage.legacyObjectReader")
    assert await fetch(http, url) == (200, "")
    assert await fetch(http, missing) == (403, "AccessDenied")


async def test_a_signed_url_pins_a_generation_and_sets_headers(
    world: GcsWorld, http: aiohttp.ClientSession
) -> None:
    world.buckets["acme"].versioned = True
    first = world.put("acme", "a", b"first")
    world.put("acme", "a", b"second")
    assert await fetch(http, signed_by_hmac(world, "a")) == (200, "second")
    pinned = signed_by_hmac(world, "a", version_id=str(first.generation))
    assert await fetch(http, pinned) == (200, "first")
    assert await fetch(http, signed_by_hmac(world, "a", version_id="1")) == (404, "NoSuchKey")
    overrides = ResponseOverrides("image/jpeg", 'inline; filename="a b"', "private, max-age=60")
    async with http.get(URL(signed_by_hmac(world, "a", overrides=overrides), encoded=True)) as got:
        assert (
            got.headers["Content-Type"],
            got.headers["Content-Disposition"],
            got.headers["Cache-Control"],
        ) == ("image/jpeg", 'inline; filename="a b"', "private, max-age=60")


# --- CORS -------------------------------------------------------------------------------------


async def test_a_browser_is_let_in_by_headers_and_never_by_the_status(
    world: GcsWorld, http: aiohttp.ClientSession
) -> None:
    world.put("acme", "a")
    rule = CorsRule(("https://app.example",), ("GET",), ("Content-Range", "Range"))
    world.buckets["acme"].cors.append(rule)
    url = URL(signed_by_hmac(world, "a"), encoded=True)
    allow = "Access-Control-Allow-Origin"
    async with http.get(url, headers={"Origin": "https://app.example"}) as answer:
        assert answer.headers[allow] == "https://app.example"
        assert answer.headers["Access-Control-Expose-Headers"] == "Content-Range, Range"
    for headers in ({"Origin": "https://other.example"}, {}):
        async with http.get(url, headers=headers) as answer:
            assert (answer.status, answer.headers.get(allow)) == (200, None)
    for origin, method, header, is_allowed in (
        ("https://app.example", "GET", "range", True),
        ("https://app.example", "GET", "x-other", False),
        ("https://app.example", "HEAD", "range", False),
        ("https://other.example", "GET", "range", False),
    ):
        asked = {
            "Origin": origin,
            "Access-Control-Request-Method": method,
            "Access-Control-Request-Headers": header,
        }
        async with http.options(url, headers=asked) as answer:
            assert (answer.status, allow in answer.headers) == (200, is_allowed)


# --- Google's own client ----------------------------------------------------------------------


async def test_google_s_client_reads_what_was_put(world: GcsWorld) -> None:
    world.buckets["acme"].versioned = True
    names = [f"p/{key}" for key in KEYS if len(key.encode()) < 1000]
    for name in names:
        world.put("acme", name, name.encode())
    world.put("acme", names[0], b"again")
    token = world.issue_token(EMAIL)

    def read() -> dict[str, Any]:
        client = Client(
            project="mooring",
            credentials=Credentials(token=token),  # type: ignore[no-untyped-call]
            client_options={"api_endpoint": world.url},
        )
        bucket = client.bucket("acme")
        some = {"prefix": "p/", "page_size": 2}
        level = client.list_blobs("acme", prefix="p/", delimiter="/")
        return {
            "names": [blob.name for blob in client.list_blobs("acme", **some)],
            "versions": sum(1 for _ in client.list_blobs("acme", versions=True, **some)),
            "from": [
                blob.name
                for blob in client.list_blobs("acme", start_offset="p/e", end_offset="p/q")
            ],
            "level": ([blob.name for blob in level], sorted(level.prefixes)),
            "bytes": bucket.blob(names[1]).download_as_bytes(start=2, end=3),
            "may": bucket.test_iam_permissions(["storage.objects.get", "storage.objects.create"]),
        }

    found = await asyncio.to_thread(read)
    ordered = sorted(names, key=str.encode)
    assert found == {
        "names": ordered,
        "versions": len(names) + 1,
        "from": [name for name in ordered if "p/e" <= name < "p/q"],
        "level": (
            [name for name in ordered if "/" not in name[2:]],
            sorted({f"p/{name[2:].partition('/')[0]}/" for name in names if "/" in name[2:]}),
        ),
        "bytes": names[1].encode()[2:4],
        "may": ["storage.objects.get"],
    }


async def test_a_bucket_tells_of_itself_to_who_may_read_it(
    world: GcsWorld, http: aiohttp.ClientSession
) -> None:
    url = f"{world.url}/storage/v1/b/acme"
    bearer = f"Bearer {world.issue_token(EMAIL)}"
    assert (await fetch(http, url))[0] == 401
    assert (await fetch(http, url, Authorization="Bearer no"))[0] == 401
    assert (await fetch(http, url, Authorization=bearer))[0] == 403
    assert (await fetch(http, f"{url}x", Authorization=bearer))[0] == 404
    world.grant("acme", EMAIL, "roles/storage.legacyBucketReader")
    world.buckets["acme"].cors.append(CorsRule(("*",)))
    async with http.get(url, headers={"Authorization": bearer}) as answer:
        document = await answer.json()
    assert document["iamConfiguration"] == {"uniformBucketLevelAccess": {"enabled": True}}
    assert document["billing"] == {"requesterPays": False}
    assert document["cors"][0]["origin"] == ["*"]
    world.buckets["acme"].requester_pays = True
    status, text = await fetch(http, url, Authorization=bearer)
    assert status == 400
    assert "no user project" in text
    assert await fetch(http, signed_by_hmac(world, "a")) == (400, "UserProjectMissing")


# --- S3's API with an HMAC key ----------------------------------------------------------------


async def test_a_client_of_s3_lists_and_reads_with_an_hmac_key(world: GcsWorld) -> None:
    world.now = real_clock
    for key in KEYS:
        world.put("acme", key, b"its bytes")
    access_id, secret = world.add_hmac_key(EMAIL)
    bucket = Bucket(Provider.S3, "acme", ANY_REGION, world.url, path_style=True)
    ordered = sorted(KEYS, key=str.encode)
    egress = EgressGuard(allow_private=True)
    async with S3Store(bucket, SessionKeys(access_id, SecretStr(secret)), egress=egress) as store:
        for page_size in (3, 1000):
            pages = [page async for page in store.list_pages("", page_size=page_size)]
            assert [row.key for page in pages for row in page.rows] == ordered
        for number, key in enumerate(ordered):
            pages = [page async for page in store.list_pages("", after=key)]
            assert [row.key for page in pages for row in page.rows] == ordered[number + 1 :]
        top = sorted({key.partition("/")[0] + "/" * ("/" in key) for key in KEYS})
        assert (await store.list_children("")).entries == top
        assert await store.read_range(ordered[0], 4, 9) == b"bytes"
    wrong = SessionKeys(access_id, SecretStr("wrong"))
    async with S3Store(bucket, wrong, egress=egress) as store:
        with pytest.raises(StorageDeniedError):
            await store.find_object("a")
