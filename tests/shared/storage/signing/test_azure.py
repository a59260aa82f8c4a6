"""Our signatures for Azure give the same text as the SDK's, character for character."""

from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Literal
from unittest.mock import patch
from urllib.parse import parse_qs, quote, unquote, urlsplit

import pytest
from azure.storage.blob import (
    BlobClient,
    UserDelegationKey,
    generate_blob_sas,
    generate_container_sas,
)
from azure.storage.blob import _shared_access_signature as sdk
from azure.storage.blob._shared import sign_string
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from shared.errors import UrlsNotSignableError
from shared.leases import Bucket, DelegationKey
from shared.storage.signing.azure import (
    BACKDATED,
    VERSION,
    _frame,
    presign_azure,
    presign_azure_by_account_key,
    sign_azure_container,
    sign_azure_container_by_account_key,
)
from shared.storage.signing.base import NO_OVERRIDES, ResponseOverrides, UrlRequest
from shared.storage.signing.local import presign
from shared.uris import Provider
from tests.hard_keys import HARD_KEYS

NOON = datetime(2026, 5, 24, 12, tzinfo=UTC)
ACCOUNT_KEY = SecretStr("a2V5IG9mIHRoZSBhY2NvdW50ICsvPSA=")
DELEGATION_KEY = DelegationKey(
    object_id="6a3c2f10-1111-4222-8333-444455556666",
    tenant_id="0d9f7a55-aaaa-4bbb-8ccc-ddddeeeeffff",
    starts_at=NOON - timedelta(days=1),
    expires_at=NOON + timedelta(days=5),
    service="b",
    version="2026-02-06",
    value=SecretStr("dGhlIHZhbHVlIG9mIGEgZGVsZWdhdGlvbiBrZXk="),
)
BUCKET = Bucket(Provider.AZURE, "acme/photos", "auto")
BUCKETS = [
    BUCKET,
    replace(BUCKET, endpoint="https://acme.blob.core.chinacloudapi.cn"),
    replace(BUCKET, endpoint="https://acme.z01.blob.storage.azure.net/"),
    replace(BUCKET, endpoint="https://127.0.0.1:10000/acme"),
    replace(BUCKET, endpoint="http://127.0.0.1:10000/acme"),
]
MARK = "\x00a line that VERSION does not have"


class OlderHelper(sdk._BlobSharedAccessHelper):
    """Mark the two lines for signed headers and parameters, which came after VERSION."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._sts_srh = MARK
        self._sts_srq = MARK


def sign_without_marks(key: str, text: str) -> str:
    signed: str = sign_string(key, text.replace(f"{MARK}\n", ""))  # type: ignore[no-untyped-call]
    return signed


@pytest.fixture(autouse=True, scope="module")
def sdk_of_our_version() -> Iterator[None]:
    with (
        patch.object(sdk, "X_MS_VERSION", VERSION),
        patch.object(sdk, "_BlobSharedAccessHelper", OlderHelper),
        patch.object(sdk, "sign_string", sign_without_marks),
    ):
        yield


@dataclass(frozen=True)
class Request:
    """One call of the signer, with a delegation key or, without one, with the account's."""

    bucket: Bucket = BUCKET
    key: str = "a/b.jpg"
    delegation_key: DelegationKey | None = DELEGATION_KEY
    signed_at: datetime = NOON
    expires_in: timedelta = timedelta(hours=1)
    method: Literal["GET", "HEAD"] = "GET"
    overrides: ResponseOverrides = NO_OVERRIDES
    version_id: str | None = None
    permissions: str = "l"

    def times(self) -> tuple[datetime, datetime]:
        """Return when the signature starts and ends."""
        start, end = self.signed_at - BACKDATED, self.signed_at + self.expires_in
        if self.delegation_key is None:
            return start, end
        return max(start, self.delegation_key.starts_at), min(end, self.delegation_key.expires_at)


