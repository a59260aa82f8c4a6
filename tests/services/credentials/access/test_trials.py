"""Trials of leases: only a plain refusal counts, and busy or absent stores prove nothing."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import httpx
import pytest
from pydantic import SecretStr

from services.credentials.access.browsers import BrowserChecks
from services.credentials.access.probes import Probes
from services.credentials.access.trials import LeaseTrials
from shared.egress import EgressGuard
from shared.leases import Bucket, Lease, Operation, SessionKeys, SigningKeys
from shared.storage.base import ObjectRow
from shared.uris import Provider
from tests.conftest import NOW

Answer = Callable[[httpx.Request], httpx.Response]

SAMPLE = ObjectRow("photos/a.jpg", 1, "e", NOW)
READING = Lease(
    org_id=uuid4(),
    location_id=uuid4(),
    operation=Operation.READ,
    bucket=Bucket(Provider.S3, "acme-data", "eu-central-1"),
    prefix="photos/",
    grant=SigningKeys("ASIA", None, {NOW.date(): bytes(32)}),
    issued_at=NOW,
    expires_at=NOW + timedelta(hours=1),
    renew_at=NOW + timedelta(minutes=30),
)


def trials(answer: Answer) -> LeaseTrials:
    client = httpx.AsyncClient(transport=httpx.MockTransport(answer))
    return LeaseTrials(BrowserChecks(Probes(client, client)), EgressGuard(allow_private=True))


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

    assert await trials(answer).is_refused(READING, SAMPLE, NOW) is refused


async def test_a_store_that_cannot_be_reached_has_refused_nothing() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("no", request=request)

    assert not await trials(answer).is_refused(READING, SAMPLE, NOW)
    away = replace(READING.bucket, endpoint="http://127.0.0.1:1", path_style=True)
    grant = SessionKeys("ASIA", SecretStr("secret"))
    listing = replace(READING, operation=Operation.LIST, bucket=away, grant=grant)
    assert not await trials(answer).is_refused(listing, SAMPLE, NOW)


async def test_a_reading_lease_without_anything_to_read_is_not_worth_keeping() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        raise AssertionError(f"{request.url} was asked")

    assert await trials(answer).is_refused(READING, None, NOW)
