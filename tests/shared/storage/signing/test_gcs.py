"""Our V4 signer gives the same text as google-cloud-storage's, character for character."""

import hmac
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, timezone
from functools import cache
from hashlib import sha256
from typing import Literal
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from google.auth.credentials import Signing
from google.cloud.storage import _signing
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.leases import ANY_REGION, Bucket, RemoteSigning, SigningKeys
from shared.storage.signing.base import ResponseOverrides, UrlRequest
from shared.storage.signing.gcs import (
    HMAC,
    RSA,
    derive_gcs_key,
    gcs_bucket_url,
    prepare_gcs,
    presign_gcs,
)
from shared.storage.signing.local import presign
from shared.uris import Provider
from tests.shared.storage.signing.test_s3 import headers, keys, zones

NO_OVERRIDES = ResponseOverrides()
SECRET = "bGoa+V7g/yqDXvKRqq+JTFn4uQZbPiQJo4pf9RzJ"
ACCESS_ID = "GOOG1EEXAMPLE"
EMAIL = "reader@mooring.iam.gserviceaccount.com"
ACME = Bucket(Provider.GCS, "acme", ANY_REGION)
BUCKETS = [
    ACME,
    Bucket(Provider.GCS, "dotted.bucket_name", ANY_REGION),
    Bucket(Provider.GCS, "acme", "europe-west4", "http://127.0.0.1:4443"),
    Bucket(Provider.GCS, "acme", ANY_REGION, "http://[::1]:4443"),
    Bucket(Provider.GCS, "acme", ANY_REGION, "https://storage.example"),
]


@dataclass(frozen=True)
class Request:
    """One call of the presigner."""

    bucket: Bucket = ACME
    key: str = "a/b.jpg"
    access_id: str = ACCESS_ID
    signed_at: datetime = datetime(2026, 5, 24, 10, 30, tzinfo=UTC)
    expires_in: timedelta = timedelta(hours=1)
    method: Literal["GET", "HEAD"] = "GET"
    overrides: ResponseOverrides = NO_OVERRIDES
    version_id: str | None = None


class Signer(Signing):
    """Credentials of the SDK's, which sign as `sign_bytes` of the test does."""

    def __init__(self, email: str) -> None:
        self._email = email

    def sign_bytes(self, message: bytes) -> bytes:
        return sha256(message).digest()

    @property
    def signer_email(self) -> str:
        return self._email

    @property
    def signer(self) -> "Signer":
        return self


class HmacSigner(Signer):
    """Sign with an HMAC key what the SDK, which has no such keys, says of RSA."""

    def sign_bytes(self, message: bytes) -> bytes:
        scope = message.split(b"\n")[2]
        key = f"GOOG4{SECRET}".encode()
        for part in scope.split(b"/"):
            key = hmac.digest(key, part, "sha256")
        return hmac.digest(key, message, "sha256")


class RsaSigner(Signer):
    def sign_bytes(self, message: bytes) -> bytes:
        return rsa_key().sign(message, PKCS1v15(), SHA256())


@cache
def rsa_key() -> RSAPrivateKey:
    return generate_private_key(public_exponent=65537, key_size=2048)


def sign_with_sdk(request: Request, credentials: Signer) -> str:
    cache_control = request.overrides.cache_control
    signed_at = request.signed_at.astimezone(UTC)
    url: str = _signing.generate_signed_url_v4(
        credentials,
        resource=f"/{request.bucket.name}/{quote(request.key, safe='/~')}",  # as its Blob does
        expiration=int(request.expires_in.total_seconds()),
        api_access_endpoint=request.bucket.endpoint or "https://storage.googleapis.com",
        method=request.method,
        response_type=request.overrides.content_type,
        response_disposition=request.overrides.content_disposition,
        generation=request.version_id,
        query_parameters=(
            None if cache_control is None else {"response-cache-control": cache_control}
        ),
        _request_timestamp=f"{signed_at:%Y%m%dT%H%M%SZ}",
    )
    return url


def sign_by_hmac(request: Request) -> str:
    return presign_gcs(
        request.bucket,
        request.key,
        access_id=request.access_id,
        signing_key=derive_gcs_key(SECRET, request.signed_at.astimezone(UTC).date()),
        signed_at=request.signed_at,
        expires_in=request.expires_in,
        method=request.method,
        overrides=request.overrides,
        version_id=request.version_id,
    )


def sign_as(signer: Signer, request: Request) -> str:
    unsigned = prepare_gcs(
        request.bucket,
        request.key,
        access_id=signer.signer_email,
        algorithm=RSA,
        signed_at=request.signed_at,
        expires_in=request.expires_in,
        method=request.method,
        overrides=request.overrides,
        version_id=request.version_id,
    )
    return unsigned.sign(signer.sign_bytes(unsigned.to_sign.encode()))


@pytest.fixture
def sdk_of_hmac() -> Iterator[None]:
    """Let the SDK write the other algorithm's name, which is a constant in its code."""
    sign = _signing.generate_signed_url_v4
    constants = tuple(
        str(each).replace("GOOG4-RSA-SHA256", HMAC) if isinstance(each, str) else each
        for each in sign.__code__.co_consts
    )
    assert constants != sign.__code__.co_consts
    code = sign.__code__
    sign.__code__ = code.replace(co_consts=constants)
    yield
    sign.__code__ = code


