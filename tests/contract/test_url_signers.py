"""What every signer's URLs do at a store that checks them: one suite for all clouds.

A new cloud is done when this passes with one more entry.
"""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import aiohttp
import pytest

from deploy.local.clouds.aws import AwsCloud
from deploy.local.clouds.azurite import Azurite
from deploy.local.clouds.gcs_server import gcs_server
from deploy.local.clouds.gcs_world import CorsRule
from shared.leases import ANY_REGION, Bucket, SigningGrant, SigningKeys
from shared.storage.signing.base import MAX_EXPIRY, ResponseOverrides, UrlRequest
from shared.storage.signing.gcs import derive_gcs_key
from shared.storage.signing.local import presign
from shared.storage.signing.s3 import derive_signing_key
from shared.uris import Provider
from tests.fetching import fetch
from tests.hard_keys import HARD_KEYS, KEYS_AZURITE_HOLDS
from tests.integration.ceph import Ceph

REGION = "eu-central-1"
ORIGIN = "https://app.example"
MINUTE = timedelta(minutes=1)
CORS_RULE = {"AllowedOrigins": [ORIGIN], "AllowedMethods": ["GET"], "AllowedHeaders": ["range"]}
READER = "reader@acme.iam.gserviceaccount.com"

Put = Callable[[str, bytes], Awaitable[None]]


@dataclass(frozen=True)
class Gate:
    """A bucket, what signs for it, and the customer's way to put objects into it.

    Azure's text to sign has a line for each part, so a name with a line break has no URL.
    """

    bucket: Bucket
    grant: SigningGrant = field(repr=False)
    put: Put
    http: aiohttp.ClientSession
    keys: Sequence[str] = HARD_KEYS

    def sign(
        self, *requests: UrlRequest, ago: timedelta = timedelta(), life: timedelta = MINUTE
    ) -> list[str]:
        now = datetime.now(UTC).replace(microsecond=0)
        return presign(self.bucket, self.grant, requests, signed_at=now - ago, expires_in=life)

    async def ask(
        self, url: str, method: str = "GET", **headers: str
    ) -> tuple[int, bytes, Mapping[str, str]]:
        return await fetch(self.http, url, method, **headers)


