"""Store profiles: an unknown host is asked once, as a stranger."""

import httpx
import pytest

from services.credentials.access import store_profiles
from services.credentials.access.probes import Probes
from services.credentials.access.store_profiles import StoreProfiles
from services.credentials.setup.stores import MINIO, OTHER, R2
from shared.errors import EndpointNotAllowedError

AT = "https://minio.example:9000"


class Servers:
    """MinIO at every host, or none."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.failure: Exception | None = None

    def profiles(self) -> StoreProfiles:
        client = httpx.AsyncClient(transport=httpx.MockTransport(self._answer))
        return StoreProfiles(Probes(client, client))

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(f"{request.method} {request.url}")
        assert "authorization" not in request.headers
        if self.failure is not None:
            raise self.failure
        return httpx.Response(403, headers={"Server": "MinIO"})


async def test_an_unknown_host_is_asked_once() -> None:
    servers = Servers()
    profiles = servers.profiles()
    assert profiles.known(AT) is OTHER
    assert [await profiles.find(AT), await profiles.find(AT)] == [MINIO, MINIO]
    assert profiles.known(AT) is MINIO
    assert servers.asked == [f"GET {AT}/"]


async def test_a_public_store_is_not_asked() -> None:
    servers = Servers()
    profiles = servers.profiles()
    endpoint = "https://0123.r2.cloudflarestorage.com"
    assert [await profiles.find(endpoint), profiles.known(endpoint)] == [R2, R2]
    assert servers.asked == []


@pytest.mark.parametrize(
    "failure", [httpx.ConnectError("away"), EndpointNotAllowedError("It is not public.")], ids=str
)
async def test_a_host_that_does_not_answer_is_asked_again(failure: Exception) -> None:
    servers = Servers()
    servers.failure = failure
    profiles = servers.profiles()
    assert await profiles.find(AT) is OTHER
    servers.failure = None
    assert await profiles.find(AT) is MINIO


async def test_the_endpoints_that_are_remembered_are_few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_profiles, "MOST_KEPT", 2)
    profiles = Servers().profiles()
    endpoints = [f"https://minio-{number}.example" for number in range(3)]
    for each in endpoints:
        await profiles.find(each)
    assert [profiles.known(each) for each in endpoints] == [OTHER, MINIO, MINIO]
