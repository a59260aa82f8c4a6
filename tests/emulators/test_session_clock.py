"""A session ends when it said that it would, and what it signed ends with it."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest
from botocore.exceptions import ClientError

from deploy.local.clouds.aws import AwsCloud
from tests.emulators.customer import EXTERNAL_ID, REGION, assume
from tests.emulators.ministack import sessions_older

MINUTE = timedelta(minutes=1)


def test_a_session_ends_when_it_said_and_its_urls_with_it(
    cloud: AwsCloud, bucket: str, role: str
) -> None:
    keys = assume(
        cloud.client("sts", cloud.vault), role, ExternalId=EXTERNAL_ID, DurationSeconds=7200
    )
    s3 = cloud.client("s3", keys, region=REGION)
    place = {"Bucket": bucket, "Key": "photos/a.jpg"}
    url = s3.generate_presigned_url("get_object", Params=place, ExpiresIn=600)
    begun_at = datetime.now(UTC)
    with sessions_older(cloud, timedelta(hours=2) - MINUTE):
        assert s3.get_object(**place)["Body"].read() == b"photos/a.jpg"
        assert httpx.get(url, trust_env=False).status_code == 200
    with sessions_older(cloud, timedelta(hours=2) + MINUTE):
        with pytest.raises(ClientError, match="ExpiredToken"):
            s3.get_object(**place)
        assert httpx.get(url, trust_env=False).status_code in {400, 403}
    assert s3.get_object(**place)["ContentLength"] > 0
    assert datetime.now(UTC) - begun_at < MINUTE  # else it proved nothing