@pytest.fixture
async def s3_gate(cloud: AwsCloud, http: aiohttp.ClientSession) -> Gate:
    s3 = cloud.client("s3", cloud.customer, region=REGION)
    name = f"acme-{uuid4().hex}"
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_bucket_cors(Bucket=name, CORSConfiguration={"CORSRules": [CORS_RULE]})

    async def put(key: str, body: bytes) -> None:
        s3.put_object(Bucket=name, Key=key, Body=body)

    iam = cloud.client("iam", cloud.customer)
    iam.create_user(UserName=name)
    reads = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{name}/*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [reads]})
    iam.put_user_policy(UserName=name, PolicyName="reads", PolicyDocument=policy)
    made = iam.create_access_key(UserName=name)["AccessKey"]
    secret = made["SecretAccessKey"]
    derived = {day: derive_signing_key(secret, day, REGION) for day in days()}
    keys = SigningKeys(made["AccessKeyId"], None, derived)
    bucket = Bucket(Provider.S3, name, REGION, cloud.endpoint, path_style=True)
    return Gate(bucket, keys, put, http)


@pytest.fixture
async def ceph_gate(ceph: Ceph, http: aiohttp.ClientSession) -> Gate:
    name = f"acme-{uuid4().hex}"
    owner = ceph.make_user(name)
    s3 = ceph.client("s3", owner)
    s3.create_bucket(Bucket=name)
    s3.put_bucket_cors(Bucket=name, CORSConfiguration={"CORSRules": [CORS_RULE]})

    async def put(key: str, body: bytes) -> None:
        s3.put_object(Bucket=name, Key=key, Body=body)

    secret = owner.secret_access_key
    derived = {day: derive_signing_key(secret, day, REGION) for day in days()}
    bucket = Bucket(Provider.S3, name, REGION, ceph.endpoint, path_style=True)
    return Gate(bucket, SigningKeys(owner.access_key_id, None, derived), put, http)


@pytest.fixture
async def gcs_gate(http: aiohttp.ClientSession) -> AsyncIterator[Gate]:
    async with gcs_server() as world:
        stored = world.add_bucket("acme")
        stored.cors.append(CorsRule((ORIGIN,), ("GET",), ("Range",)))
        world.add_account(READER)
        world.grant("acme", READER)
        access_id, secret = world.add_hmac_key(READER)

        async def put(key: str, body: bytes) -> None:
            world.put("acme", key, body)

        keys = SigningKeys(access_id, None, {day: derive_gcs_key(secret, day) for day in days()})
        yield Gate(Bucket(Provider.GCS, "acme", ANY_REGION, world.url), keys, put, http)


@pytest.fixture
async def azure_gate(azurite: Azurite, http: aiohttp.ClientSession) -> AsyncIterator[Gate]:
    now = datetime.now(UTC).replace(microsecond=0)
    async with azurite.container() as container:
        bucket = azurite.bucket(container.container_name)
    await azurite.allow_origins(ORIGIN)
    key = await azurite.delegation_key(
        starts_at=now - timedelta(minutes=15), expires_at=now + timedelta(hours=1)
    )
    keys = [each for each in KEYS_AZURITE_HOLDS if "\n" not in each]
    async with azurite.uploads(bucket) as put:
        yield Gate(bucket, key, put, http, keys)


def days() -> list[date]:
    now = datetime.now(UTC)
    return [(now + timedelta(days=number)).date() for number in (-8, -1, 0)]


CEPH = pytest.param("ceph_gate", marks=pytest.mark.integration)


@pytest.fixture(params=["s3_gate", CEPH, "gcs_gate", "azure_gate"])
def gate(request: pytest.FixtureRequest) -> Gate:
    gate: Gate = request.getfixturevalue(request.param)
    return gate


async def test_each_hard_key_is_fetched_as_the_bytes_that_were_put(gate: Gate) -> None:
    for key in gate.keys:
        await gate.put(key, key.encode())
    urls = gate.sign(*(UrlRequest(key) for key in gate.keys))
    assert [(await gate.ask(url))[:2] for url in urls] == [(200, key.encode()) for key in gate.keys]


async def test_a_part_is_read_and_an_object_looked_at(gate: Gate) -> None:
    await gate.put("a/b.txt", b"0123456789")
    get, head = gate.sign(UrlRequest("a/b.txt"), UrlRequest("a/b.txt", "HEAD"))
    status, body, headers = await gate.ask(get, Range="bytes=2-4")
    assert (status, body, headers["Content-Range"]) == (206, b"234", "bytes 2-4/10")
    status, body, headers = await gate.ask(head, "HEAD")
    assert (status, body, headers["Content-Length"]) == (200, b"", "10")


async def test_an_answer_s_headers_are_those_that_were_asked_for(gate: Gate) -> None:
    await gate.put("a", b"x")
    overrides = ResponseOverrides("image/png", 'attachment; filename="é+ b.png"', "private")
    (url,) = gate.sign(UrlRequest("a", overrides=overrides))
    status, _, headers = await gate.ask(url)
    assert status == 200
    assert headers["Content-Type"] == "image/png"
    assert headers["Cache-Control"] == "private"
    assert headers["Content-Disposition"].startswith("attachment; filename=")


async def test_a_url_that_is_over_fetches_nothing(gate: Gate) -> None:
    await gate.put("a", b"x")
    over = gate.sign(UrlRequest("a"), ago=2 * MINUTE)
    living = gate.sign(UrlRequest("a"), ago=2 * MINUTE, life=4 * MINUTE)
    assert (await gate.ask(over[0]))[0] in {400, 403}  # Cloud Storage says ExpiredToken with 400
    assert (await gate.ask(living[0]))[0] == 200


async def test_a_url_is_good_for_its_object_its_method_and_its_text_alone(gate: Gate) -> None:
    await gate.put("one", b"1")
    await gate.put("two", b"2")
    url, overridden = gate.sign(
        UrlRequest("one"), UrlRequest("one", overrides=ResponseOverrides("image/png"))
    )
    forged = (
        url.replace("/one?", "/two?"),
        f"{url[:-6]}AAAAAA",
        overridden.replace("png", "gif"),
    )
    assert len({*forged, url, overridden}) == 5
    assert [(await gate.ask(each))[0] for each in forged] == [403, 403, 403]
    assert (await gate.ask(url, "PUT"))[0] in {403, 405, 400}
    assert (await gate.ask(url))[1] == b"1"


async def test_what_is_not_there_is_not_found_by_who_may_list_or_is_denied(gate: Gate) -> None:
    (url,) = gate.sign(UrlRequest("nothing"))
    assert (await gate.ask(url))[0] in {403, 404}


async def test_browsers_of_an_allowed_origin_are_told_so_and_others_are_not(gate: Gate) -> None:
    await gate.put("a", b"x")
    (url,) = gate.sign(UrlRequest("a"))
    asked = {"Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "range"}
    for origin, allowed in ((ORIGIN, {ORIGIN, "*"}), ("https://other.example", {None})):
        _, _, preflight = await gate.ask(url, "OPTIONS", Origin=origin, **asked)
        assert preflight.get("Access-Control-Allow-Origin") in allowed
        _, _, read = await gate.ask(url, Origin=origin)
        assert read.get("Access-Control-Allow-Origin") in allowed


@pytest.mark.parametrize("life", [timedelta(), MAX_EXPIRY + timedelta(seconds=1)])
def test_a_life_that_no_cloud_grants_is_refused(gate: Gate, life: timedelta) -> None:
    with pytest.raises(ValueError, match="between one second and seven days"):
        gate.sign(UrlRequest("a"), life=life)


def test_a_bucket_of_another_cloud_is_not_signed_for(gate: Gate) -> None:
    others = {
        Provider.S3: Provider.AZURE,
        Provider.GCS: Provider.AZURE,
        Provider.AZURE: Provider.S3,
    }
    foreign = Bucket(others[gate.bucket.provider], "acme/data", ANY_REGION)
    with pytest.raises(TypeError):
        presign(
            foreign, gate.grant, [UrlRequest("a")], signed_at=datetime.now(UTC), expires_in=MINUTE
        )