def sign_blob(request: Request) -> str:
    options = {
        "signed_at": request.signed_at,
        "expires_in": request.expires_in,
        "method": request.method,
        "overrides": request.overrides,
        "version_id": request.version_id,
    }
    if request.delegation_key is None:
        return presign_azure_by_account_key(
            request.bucket,
            request.key,
            account_key=ACCOUNT_KEY,
            **options,  # type: ignore[arg-type]
        )
    return presign_azure(
        request.bucket,
        request.key,
        delegation_key=request.delegation_key,
        **options,  # type: ignore[arg-type]
    )


def sign_container(request: Request) -> str:
    options = {
        "signed_at": request.signed_at,
        "expires_in": request.expires_in,
        "permissions": request.permissions,
    }
    if request.delegation_key is None:
        signed = sign_azure_container_by_account_key(
            request.bucket,
            account_key=ACCOUNT_KEY,
            **options,  # type: ignore[arg-type]
        )
    else:
        signed = sign_azure_container(
            request.bucket,
            delegation_key=request.delegation_key,
            **options,  # type: ignore[arg-type]
        )
    return signed.get_secret_value()


def sdk_options(request: Request) -> dict[str, object]:
    start, expiry = request.times()
    http = (request.bucket.endpoint or "").startswith("http:")
    options: dict[str, object] = {
        "start": start,
        "expiry": expiry,
        "protocol": "https,http" if http else "https",
    }
    if request.delegation_key is None:
        return {**options, "account_key": ACCOUNT_KEY.get_secret_value()}
    return {**options, "user_delegation_key": sdk_key(request.delegation_key)}


def sdk_key(key: DelegationKey) -> UserDelegationKey:
    made = UserDelegationKey()  # type: ignore[no-untyped-call]
    made.signed_oid = key.object_id
    made.signed_tid = key.tenant_id
    made.signed_start = f"{key.starts_at:%Y-%m-%dT%H:%M:%SZ}"
    made.signed_expiry = f"{key.expires_at:%Y-%m-%dT%H:%M:%SZ}"
    made.signed_service = key.service
    made.signed_version = key.version
    made.value = key.value.get_secret_value()
    return made


def sign_blob_with_sdk(request: Request) -> str:
    account, container = request.bucket.name.split("/")
    token = generate_blob_sas(
        account,
        container,
        request.key,
        permission="r",
        cache_control=request.overrides.cache_control,
        content_disposition=request.overrides.content_disposition,
        content_type=request.overrides.content_type,
        version_id=request.version_id,
        **sdk_options(request),  # type: ignore[arg-type]
    )
    endpoint = request.bucket.endpoint or f"https://{account}.blob.core.windows.net"
    pinned = (
        "" if request.version_id is None else f"versionid={quote(request.version_id, safe='')}&"
    )
    url = f"{endpoint.rstrip('/')}/{container}/{quote(request.key, safe='~/')}"
    return f"{url}?{pinned}{token}"  # of a version, the SDK leaves it to each request


def sign_container_with_sdk(request: Request) -> str:
    account, container = request.bucket.name.split("/")
    return generate_container_sas(
        account,
        container,
        permission=request.permissions,
        **sdk_options(request),  # type: ignore[arg-type]
    )


