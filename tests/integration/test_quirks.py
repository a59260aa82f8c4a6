"""Quirks of Ceph RGW 16 that Mooring bears: what each one is, and that it does no harm."""

import socket
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import pytest
from botocore.exceptions import ClientError
from pydantic import SecretStr

from services.credentials.access.probes import Probes, open_probes
from services.credentials.access.regions import BucketRegions
from services.credentials.access.signed_questions import SignedQuestions
from services.credentials.access.store_profiles import StoreProfiles
from services.credentials.issuers.base import AccessKey
from services.credentials.setup.stores import CEPH
from shared.egress import EgressGuard
from shared.errors import BucketNotFoundError, ObjectNotFoundError
from shared.leases import SessionKeys
from tests.integration.ceph import Ceph
from tests.integration.customers import REGION, Customer
from tests.services.credentials.access.test_regions import Addresses

pytestmark = pytest.mark.integration

RUNG = "bell\x07+%20"


@pytest.fixture
async def probes() -> AsyncIterator[Probes]:
    async with open_probes(EgressGuard(allow_private=True)) as probes:
        yield probes


@pytest.fixture
def questions(probes: Probes, customer: Customer) -> SignedQuestions:
    keys = SessionKeys(customer.owner.access_key_id, SecretStr(customer.owner.secret_access_key))
    return SignedQuestions(probes.guarded, customer.place, keys)


async def test_errors_without_a_text_say_what_is_missing(
    questions: SignedQuestions, customer: Customer
) -> None:
    answer = await questions.read_byte("missing", {})
    assert (answer.status, answer.code) == (404, "NoSuchKey")
    assert b"<Message></Message>" in answer.body
    async with customer.open_bucket(customer.owner) as store:
        with pytest.raises(ObjectNotFoundError):
            await store.read_range("missing", 0, 1)
    customer.s3.delete_bucket(Bucket=customer.bucket)
    async with customer.open_bucket(customer.owner) as store:
        with pytest.raises(BucketNotFoundError):
            await anext(aiter(store.list_pages("")))


def test_errors_of_the_sts_have_no_frame(ceph: Ceph, customer: Customer) -> None:
    """See test_role_sessions.py for what is made of them."""
    with pytest.raises(ClientError) as refused:
        ceph.client("sts", customer.owner).assume_role(
            RoleArn="arn:aws:iam::222222222222:role/nobody", RoleSessionName="test"
        )
    assert "Error" not in refused.value.response
    assert refused.value.response["Code"] == "NoSuchEntity"  # type: ignore[typeddict-item]


async def test_a_bucket_says_nothing_of_its_region_and_is_in_that_of_the_credential(
    probes: Probes, customer: Customer
) -> None:
    answer = await probes.guarded.head(f"{customer.ceph.endpoint}/{customer.bucket}/")
    assert (answer.status_code, answer.headers.get("x-amz-bucket-region")) == (403, None)
    key = AccessKey("AKIDEXAMPLE", SecretStr("-"), customer.ceph.endpoint, REGION, path_style=True)
    regions = BucketRegions(probes, Addresses(), "us-east-1")
    assert await regions.find(key, customer.bucket, None) == REGION


def test_the_endpoint_answers_to_head_with_a_body(ceph: Ceph) -> None:
    address = urlsplit(ceph.endpoint)
    with socket.create_connection((address.hostname, address.port), timeout=10) as connection:
        request = f"HEAD / HTTP/1.1\r\nHost: {address.netloc}\r\nConnection: close\r\n\r\n"
        connection.sendall(request.encode())
        answer = b"".join(iter(lambda: connection.recv(4096), b""))
    assert answer.partition(b"\r\n\r\n")[2] == b"0\r\n\r\n"


async def test_a_ceph_is_told_by_the_ids_of_its_answers_alone(probes: Probes, ceph: Ceph) -> None:
    answer = await probes.guarded.get(f"{ceph.endpoint}/")
    assert answer.headers.get("server") is None
    assert await StoreProfiles(probes).find(ceph.endpoint) is CEPH


@pytest.mark.parametrize(
    ("query", "place"),
    [
        ({"list-type": "2"}, "NextContinuationToken"),
        ({"versions": ""}, "NextKeyMarker"),
    ],
)
async def test_where_a_listing_goes_on_is_not_url_encoded_as_its_keys_are(
    questions: SignedQuestions, customer: Customer, query: dict[str, str], place: str
) -> None:
    """See the contract suites for what is made of it."""
    for key in (RUNG, "z"):
        customer.s3.put_object(Bucket=customer.bucket, Key=key)
    answer = await questions.list({**query, "encoding-type": "url", "max-keys": "1"})
    assert b"<Key>bell%07%2B%2520</Key>" in answer.body
    assert f"<{place}>bell&#x07;+%20</{place}>".encode() in answer.body
