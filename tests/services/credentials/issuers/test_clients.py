"""Clients of AWS: one for each region that AWS has, however many callers make up."""

from collections.abc import AsyncIterator

import pytest

from services.credentials.issuers.clients import AwsAddress, AwsClients


@pytest.fixture
async def clients() -> AsyncIterator[AwsClients]:
    async with AwsClients(AwsAddress("us-west-2"), None, None) as opened:
        yield opened


@pytest.mark.parametrize(
    ("region", "endpoint"),
    [
        ("eu-central-1", "https://sts.eu-central-1.amazonaws.com"),
        ("cn-north-1", "https://sts.cn-north-1.amazonaws.com.cn"),
        ("us-gov-west-1", "https://sts.us-gov-west-1.amazonaws.com"),
    ],
)
async def test_each_region_has_a_client_of_its_own_endpoint(
    clients: AwsClients, region: str, endpoint: str
) -> None:
    client = await clients.sts(region)
    assert (client.meta.region_name, client.meta.endpoint_url) == (region, endpoint)
    assert await clients.sts(region) is client


@pytest.mark.parametrize("region", ["made-up-1", "made-up-2", "1", "zone_a", "s3.example", ""])
async def test_a_region_that_aws_does_not_have_is_asked_at_home(
    clients: AwsClients, region: str
) -> None:
    assert await clients.sts(region) is await clients.sts("us-west-2")
