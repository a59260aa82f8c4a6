"""Our SigV4 presigner gives the same text as botocore's, character for character."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, timezone
from functools import cache
from typing import Literal
from unittest.mock import patch

import botocore.session
import pytest
from botocore.client import BaseClient
from botocore.config import Config
from botocore.credentials import Credentials
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.leases import Bucket
from shared.storage.signing.base import ResponseOverrides
from shared.storage.signing.s3 import derive_signing_key, presign_s3
from shared.uris import Provider
from tests.hard_keys import HARD_KEYS

NO_OVERRIDES = ResponseOverrides()
SECRET = "a secret access key + anything / else"
REFERENCE_SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
EUROPEAN = Bucket(Provider.S3, "customer-bucket", "eu-central-1")
BUCKETS = [
    EUROPEAN,
    Bucket(Provider.S3, "customer-bucket", "us-east-1"),
    Bucket(Provider.S3, "1234", "us-gov-west-1"),
    Bucket(Provider.S3, "customer-bucket", "cn-north-1"),
    Bucket(Provider.S3, "dotted.bucket.name", "ap-southeast-2"),
    Bucket(
        Provider.S3, "customer-bucket", "us-east-1", "https://minio.example:9000", path_style=True
    ),
    Bucket(Provider.S3, "customer-bucket", "garage", "https://s3.example"),
    Bucket(Provider.S3, "dotted.bucket", "us-east-1", "http://ceph.internal:8080"),
    Bucket(Provider.S3, "dotted.bucket", "us-east-1", "https://ceph.internal:8443"),
    Bucket(Provider.S3, "customer-bucket", "us-east-1", "http://127.0.0.1:4566"),
    Bucket(Provider.S3, "customer-bucket", "us-east-1", "http://[::1]:4566", path_style=True),
    Bucket(
        Provider.S3, "customer-bucket", "us-west-2", "https://Upper.Example:443/", path_style=True
    ),
    Bucket(Provider.S3, "customer-bucket", "us-west-2", "http://upper.Example:80"),
]


@cache
def oracle(bucket: Bucket) -> BaseClient:
    return botocore.session.Session().create_client(
        "s3",
        region_name=bucket.region,
        endpoint_url=bucket.endpoint,
        aws_access_key_id="placeholder",
        aws_secret_access_key="placeholder",
        config=Config(
            signature_version="s3v4",
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            s3={
                "addressing_style": "path" if bucket.path_style else "virtual",
                "us_east_1_regional_endpoint": "regional",
            },
        ),
    )


@dataclass(frozen=True)
class Request:
    """One call of the presigner."""

    bucket: Bucket = EUROPEAN
    key: str = "a/b.jpg"
    access_key_id: str = "AKIAIOSFODNN7EXAMPLE"
    session_token: str | None = None
    signed_at: datetime = datetime(2026, 5, 24, 10, 30, tzinfo=UTC)
    expires_in: timedelta = timedelta(hours=1)
    method: Literal["GET", "HEAD"] = "GET"
    overrides: ResponseOverrides = NO_OVERRIDES
    version_id: str | None = None


def presign(request: Request) -> str:
    day = request.signed_at.astimezone(UTC).date()
    return presign_s3(
        request.bucket,
        request.key,
        access_key_id=request.access_key_id,
        session_token=request.session_token,
        signing_key=derive_signing_key(SECRET, day, request.bucket.region),
        signed_at=request.signed_at,
        expires_in=request.expires_in,
        method=request.method,
        overrides=request.overrides,
        version_id=request.version_id,
    )


def presign_with_botocore(request: Request) -> str:
    client = oracle(request.bucket)
    client._request_signer._credentials = Credentials(  # type: ignore[attr-defined]
        request.access_key_id, SECRET, request.session_token
    )
    params = {
        "Bucket": request.bucket.name,
        "Key": request.key,
        "ResponseCacheControl": request.overrides.cache_control,
        "ResponseContentDisposition": request.overrides.content_disposition,
        "ResponseContentType": request.overrides.content_type,
        "VersionId": request.version_id,
    }
    botocore_clock.now = request.signed_at
    url: str = client.generate_presigned_url(  # type: ignore[attr-defined]
        "get_object" if request.method == "GET" else "head_object",
        Params={name: text for name, text in params.items() if text is not None},
        ExpiresIn=int(request.expires_in.total_seconds()),
    )
    return url


class BotocoreClock:
    """Stand in for `get_current_datetime`, since a patch for each case would cost more than it."""

    now = datetime(2026, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now.astimezone(UTC).replace(tzinfo=None)


botocore_clock = BotocoreClock()


@pytest.fixture(autouse=True, scope="module")
def frozen_botocore() -> Iterator[None]:
    with patch("botocore.auth.get_current_datetime", botocore_clock):
        yield


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
awkward_texts = st.text(
    "aZ09 /+%#?&=~*'\"`.\\;:@,!$()[]{}<>|^"
    "\x00\x01\t\r\n\x7f\u00a0\u00e9e\u0301\u20ac\ufeff\U0001f3a3",
    max_size=40,
)
keys = st.one_of(
    texts,
    awkward_texts,
    st.sampled_from(HARD_KEYS),
    st.builds("".join, st.tuples(st.sampled_from(["/", "//", "./", "../", " "]), texts)),
).filter(bool)
headers = st.none() | texts | st.sampled_from(["image/jpeg", 'attachment; filename="a b+c.jpg"'])
zones = st.integers(-12, 14).map(lambda hours: timezone(timedelta(hours=hours)))


requests = st.builds(
    Request,
    bucket=st.sampled_from(BUCKETS),
    key=keys,
    access_key_id=st.sampled_from(["AKIAIOSFODNN7EXAMPLE", "ASIAXYZ", "key/with+odd=chars"]),
    session_token=st.none() | st.text("abzAZ059+/=", min_size=1, max_size=60),
    signed_at=st.datetimes(datetime(2000, 1, 1), datetime(2099, 12, 30), timezones=zones),  # noqa: DTZ001 - bounds, the zone is drawn
    expires_in=st.integers(1, 604_800).map(lambda seconds: timedelta(seconds=seconds)),
    overrides=st.builds(
        ResponseOverrides,
        content_type=headers,
        content_disposition=headers,
        cache_control=headers,
    ),
    version_id=st.none() | st.just("null") | st.text("abzAZ059._-+/= ", max_size=32),
)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@settings(
    max_examples=5_000,  # for each method, so ten thousand
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(request=requests)
def test_five_thousand_random_urls_equal_those_of_botocore(
    method: Literal["GET", "HEAD"], request: Request
) -> None:
    request = replace(request, method=method)
    assert presign(request) == presign_with_botocore(request)


@pytest.mark.parametrize(
    "region",
    [
        "us-east-1",
        "il-central-1",
        "us-gov-east-1",
        "cn-northwest-1",
        "us-iso-west-1",
        "us-isob-east-1",
        "eu-isoe-west-1",
        "us-isof-south-1",
        "eusc-de-east-1",
    ],
)
@pytest.mark.parametrize("name", ["customer-bucket", "dotted.bucket"])
def test_each_partition_of_aws_has_its_own_hosts(region: str, name: str) -> None:
    request = Request(bucket=Bucket(Provider.S3, name, region))
    assert presign(request) == presign_with_botocore(request)


def test_path_style_on_aws_stays_in_the_region() -> None:
    url = presign(Request(bucket=replace(EUROPEAN, path_style=True)))
    assert url.startswith("https://s3.eu-central-1.amazonaws.com/customer-bucket/a/b.jpg?X-Amz-")


def test_the_example_of_the_s3_reference_is_reproduced() -> None:
    bucket = Bucket(Provider.S3, "examplebucket", "us-east-1", "https://s3.amazonaws.com")
    url = presign_s3(
        bucket,
        "test.txt",
        access_key_id="AKIAIOSFODNN7EXAMPLE",
        session_token=None,
        signing_key=derive_signing_key(REFERENCE_SECRET, date(2013, 5, 24), "us-east-1"),
        signed_at=datetime(2013, 5, 24, tzinfo=UTC),
        expires_in=timedelta(days=1),
    )
    assert url == (
        "https://examplebucket.s3.amazonaws.com/test.txt"
        "?X-Amz-Algorithm=AWS4-HMAC-SHA256"
        "&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request"
        "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
        "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"
    )


def test_fractions_of_a_second_are_dropped_so_that_a_url_never_lives_longer() -> None:
    whole = Request(expires_in=timedelta(seconds=90))
    fractional = replace(
        whole,
        signed_at=whole.signed_at + timedelta(microseconds=999_999),
        expires_in=whole.expires_in + timedelta(microseconds=999_999),
    )
    assert presign(fractional) == presign(whole)


@pytest.mark.parametrize(
    "request_",
    [
        Request(expires_in=timedelta(milliseconds=999)),
        Request(expires_in=timedelta(0)),
        Request(expires_in=timedelta(seconds=-5)),
        Request(expires_in=timedelta(days=7, seconds=1)),
        Request(key=""),
        Request(bucket=replace(EUROPEAN, region="evil.example/#")),
        Request(bucket=replace(EUROPEAN, region="")),
    ],
)
def test_what_s3_would_never_honour_is_not_signed(request_: Request) -> None:
    with pytest.raises(ValueError, match=r"."):
        presign(request_)


def test_a_naive_signing_time_is_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        presign_s3(
            EUROPEAN,
            "key",
            access_key_id="AKIAIOSFODNN7EXAMPLE",
            session_token=None,
            signing_key=b"k" * 32,
            signed_at=datetime(2026, 1, 1),  # noqa: DTZ001 - the naive time is the point
            expires_in=timedelta(hours=1),
        )