# A line break has no URL: see below.
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\n"), max_size=40)
SIGNED_KEYS = [key for key in HARD_KEYS if "\n" not in key]
awkward_texts = st.text(
    "aZ09 /+%#?&=~*'\"`.\\;:@,!$()[]{}<>|^"
    "\x00\x01\t\r\x7f\u00a0\u00e9e\u0301\u20ac\ufeff\U0001f3a3",
    max_size=40,
)
keys = st.one_of(
    texts,
    awkward_texts,
    st.sampled_from(SIGNED_KEYS),
    st.builds("".join, st.tuples(st.sampled_from(["/", "//", "./", "../", " "]), texts)),
).filter(bool)
headers = st.none() | texts | st.sampled_from(["image/jpeg", 'attachment; filename="a b+c.jpg"'])
zones = st.integers(-12, 14).map(lambda hours: timezone(timedelta(hours=hours)))
# Around the days in which the delegation keys are valid; the edges have tests of their own.
times = st.datetimes(datetime(2026, 5, 24), datetime(2026, 5, 28), timezones=zones)  # noqa: DTZ001 - bounds, the zone is drawn
delegation_keys = st.builds(
    DelegationKey,
    object_id=st.uuids().map(str),
    tenant_id=st.uuids().map(str),
    starts_at=st.integers(0, 86_400).map(lambda seconds: NOON - timedelta(days=2, seconds=seconds)),
    expires_at=st.integers(0, 86_400).map(
        lambda seconds: NOON + timedelta(days=5, seconds=seconds)
    ),
    service=st.sampled_from(["b", "bq"]),
    version=st.sampled_from(["2020-12-06", "2026-02-06"]),
    value=st.binary(min_size=1, max_size=48).map(lambda raw: SecretStr(b64encode(raw).decode())),
)
requests = st.builds(
    Request,
    bucket=st.sampled_from(BUCKETS),
    key=keys,
    delegation_key=delegation_keys,
    signed_at=times.map(lambda time: time.replace(microsecond=0)),
    expires_in=st.integers(1, 604_800).map(lambda seconds: timedelta(seconds=seconds)),
    method=st.sampled_from(["GET", "HEAD"]),
    overrides=st.builds(
        ResponseOverrides, content_type=headers, content_disposition=headers, cache_control=headers
    ),
    version_id=st.none()
    | st.just("2026-05-24T10:30:05.1234567Z")
    | st.text("aZ9:.+/ ", min_size=1),
    permissions=st.sampled_from(["l", "r", "rl", "rlt"]),
)


