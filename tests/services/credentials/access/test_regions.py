"""Regions: found by a header that is believed only when it can be a region's name."""

from collections.abc import Callable
from uuid import UUID

import httpx
import pytest
from pydantic import SecretStr

from services.credentials.access.probes import Probes
from services.credentials.access.regions import BucketRegions
from services.credentials.arns import parse_role_arn
from services.credentials.issuers.base import AccessKey, CustomerRole, Identity, Reach, Session
from shared.errors import BucketNotFoundError, StorageUnavailableError
from shared.leases import Bucket
from shared.uris import Provider

KEY = AccessKey("AKIA", SecretStr("secret"), "https://s3.example", "default", path_style=True)
ROLE = CustomerRole(parse_role_arn("arn:aws:iam::222222222222:role/reader"), "the-id")

Answer = Callable[[httpx.Request], httpx.Response]


class Addresses:
    """An issuer that only says how buckets are addressed."""

    def bucket(self, identity: Identity, name: str, region: str) -> Bucket:
        endpoint = identity.endpoint if isinstance(identity, AccessKey) else None
        return Bucket(Provider.S3, name, region, endpoint, path_style=endpoint is not None)

    async def issue(self, org_id: UUID, identity: Identity, reach: Reach) -> Session:
        raise NotImplementedError


def regions(answer: Answer) -> BucketRegions:
    client = httpx.AsyncClient(transport=httpx.MockTransport(answer))
    return BucketRegions(Probes(client, client), Addresses(), "us-east-1")


def saying(header: str | None, status: int = 403) -> Answer:
    headers = {} if header is None else {"x-amz-bucket-region": header}
    return lambda _: httpx.Response(status, headers=headers)


@pytest.mark.parametrize("status", [200, 301, 403])
async def test_the_region_is_what_the_store_says(status: int) -> None:
    found = await regions(saying("eu-south-2", status)).find(ROLE, "acme-data", "us-west-2")
    assert found == "eu-south-2"


@pytest.mark.parametrize("odd", ["1", "zone_a", "", " ", "a.b", "a/b", "x" * 64, "-a", "a-"])
async def test_a_header_that_no_region_can_have_is_not_believed(odd: str) -> None:
    asked = regions(saying(odd))
    assert await asked.find(KEY, "acme-data", None) == "default"
    assert await asked.find(KEY, "acme-data", "given") == "given"
    assert await asked.find(ROLE, "acme-data", None) is None


async def test_a_store_that_says_nothing_leaves_the_region_that_was_given() -> None:
    assert await regions(saying(None)).find(KEY, "acme-data", None) == "default"
    assert await regions(saying(None)).find(ROLE, "acme-data", "eu-south-2") == "eu-south-2"
    assert await regions(saying(None)).find(ROLE, "acme-data", None) is None


async def test_a_bucket_that_aws_does_not_have_is_not_there() -> None:
    with pytest.raises(BucketNotFoundError):
        await regions(saying(None, 404)).find(ROLE, "acme-data", "eu-south-2")
    assert await regions(saying(None, 404)).find(KEY, "acme-data", None) == "default"


async def test_aws_out_of_reach_leaves_the_region_that_was_given() -> None:
    def away(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("no", request=request)

    assert await regions(away).find(ROLE, "acme-data", "eu-south-2") == "eu-south-2"
    assert await regions(away).find(KEY, "acme-data", None) == "default"
    with pytest.raises(StorageUnavailableError):
        await regions(away).find(ROLE, "acme-data", None)