requests = st.builds(
    Request,
    bucket=st.sampled_from(BUCKETS),
    key=keys,
    access_id=st.sampled_from([ACCESS_ID, EMAIL, "key/with+odd=chars"]),
    signed_at=st.datetimes(datetime(2000, 1, 1), datetime(2099, 12, 30), timezones=zones),  # noqa: DTZ001 - bounds, the zone is drawn
    expires_in=st.integers(1, 604_800).map(lambda seconds: timedelta(seconds=seconds)),
    method=st.sampled_from(["GET", "HEAD"]),
    overrides=st.builds(
        ResponseOverrides,
        content_type=headers,
        content_disposition=headers,
        cache_control=headers,
    ),
    version_id=st.none() | st.integers(1, 2**62).map(str),
)
many = settings(
    max_examples=5_000,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)


@pytest.mark.usefixtures("sdk_of_hmac")
@many
@given(request=requests)
def test_five_thousand_random_urls_signed_by_hmac_equal_those_of_the_sdk(request: Request) -> None:
    assert sign_by_hmac(request) == sign_with_sdk(request, HmacSigner(request.access_id))


@many
@given(request=requests)
def test_five_thousand_random_urls_signed_elsewhere_equal_those_of_the_sdk(
    request: Request,
) -> None:
    signer = Signer(request.access_id)
    assert sign_as(signer, request) == sign_with_sdk(request, signer)


@settings(many, max_examples=200)
@given(request=requests)
def test_random_urls_signed_by_rsa_equal_those_of_the_sdk(request: Request) -> None:
    signer = RsaSigner(EMAIL)
    assert sign_as(signer, request) == sign_with_sdk(request, signer)


def test_a_lease_s_keys_sign_for_the_day_of_the_signature() -> None:
    days = [date(2026, 5, 23), date(2026, 5, 24)]
    grant = SigningKeys(ACCESS_ID, None, {day: derive_gcs_key(SECRET, day) for day in days})
    request = Request(version_id="17", overrides=ResponseOverrides("image/jpeg"))
    zone = timezone(timedelta(hours=14))
    for signed_at in (request.signed_at, datetime(2026, 5, 24, 10, tzinfo=zone)):
        urls = presign(
            ACME,
            grant,
            [
                UrlRequest(request.key, "GET", "17", request.overrides),
                UrlRequest("other", "HEAD"),
            ],
            signed_at=signed_at,
            expires_in=request.expires_in,
        )
        assert urls == [
            sign_by_hmac(replace(request, signed_at=signed_at)),
            sign_by_hmac(Request(key="other", method="HEAD", signed_at=signed_at)),
        ]


def test_what_only_the_vault_can_sign_is_not_signed_here() -> None:
    with pytest.raises(TypeError):
        presign(
            ACME,
            RemoteSigning(),
            [UrlRequest("a")],
            signed_at=Request().signed_at,
            expires_in=timedelta(hours=1),
        )


def test_a_url_has_its_parameters_in_one_order_and_ends_in_the_signature() -> None:
    overrides = ResponseOverrides("image/jpeg", "inline", "private")
    url = urlsplit(sign_by_hmac(Request(version_id="1", overrides=overrides)))
    assert (url.scheme, url.netloc, url.path) == (
        "https",
        "storage.googleapis.com",
        "/acme/a/b.jpg",
    )
    assert list(parse_qs(url.query)) == [
        "X-Goog-Algorithm",
        "X-Goog-Credential",
        "X-Goog-Date",
        "X-Goog-Expires",
        "X-Goog-SignedHeaders",
        "generation",
        "response-cache-control",
        "response-content-disposition",
        "response-content-type",
        "X-Goog-Signature",
    ]


@pytest.mark.parametrize(
    ("endpoint", "sent"),
    [("https://Upper.Example:443/", "https://upper.example"), ("http://a:80", "http://a")],
)
def test_the_host_is_signed_as_clients_send_it(endpoint: str, sent: str) -> None:
    odd = sign_by_hmac(Request(bucket=replace(ACME, endpoint=endpoint)))
    plain = sign_by_hmac(Request(bucket=replace(ACME, endpoint=sent)))
    assert odd.partition("Signature=")[2] == plain.partition("Signature=")[2]
    assert odd.startswith(f"{endpoint.rstrip('/')}/acme/")


def test_a_bucket_has_a_url_as_its_objects_begin() -> None:
    for bucket in BUCKETS:
        assert sign_by_hmac(Request(bucket=bucket)).startswith(f"{gcs_bucket_url(bucket)}a/b.jpg?")


def test_fractions_of_a_second_are_dropped_so_that_a_url_never_lives_longer() -> None:
    whole = Request(expires_in=timedelta(seconds=90))
    fractional = replace(
        whole,
        signed_at=whole.signed_at + timedelta(microseconds=999_999),
        expires_in=whole.expires_in + timedelta(microseconds=999_999),
    )
    assert sign_by_hmac(fractional) == sign_by_hmac(whole)


@pytest.mark.parametrize(
    "request_",
    [
        Request(expires_in=timedelta(milliseconds=999)),
        Request(expires_in=timedelta(0)),
        Request(expires_in=timedelta(seconds=-5)),
        Request(expires_in=timedelta(days=7, seconds=1)),
        Request(key=""),
    ],
)
def test_what_google_would_never_honour_is_not_signed(request_: Request) -> None:
    with pytest.raises(ValueError, match=r"."):
        sign_by_hmac(request_)


def test_a_naive_signing_time_is_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        presign_gcs(
            ACME,
            "key",
            access_id=ACCESS_ID,
            signing_key=b"k" * 32,
            signed_at=datetime(2026, 1, 1),  # noqa: DTZ001 - the naive time is the point
            expires_in=timedelta(hours=1),
        )