@settings(
    max_examples=5_000,  # each signed by both kinds of key, blob and container
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(request=requests)
def test_twenty_thousand_random_signatures_equal_those_of_the_sdk(request: Request) -> None:
    for key in (request.delegation_key, None):
        signed = replace(request, delegation_key=key)
        assert sign_blob(signed) == sign_blob_with_sdk(signed)
        assert sign_container(signed) == sign_container_with_sdk(signed)


@pytest.mark.parametrize("bucket", BUCKETS)
@pytest.mark.parametrize("key", SIGNED_KEYS)
def test_the_url_of_a_hard_key_is_that_of_the_sdk(bucket: Bucket, key: str) -> None:
    signed = sign_blob(Request(bucket=bucket, key=key))
    account, container = bucket.name.split("/")
    endpoint = bucket.endpoint or f"https://{account}.blob.core.windows.net"
    url, _, token = signed.partition("?")
    assert BlobClient(endpoint, container, key, credential=token).url == signed
    assert unquote(url).endswith(f"/{container}/{key}")


@pytest.mark.parametrize(
    "spoiled",
    [
        Request(key="a/\n\n\nhttps,http\n2026-02-06\nd\n\n"),
        Request(version_id="1\n2"),
        Request(overrides=ResponseOverrides(content_type="a\nb")),
        Request(overrides=ResponseOverrides(content_disposition="a\nb")),
        Request(overrides=ResponseOverrides(cache_control="a\nb")),
    ],
)
def test_nothing_with_a_line_break_is_signed_since_it_could_stand_for_something_else(
    spoiled: Request,
) -> None:
    with pytest.raises(UrlsNotSignableError):
        sign_blob(spoiled)


def validity(url: str) -> tuple[str, str]:
    query = parse_qs(urlsplit(url).query)
    return query["st"][0], query["se"][0]


def test_a_url_starts_a_quarter_of_an_hour_early_and_ends_when_it_was_asked_to() -> None:
    assert validity(sign_blob(Request())) == ("2026-05-24T11:45:00Z", "2026-05-24T13:00:00Z")


def test_a_url_lives_no_longer_than_its_delegation_key_at_either_end() -> None:
    young = replace(DELEGATION_KEY, starts_at=NOON - timedelta(minutes=5))
    newborn = replace(DELEGATION_KEY, starts_at=NOON + timedelta(minutes=5))
    dying = replace(DELEGATION_KEY, expires_at=NOON + timedelta(minutes=5))
    assert validity(sign_blob(Request(delegation_key=young))) == (
        "2026-05-24T11:55:00Z",
        "2026-05-24T13:00:00Z",
    )
    assert validity(sign_blob(Request(delegation_key=newborn))) == (
        "2026-05-24T12:05:00Z",
        "2026-05-24T13:00:00Z",
    )
    assert validity(sign_blob(Request(delegation_key=dying))) == (
        "2026-05-24T11:45:00Z",
        "2026-05-24T12:05:00Z",
    )


def test_what_is_signed_for_get_is_signed_for_head() -> None:
    assert sign_blob(Request(method="HEAD")) == sign_blob(Request(method="GET"))


def test_a_blob_of_an_account_without_versions_is_pinned_to_none() -> None:
    assert sign_blob(Request(version_id="null")) == sign_blob(Request())
    pinned = sign_blob(Request(version_id="2026-05-24T10:30:05.1234567Z"))
    assert "?versionid=2026-05-24T10%3A30%3A05.1234567Z&st=" in pinned
    assert "&sr=bv&" in pinned


def test_only_an_endpoint_without_tls_is_signed_for_http() -> None:
    protocols = {
        bucket.endpoint: parse_qs(urlsplit(sign_blob(Request(bucket=bucket))).query)["spr"]
        for bucket in BUCKETS
    }
    assert [endpoint for endpoint, spr in protocols.items() if spr != ["https"]] == [
        "http://127.0.0.1:10000/acme"
    ]


def test_an_empty_override_leaves_the_header_alone() -> None:
    empty = ResponseOverrides("", "", "")
    assert sign_blob(Request(overrides=empty)) == sign_blob(Request())


def test_fractions_of_a_second_are_dropped_so_that_a_url_never_lives_longer() -> None:
    whole = Request(expires_in=timedelta(seconds=90))
    fractional = replace(
        whole,
        signed_at=whole.signed_at + timedelta(microseconds=999_999),
        expires_in=whole.expires_in + timedelta(microseconds=999_999),
    )
    assert sign_blob(fractional) == sign_blob(whole)


def test_a_lease_with_a_delegation_key_signs_each_request() -> None:
    pinned = UrlRequest("a b.jpg", "HEAD", "v1", ResponseOverrides(content_type="image/jpeg"))
    urls = presign(
        BUCKET,
        DELEGATION_KEY,
        [UrlRequest("a/b.jpg"), pinned],
        signed_at=NOON,
        expires_in=timedelta(hours=1),
    )
    assert urls == [
        sign_blob(Request()),
        sign_blob(Request(key="a b.jpg", version_id="v1", overrides=pinned.overrides)),
    ]


@pytest.mark.parametrize(
    "request_",
    [
        Request(expires_in=timedelta(milliseconds=999)),
        Request(expires_in=timedelta(seconds=-5)),
        Request(expires_in=timedelta(days=7, seconds=1)),
        Request(key=""),
        Request(signed_at=DELEGATION_KEY.starts_at - timedelta(hours=1)),
        Request(signed_at=DELEGATION_KEY.expires_at),
        Request(signed_at=datetime(2026, 5, 24, 12)),  # noqa: DTZ001 - the naive time is the point
    ],
)
def test_what_azure_would_never_honour_is_not_signed(request_: Request) -> None:
    with pytest.raises(ValueError, match=r"."):
        sign_blob(request_)


def test_a_frame_that_is_kept_shows_no_key() -> None:
    frame = _frame(BUCKET, DELEGATION_KEY, "r", NOON, timedelta(hours=1))
    assert "mac" not in repr(frame)
    assert DELEGATION_KEY.value.get_secret_value() not in repr(frame)
