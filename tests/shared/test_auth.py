"""Callers: only a live key with the scope gets in, and no refusal says why."""

from datetime import timedelta
from uuid import UUID, uuid4

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from shared.auth import Authenticator, Principal, Scope
from shared.clock import FrozenClock
from shared.database.api_keys import ApiKey
from shared.database.session import NO_ORG, Database
from shared.errors import UnauthorizedError
from shared.tokens import ServiceCaller, mint_api_key, mint_service_token, parse_api_key
from tests.conftest import NOW, SERVICE_KEY, Tenant
from tests.shared.sample import ADMIN_KEY, NAME

REFUSAL = "The API key is not valid."


@pytest.fixture
def authenticator(database: Database, clock: FrozenClock) -> Authenticator:
    return Authenticator(
        database, clock, service=NAME, service_key=SERVICE_KEY, admin_key=ADMIN_KEY
    )


async def add_key(database: Database, tenant: Tenant, **state: object) -> str:
    """Store a key of the tenant and return its text."""
    api_key_id = uuid4()
    text = mint_api_key(tenant.org_id, api_key_id).get_secret_value()
    token = parse_api_key(text)
    assert token is not None
    columns: dict[str, object] = {"name": "one", "scopes": [Scope.ASSETS_VIEW.value], **state}
    async with database.begin(tenant.org_id) as session:
        session.add(
            ApiKey(
                api_key_id=api_key_id,
                org_id=tenant.org_id,
                secret_hash=token.secret_hash,
                **columns,
            )
        )
    return text


# --- Keys that are let in ---------------------------------------------------------------------


async def test_a_live_key_stands_for_its_organization_and_scopes(
    authenticator: Authenticator, database: Database, tenant: Tenant
) -> None:
    key = await add_key(database, tenant, scopes=["assets:view", "datasets:read"])
    assert await authenticator.authenticate(key) == Principal(
        tenant.org_id, frozenset({Scope.ASSETS_VIEW, Scope.DATASETS_READ})
    )


async def test_a_live_key_tells_until_when_it_lives(
    authenticator: Authenticator, database: Database, tenant: Tenant
) -> None:
    expires_at = NOW + timedelta(hours=1)
    key = await add_key(database, tenant, expires_at=expires_at)
    assert await authenticator.authenticate(key) == Principal(
        tenant.org_id, frozenset({Scope.ASSETS_VIEW}), expires_at=expires_at
    )


async def test_a_scope_that_this_version_does_not_know_grants_nothing(
    authenticator: Authenticator, database: Database, tenant: Tenant
) -> None:
    key = await add_key(database, tenant, scopes=["assets:view", "assets:erase", ""])
    assert await authenticator.authenticate(key) == Principal(
        tenant.org_id, frozenset({Scope.ASSETS_VIEW})
    )


async def test_the_operators_key_belongs_to_no_organization(authenticator: Authenticator) -> None:
    principal = await authenticator.authenticate(ADMIN_KEY.get_secret_value())
    assert principal == Principal(NO_ORG, frozenset(), is_operator=True)


async def test_a_service_without_an_admin_key_has_no_operator(
    database: Database, clock: FrozenClock
) -> None:
    plain = Authenticator(database, clock, service=NAME, service_key=SERVICE_KEY)
    with pytest.raises(UnauthorizedError):
        await plain.authenticate(ADMIN_KEY.get_secret_value())


# --- Keys that are not ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "state",
    [
        {"revoked_at": NOW},
        {"revoked_at": NOW + timedelta(days=1)},
        {"expires_at": NOW},
        {"expires_at": NOW - timedelta(microseconds=1)},
    ],
)
async def test_a_key_that_is_over_is_refused(
    authenticator: Authenticator, database: Database, tenant: Tenant, state: dict[str, object]
) -> None:
    key = await add_key(database, tenant, **state)
    with pytest.raises(UnauthorizedError, match=REFUSAL):
        await authenticator.authenticate(key)


async def test_a_key_works_until_the_moment_it_expires(
    authenticator: Authenticator, database: Database, tenant: Tenant, clock: FrozenClock
) -> None:
    key = await add_key(database, tenant, expires_at=NOW + timedelta(seconds=1))
    assert (await authenticator.authenticate(key)).org_id == tenant.org_id
    clock.advance(timedelta(seconds=1))
    with pytest.raises(UnauthorizedError, match=REFUSAL):
        await authenticator.authenticate(key)


