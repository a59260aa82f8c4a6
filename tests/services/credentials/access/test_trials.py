"""Trials of leases: only a plain refusal counts, and busy or absent stores prove nothing."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid4

import httpx
import pytest
from pydantic import SecretStr

from services.credentials.access.browsers import BrowserChecks
from services.credentials.access.probes import Probes
from services.credentials.access.trials import AGE, PROBE_LIFE, LeaseTrials, ProbeUrls
from services.credentials.arns import parse_role_arn
from services.credentials.issuers.base import CustomerRole, Identity
from shared.egress import EgressGuard
from shared.leases import Bucket, Lease, Operation, RemoteSigning, SessionKeys, SigningKeys
from shared.storage.base import ObjectRow
from shared.storage.signing.base import UrlRequest
from shared.uris import Provider
from tests.conftest import NOW

Answer = Callable[[httpx.Request], httpx.Response]

ROLE = CustomerRole(parse_role_arn("arn:aws:iam::222222222222:role/reader"), "the-id")
SAMPLE = ObjectRow("photos/a.jpg", 1, "e", NOW)
SIGNING = SigningKeys("ASIA", None, {NOW.date(): bytes(32)})
READING = Lease(
    org_id=uuid4(),
    location_id=uuid4(),
    operation=Operation.READ,
    bucket=Bucket(Provider.S3, "acme-data", "eu-central-1"),
    prefix="photos/",
    grant=SIGNING,
    issued_at=NOW,
    expires_at=NOW + timedelta(hours=1),
    renew_at=NOW + timedelta(minutes=30),
)


@dataclass
class VaultSigner:
    """Signs as the vault does for sessions that cannot."""

    url: str = ""

    async def sign_urls(
        self,
        org_id: UUID,
        identity: Identity,
        bucket: Bucket,
        requests: Sequence[UrlRequest],
        *,
        signed_at: datetime,
        expires_in: timedelta,
    ) -> list[str]:
        assert (org_id, identity, bucket) == (READING.org_id, ROLE, READING.bucket)
        assert (requests, signed_at, expires_in) == ([UrlRequest(SAMPLE.key)], NOW, PROBE_LIFE)
        return [self.url]


def trials(answer: Answer, signer: VaultSigner | None = None) -> LeaseTrials:
    client = httpx.AsyncClient(transport=httpx.MockTransport(answer))
    return LeaseTrials(
        BrowserChecks(Probes(client, client)),
        ProbeUrls(signer or VaultSigner()),
        EgressGuard(allow_private=True),
    )


@pytest.mark.parametrize(
    ("status", "refused"),
    [
        (200, False),
        (206, False),
        (400, True),
        (403, True),
        (404, True),
        (429, False),
        (500, False),
        (503, False),
    ],
)
async def test_a_reading_lease_is_refused_when_its_url_is(status: int, refused: bool) -> None:  # noqa: FBT001
    def answer(request: httpx.Request) -> httpx.Response:
        assert request.headers["Range"] == "bytes=0-0"
        assert request.url.path == "/photos/a.jpg"
        return httpx.Response(status)

    assert await trials(answer).is_refused(READING, ROLE, SAMPLE, NOW) is refused


async def test_a_store_that_cannot_be_reached_has_refused_nothing() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("no", request=request)

    assert not await trials(answer).is_refused(READING, ROLE, SAMPLE, NOW)
    away = replace(READING.bucket, endpoint="http://127.0.0.1:1", path_style=True)
    grant = SessionKeys("ASIA", SecretStr("secret"))
    listing = replace(READING, operation=Operation.LIST, bucket=away, grant=grant)
    assert not await trials(answer).is_refused(listing, ROLE, SAMPLE, NOW)


async def test_a_reading_lease_without_anything_to_read_is_not_worth_keeping() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        raise AssertionError(f"{request.url} was asked")

    assert await trials(answer).is_refused(READING, ROLE, None, NOW)


@pytest.mark.parametrize(("status", "refused"), [(206, False), (403, True)])
async def test_a_lease_that_the_vault_signs_for_is_tried_with_its_url(
    status: int,
    refused: bool,  # noqa: FBT001
) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        assert str(request.url) == "https://storage.example/photos/a.jpg?signed"
        return httpx.Response(status)

    signer = VaultSigner("https://storage.example/photos/a.jpg?signed")
    remote = replace(READING, grant=RemoteSigning())
    assert await trials(answer, signer).is_refused(remote, ROLE, SAMPLE, NOW) is refused


async def test_access_that_nobody_reads_with_is_not_tried() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        raise AssertionError(f"{request.url} was asked")

    unsigned = replace(READING, grant=SessionKeys("AKIA", SecretStr("secret")))
    assert not await trials(answer).is_refused(unsigned, ROLE, SAMPLE, NOW)


def test_a_url_of_before_is_good_until_one_that_is_signed_now_would_end() -> None:
    urls = ProbeUrls(VaultSigner())
    signed = urls.sign_aged(READING.bucket, SAMPLE.key, grant=SIGNING, now=NOW)
    assert signed is not None
    query = parse_qs(urlsplit(signed.url).query)
    assert query["X-Amz-Date"] == [f"{NOW - AGE:%Y%m%dT%H%M%SZ}"]
    assert query["X-Amz-Expires"] == [str(int((AGE + PROBE_LIFE).total_seconds()))]


def test_only_owners_on_s3_judge_how_old_a_url_is() -> None:
    urls = ProbeUrls(VaultSigner())
    cloud = replace(READING.bucket, provider=Provider.GCS)
    assert urls.sign_aged(cloud, SAMPLE.key, grant=SIGNING, now=NOW) is None
    assert urls.sign_aged(READING.bucket, SAMPLE.key, grant=RemoteSigning(), now=NOW) is None
