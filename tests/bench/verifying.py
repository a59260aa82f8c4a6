"""`s3.verify`: seconds for the report of a healthy location whose cloud is 50 ms away.

Beside it stands what its requests would take one after the other, and nothing else.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from time import perf_counter

from pydantic import SecretStr

from deploy.local.clouds.aws import AwsCloud
from services.credentials.access.report import Report
from services.credentials.arns import parse_principal_arn, parse_role_arn
from services.credentials.aws_parts import AwsAccount
from services.credentials.doctor import AwsDoctor
from services.credentials.issuers.base import CustomerRole
from services.credentials.issuers.clients import AwsAddress
from services.credentials.setup.cors import cors_rules
from services.credentials.setup.policies import permission_policy, trust_policy
from tests.bench.lines import Line, Scale, compared
from tests.emulators.ministack import ministack
from tests.emulators.slow_road import slow_road
from tests.services.credentials.customer import ORIGIN, PREFIX, Customer

ROUND_TRIP = timedelta(milliseconds=50)
EXTERNAL_ID = "7f3f8a52-6f0c-4c0e-9d0b-1f4a2b7c9d10"
FILES = 1_200  # more than a page, so that folders behind it are sampled too
ONE_BY_ONE = "the same requests one after the other"


async def measure_verification(scale: Scale) -> list[Line]:
    ours: list[float] = []
    peers: dict[str, list[float]] = {ONE_BY_ONE: []}
    with healthy_location() as (cloud, customer):
        for _ in range(scale.runs + 1):
            async with slow_road(cloud.endpoint, ROUND_TRIP) as road:
                began = perf_counter()
                report = await examine(cloud, customer, road.url)
                took = perf_counter() - began
            assert report.valid, [check.document() for check in report.checks]
            ours.append(took)
            peers[ONE_BY_ONE].append(len(road.log) * ROUND_TRIP.total_seconds())
    # The first run loads service models and makes the clients that a vault has long open.
    peers[ONE_BY_ONE].pop(0)
    return [compared("s3.verify", ours[1:], "seconds, 50 ms away", peers)]


@contextmanager
def healthy_location() -> Iterator[tuple[AwsCloud, Customer]]:
    """Start a cloud with a bucket whose owner has pasted the setup kit's documents."""
    with ministack() as cloud:
        customer = Customer(cloud)
        customer.make_role(trust_policy(cloud.principal_arn, EXTERNAL_ID), 43_200)
        customer.permit(permission_policy("aws", customer.bucket, PREFIX))
        rules = cors_rules([ORIGIN])
        customer.s3.put_bucket_cors(Bucket=customer.bucket, CORSConfiguration=rules)
        for number in range(FILES):
            key = f"{PREFIX}{number % 6}/{number:04}.jpg"
            customer.s3.put_object(Bucket=customer.bucket, Key=key, Body=b"a photo")
        yield cloud, customer


async def examine(cloud: AwsCloud, customer: Customer, url: str) -> Report:
    account = AwsAccount(
        AwsAddress("us-east-1", url, url, url),
        parse_principal_arn(cloud.principal_arn),
        cloud.vault.access_key_id,
        SecretStr(cloud.vault.secret_access_key),
    )
    role = CustomerRole(parse_role_arn(customer.role_arn), EXTERNAL_ID)
    doctor = AwsDoctor(account, allow_private=True)
    return await doctor.examine(role, customer.bucket, PREFIX, origins=[ORIGIN], region=None)