async def test_a_key_with_another_organizations_id_is_refused(
    authenticator: Authenticator, tenant: Tenant, other_tenant: Tenant
) -> None:
    swapped = tenant.api_key.replace(tenant.org_id.hex, other_tenant.org_id.hex)
    nobodys = tenant.api_key.replace(tenant.org_id.hex, NO_ORG.hex)
    for key in (swapped, nobodys):
        with pytest.raises(UnauthorizedError, match=REFUSAL):
            await authenticator.authenticate(key)


async def test_a_key_with_another_secret_is_refused(
    authenticator: Authenticator, tenant: Tenant, other_tenant: Tenant
) -> None:
    head, tail = tenant.api_key[:-43], other_tenant.api_key[-43:]
    with pytest.raises(UnauthorizedError, match=REFUSAL):
        await authenticator.authenticate(head + tail)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(bearer=st.text(st.characters(codec="latin-1")))
async def test_no_text_at_all_breaks_the_authenticator(
    authenticator: Authenticator, bearer: str
) -> None:
    with pytest.raises(UnauthorizedError):
        await authenticator.authenticate(bearer)
    with pytest.raises(UnauthorizedError):
        authenticator.authenticate_service(bearer)


async def test_every_refusal_of_a_key_is_the_same(
    authenticator: Authenticator, database: Database, tenant: Tenant
) -> None:
    revoked = await add_key(database, tenant, revoked_at=NOW)
    refusals = set()
    for key in (revoked, tenant.api_key[:-1] + "!", f"mrg_{'0' * 32}_{'0' * 32}_{'a' * 43}", "x"):
        with pytest.raises(UnauthorizedError) as refusal:
            await authenticator.authenticate(key)
        refusals.add((refusal.value.detail, str(refusal.value.members)))
    assert refusals == {(REFUSAL, "{}")}


# --- Over HTTP --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "authorization",
    [
        b"",
        b"Bearer",
        b"Bearer ",
        b"Basic dXNlcjpwYXNz",
        b"Bearer caf\xe9",
        b"Bearer \xff\xfe",
        b"Bearer a b c",
        b"Bearer mrg_" + b"x" * 8_000,
    ],
)
async def test_a_malformed_header_is_a_401(
    stranger: httpx.AsyncClient, authorization: bytes
) -> None:
    for more in ([], [(b"Idempotency-Key", b"order-1")]):
        answer = await stranger.post(
            "/v1/things", json={}, headers=[(b"Authorization", authorization), *more]
        )
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized")
        assert answer.headers["www-authenticate"] == "Bearer"


async def test_a_key_without_the_scope_is_told_which_one(
    stranger: httpx.AsyncClient, database: Database, tenant: Tenant
) -> None:
    key = await add_key(database, tenant)
    answer = await stranger.post("/v1/things", json={}, headers={"Authorization": f"Bearer {key}"})
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (403, "forbidden")
    assert problem["scope"] == "datasets:write"


async def test_the_operators_key_and_an_organizations_open_different_doors(
    stranger: httpx.AsyncClient, tenant: Tenant
) -> None:
    operator = {"Authorization": f"Bearer {ADMIN_KEY.get_secret_value()}"}
    statuses = [
        (await stranger.post(path, json={}, headers=headers)).status_code
        for path in ("/v1/operations", "/v1/things")
        for headers in (operator, tenant.headers)
    ]
    assert statuses == [201, 403, 403, 201]


async def test_a_service_token_opens_internal_paths_alone(
    stranger: httpx.AsyncClient, tenant: Tenant
) -> None:
    org_id = UUID(int=7)
    token = mint_service_token(SERVICE_KEY, issuer="ingest", audience=NAME, org_id=org_id, now=NOW)
    bearer = {"Authorization": f"Bearer {token}"}
    let_in = await stranger.get("/internal/caller", headers=bearer)
    assert (let_in.status_code, let_in.json()) == (
        200,
        {"service": "ingest", "org_id": str(org_id)},
    )
    assert (await stranger.post("/v1/things", json={}, headers=bearer)).status_code == 401
    assert (await stranger.get("/internal/caller", headers=tenant.headers)).status_code == 401
    assert (await stranger.get("/internal/caller")).status_code == 401


def test_the_token_of_a_service_is_read_for_this_service(authenticator: Authenticator) -> None:
    token = mint_service_token(
        SERVICE_KEY, issuer="presign", audience=NAME, org_id=UUID(int=7), now=NOW
    )
    assert authenticator.authenticate_service(token) == ServiceCaller("presign", UUID(int=7))


async def test_an_empty_admin_key_lets_nobody_in(database: Database, clock: FrozenClock) -> None:
    careless = Authenticator(
        database, clock, service=NAME, service_key=SERVICE_KEY, admin_key=SecretStr("")
    )
    with pytest.raises(UnauthorizedError):
        await careless.authenticate("")
