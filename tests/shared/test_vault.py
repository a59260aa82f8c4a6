"""The vault's client: a token for each call, and every answer an error of ours or a value."""

import json
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from uuid import UUID

import httpx
import pytest
from structlog.contextvars import bound_contextvars

from shared.clock import FrozenClock
from shared.errors import (
    AppError,
    CredentialRetiredError,
    NotFoundError,
    StorageDeniedError,
    StorageThrottledError,
    VaultUnavailableError,
)
from shared.leases import LeaseBody, Operation
from shared.problems import problem_of
from shared.tokens import ServiceCaller, read_service_token
from shared.vault import AccessVerdictBody, RecheckBody, VaultClient, vault_http
from tests.conftest import NOW, SERVICE_KEY
from tests.shared.test_leases import LEASE

ORG_ID, LOCATION_ID = LEASE.org_id, LEASE.location_id
Answer = Callable[[httpx.Request], httpx.Response]


class Wire(httpx.AsyncBaseTransport):
    """Keep what was sent, and answer as a test says."""

    def __init__(self) -> None:
        self.sent: list[httpx.Request] = []
        self.answer: Answer = lambda _request: httpx.Response(
            200, text=LeaseBody.of(LEASE).model_dump_json()
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.sent.append(request)
        return self.answer(request)


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture
async def vault(wire: Wire, clock: FrozenClock) -> AsyncIterator[VaultClient]:
    async with httpx.AsyncClient(transport=wire, base_url="http://vault") as http:
        yield VaultClient(http, service="ingest", service_key=SERVICE_KEY, clock=clock)


def answering(status: int, content: bytes, media_type: str = "application/json") -> Answer:
    return lambda _request: httpx.Response(
        status, content=content, headers={"Content-Type": media_type}
    )


def refusing(error: AppError) -> Answer:
    problem = problem_of(error)
    return lambda _request: httpx.Response(
        problem.status_code, content=bytes(problem.body), headers=problem.headers
    )


async def ask(vault: VaultClient) -> object:
    return await vault.request_lease(ORG_ID, LOCATION_ID, Operation.LIST)


# --- What is asked ----------------------------------------------------------------------------


async def test_a_lease_is_asked_for_with_a_token_of_its_own(vault: VaultClient, wire: Wire) -> None:
    with bound_contextvars(request_id="0123abcd"):
        assert await ask(vault) == LEASE
    (request,) = wire.sent
    token = request.headers["authorization"].removeprefix("Bearer ")
    caller = read_service_token(SERVICE_KEY, token, audience="credentials", now=NOW)
    assert (request.method, str(request.url)) == ("POST", "http://vault/internal/leases")
    assert json.loads(request.read()) == {
        "location_id": str(LOCATION_ID),
        "operation": "list",
        "refused_issued_at": None,
    }
    assert caller == ServiceCaller("ingest", ORG_ID)
    assert request.headers["x-request-id"] == "0123abcd"


async def test_outside_a_request_there_is_no_request_id(vault: VaultClient, wire: Wire) -> None:
    await ask(vault)
    assert "x-request-id" not in wire.sent[0].headers


async def test_a_verdict_is_asked_for_with_its_greatest_age(vault: VaultClient, wire: Wire) -> None:
    verdict = AccessVerdictBody(
        valid=False, verified_at=NOW, failed_checks=[{"name": "read", "status": "failed"}]
    )
    wire.answer = answering(200, verdict.model_dump_json().encode())
    assert await vault.verify_access(ORG_ID, LOCATION_ID, max_age=timedelta(hours=1)) == verdict
    (request,) = wire.sent
    assert request.url.path == f"/internal/locations/{LOCATION_ID}/verdict"
    assert request.read() == b'{"max_age":"PT1H"}'


@pytest.mark.parametrize("hastened", [True, False])
async def test_a_recheck_is_asked_for_without_a_body(
    vault: VaultClient, wire: Wire, *, hastened: bool
) -> None:
    wire.answer = answering(200, RecheckBody(hastened=hastened).model_dump_json().encode())
    assert await vault.request_recheck(ORG_ID, LOCATION_ID) is hastened
    (request,) = wire.sent
    assert request.url.path == f"/internal/locations/{LOCATION_ID}/recheck"
    assert request.read() == b""


async def test_the_client_listens_to_no_proxy_and_waits_for_a_report(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.invalid")
    async with vault_http("http://127.0.0.1:8001") as http:
        assert http.timeout.read == 60.0
        assert http.timeout.connect == 5.0
        assert not http.follow_redirects
        assert http._mounts == {}


# --- What is answered -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "error",
    [
        NotFoundError("There is no such external location."),
        CredentialRetiredError("The storage credential is retired."),
        StorageDeniedError("The role cannot be assumed.", role_arn="arn:aws:iam::1:role/m"),
        StorageThrottledError("Slow down.", wait=timedelta(seconds=17)),
    ],
)
async def test_what_the_vault_says_is_said_again(
    vault: VaultClient, wire: Wire, error: AppError
) -> None:
    wire.answer = refusing(error)
    with pytest.raises(type(error)) as raised:
        await ask(vault)
    assert (raised.value.detail, raised.value.members) == (error.detail, error.members)
    assert raised.value.retry_after == error.retry_after


@pytest.mark.parametrize(
    "answer",
    [
        answering(500, b"Internal Server Error", "text/plain"),
        answering(502, b"<html>", "text/html"),
        answering(302, b""),
        answering(500, b"not json", "application/problem+json"),
        answering(500, b"[1]", "application/problem+json"),
        answering(400, b"\xff", "application/problem+json; charset=utf-8"),
        answering(200, b"not json"),
        answering(200, b'{"grant": "canary-secret"}'),
        answering(204, b""),
    ],
)
async def test_an_answer_that_makes_no_sense_is_a_vault_that_is_not_there(
    vault: VaultClient, wire: Wire, answer: Answer
) -> None:
    wire.answer = answer
    with pytest.raises(VaultUnavailableError, match="something unexpected") as raised:
        await ask(vault)
    assert "canary" not in str(raised.value.__cause__)


@pytest.mark.parametrize("status", [401, 403])
async def test_services_that_do_not_share_a_key_are_the_operators_problem(
    vault: VaultClient, wire: Wire, status: int
) -> None:
    document = b'{"code": "unauthorized", "detail": "The service token is not valid."}'
    wire.answer = answering(status, document, "application/problem+json")
    with pytest.raises(VaultUnavailableError, match="MOORING_SERVICE_KEY"):
        await ask(vault)


@pytest.mark.parametrize(
    "failure",
    [
        httpx.ConnectError("refused"),
        httpx.ReadTimeout("slow"),
        httpx.RemoteProtocolError("cut"),
        httpx.DecodingError("no gzip"),
    ],
)
async def test_a_vault_that_does_not_answer_is_unavailable(
    vault: VaultClient, wire: Wire, failure: Exception
) -> None:
    def fail(_request: httpx.Request) -> httpx.Response:
        raise failure

    wire.answer = fail
    with pytest.raises(VaultUnavailableError, match="does not answer"):
        await ask(vault)


async def test_a_refused_lease_is_named_by_when_it_was_issued(
    vault: VaultClient, wire: Wire
) -> None:
    await vault.request_lease(ORG_ID, LOCATION_ID, Operation.LIST, refused=NOW)
    (request,) = wire.sent
    assert json.loads(request.read())["refused_issued_at"] == "2026-11-21T12:00:00Z"


@pytest.mark.parametrize(
    ("org_id", "location_id", "operation"),
    [
        (UUID(int=9), LOCATION_ID, Operation.LIST),
        (ORG_ID, UUID(int=9), Operation.LIST),
        (ORG_ID, LOCATION_ID, Operation.READ),
    ],
)
async def test_a_lease_for_another_place_is_not_taken(
    vault: VaultClient, org_id: UUID, location_id: UUID, operation: Operation
) -> None:
    with pytest.raises(VaultUnavailableError, match="something unexpected"):
        await vault.request_lease(org_id, location_id, operation)
