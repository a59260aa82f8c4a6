"""Consent: a tenant belongs to whom its administrator's sign-in proved, and to nobody else."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

import httpx
import psycopg
import pytest
from pydantic import SecretStr

from deploy.local.clouds.certificates import make_certificate, make_rsa_key, pem_of
from deploy.local.clouds.entra import DIRECTORY_READER
from deploy.local.postgres import Postgres
from services.credentials.azure_tenants import AzureTenants
from services.credentials.consent import Connected, Proved
from services.credentials.consent_links import EXPIRED, NOT_OURS
from services.credentials.issuers.azure_application import AzureAddress
from services.credentials.issuers.base import ConsentedTenant
from services.credentials.issuers.entra_sign_ins import PERSONAL_TENANT, SignIns
from shared.clock import FrozenClock
from shared.database.session import Database
from shared.database.storage_credentials import StorageCredential, get_storage_credential
from shared.errors import (
    AppError,
    CloudIdentityError,
    ConflictError,
    ConsentLinkError,
    ConsentRefusedError,
    NotFoundError,
    SignInNotProvedError,
    StorageUnavailableError,
    TenantTakenError,
)
from tests.conftest import Tenant
from tests.services.credentials.consenting import (
    AUTHORITY,
    BASE,
    SECRET,
    Consenting,
    consenting,
    make_consents,
    read,
)


@pytest.fixture
async def way(database: Database, clock: FrozenClock) -> AsyncIterator[Consenting]:
    async with consenting(database, clock) as opened:
        yield opened


async def refuses(error: type[AppError], awaited: Any) -> AppError:
    with pytest.raises(error) as caught:
        await awaited
    return caught.value


# --- the way ------------------------------------------------------------------------------------


async def test_a_tenant_is_connected_by_consent_and_sign_in(
    way: Consenting, tenant: Tenant
) -> None:
    tid = uuid4()
    assert await way.connect(tenant.org_id, tid) == Connected(tid, "Test")
    assert await way.states(tenant.org_id) == {tid: "bound"}
    assert await way.tenants.is_bound(tenant.org_id, tid)
    accepted = await way.tenants.accept(tenant.org_id, tid)
    assert accepted == ConsentedTenant(tid, "core.windows.net")


async def test_the_consent_url_asks_for_our_application_and_comes_back_to_us(
    way: Consenting, tenant: Tenant, clock: FrozenClock
) -> None:
    url, link = await way.consents.begin(tenant.org_id)
    query = read(url)
    assert query.pop("state") == link.state
    assert url.startswith(f"{AUTHORITY}/organizations/v2.0/adminconsent?")
    assert query == {
        "client_id": str(way.application.client_id),
        "scope": "openid",
        "redirect_uri": f"{BASE}/v1/azure/consent-callback",
    }
    assert link.expires_at == clock.now() + timedelta(minutes=15)


async def test_the_sign_in_asks_for_a_code_with_pkce_and_a_nonce(
    way: Consenting, tenant: Tenant
) -> None:
    first, second = [read(await way.reach_sign_in(tenant.org_id, uuid4())) for _ in range(2)]
    changing = {"state", "nonce", "code_challenge"}
    assert {name: first[name] for name in first.keys() - changing} == {
        "client_id": str(way.application.client_id),
        "response_type": "code",
        "response_mode": "query",
        "prompt": "select_account",
        "redirect_uri": f"{BASE}/v1/azure/signed-in",
        "scope": "openid",
        "code_challenge_method": "S256",
    }
    assert all(first[name] != second[name] for name in changing)


async def test_the_tenant_of_the_address_is_not_believed(way: Consenting, tenant: Tenant) -> None:
    """Anybody can send a browser here with the id of somebody else's tenant."""
    victim, own = uuid4(), uuid4()
    link = await way.link(tenant.org_id)
    forged = f"?{urlencode({'state': read(link)['state'], 'tenant': str(victim)})}"
    await way.finish(await way.follow(forged), own)
    assert await way.states(tenant.org_id) == {own: "bound"}
    assert not await way.tenants.is_bound(tenant.org_id, victim)


async def test_connecting_again_changes_nothing(way: Consenting, tenant: Tenant) -> None:
    tid = uuid4()
    await way.connect(tenant.org_id, tid)
    await way.connect(tenant.org_id, tid)
    assert await way.states(tenant.org_id) == {tid: "bound"}


async def test_an_organization_can_connect_several_tenants(way: Consenting, tenant: Tenant) -> None:
    first, second = uuid4(), uuid4()
    await way.connect(tenant.org_id, first)
    await way.connect(tenant.org_id, second)
    assert await way.states(tenant.org_id) == {first: "bound", second: "bound"}


async def test_a_certificate_signs_in_as_well_as_a_secret(
    way: Consenting, tenant: Tenant, database: Database, clock: FrozenClock
) -> None:
    key = make_rsa_key()
    certificate = make_certificate(key)
    registered = way.entra.applications[str(way.application.client_id)]
    registered.secret, registered.certificate = None, certificate
    application = replace(way.application, secret=SecretStr(pem_of(key, certificate)))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(way.entra.app)) as http:
        sign_ins = SignIns(application, AzureAddress(AUTHORITY), http, clock)
        consents = make_consents(database, clock, way.tenants, sign_ins)
        tid = uuid4()
        connected = await replace(way, consents=consents).connect(tenant.org_id, tid)
    assert connected == Connected(tid, "Test")
    assert "client_secret" not in way.entra.asked[-1]


# --- the administrator's word ---------------------------------------------------------------------


async def prove(way: Consenting, tenant: Tenant) -> Proved:
    tid = uuid4()
    signing = await way.reach_sign_in(tenant.org_id, tid)
    return await way.prove(way.entra.sign_in(signing, tid))


async def test_a_sign_in_alone_binds_nothing(way: Consenting, tenant: Tenant) -> None:
    """The link may have come from somebody else: the administrator is told who gets the tenant."""
    proved = await prove(way, tenant)
    assert proved.organization == "Test"
    assert await way.states(tenant.org_id) == {}
    await way.consents.confirm(proved.link.state)
    assert await way.states(tenant.org_id) == {proved.tenant_id: "bound"}


async def test_the_word_is_given_once(way: Consenting, tenant: Tenant) -> None:
    proved = await prove(way, tenant)
    found = await asyncio.gather(
        *(way.consents.confirm(proved.link.state) for _ in range(3)), return_exceptions=True
    )
    kinds = sorted(type(each).__name__ for each in found)
    assert kinds == ["Connected", "ConsentLinkError", "ConsentLinkError"]


async def test_the_word_is_awaited_for_ten_minutes(
    way: Consenting, tenant: Tenant, clock: FrozenClock
) -> None:
    proved = await prove(way, tenant)
    assert proved.link.expires_at == clock.now() + timedelta(minutes=10)
    clock.advance(timedelta(minutes=10))
    error = await refuses(ConsentLinkError, way.consents.confirm(proved.link.state))
    assert error.detail == EXPIRED
    assert await way.states(tenant.org_id) == {}


async def test_a_word_that_was_made_up_binds_nothing(
    way: Consenting, tenant: Tenant, other_tenant: Tenant
) -> None:
    state = (await prove(way, tenant)).link.state
    earlier = read(await way.reach_sign_in(tenant.org_id, uuid4()))["state"]
    for forged in (earlier, f"{other_tenant.org_id.hex}{state[32:]}", f"{state[:-43]}{'A' * 43}"):
        await refuses(ConsentLinkError, way.consents.confirm(forged))
    assert await way.states(tenant.org_id) == {}
    assert await way.states(other_tenant.org_id) == {}


# --- links that are not what they should be -----------------------------------------------------


@pytest.mark.parametrize("state", ["", "x", f"{uuid4().hex}_{uuid4().hex}_{'A' * 43}", "ü" * 109])
async def test_a_forged_state_binds_nothing(way: Consenting, tenant: Tenant, state: str) -> None:
    error = await refuses(
        ConsentLinkError, way.consents.consent(state, error=None, description=None)
    )
    assert (error.detail, error.status, error.code) == (NOT_OURS, 422, "consent-link")
    await refuses(
        ConsentLinkError, way.consents.sign_in(state, code="c", error=None, description=None)
    )
    assert await way.states(tenant.org_id) == {}


async def test_a_state_with_another_secret_is_refused_and_does_not_use_the_link_up(
    way: Consenting, tenant: Tenant
) -> None:
    link = await way.link(tenant.org_id)
    state = read(link)["state"]
    await refuses(ConsentLinkError, way.follow(f"?state={state[:-43]}{'A' * 43}"))
    await way.follow(f"?state={state}")


async def test_a_state_moved_to_another_organization_is_refused(
    way: Consenting, tenant: Tenant, other_tenant: Tenant
) -> None:
    link = await way.link(tenant.org_id)
    moved = f"{other_tenant.org_id.hex}{read(link)['state'][32:]}"
    await refuses(ConsentLinkError, way.follow(f"?state={moved}"))


async def test_a_link_is_followed_once(way: Consenting, tenant: Tenant) -> None:
    tid = uuid4()
    link = await way.link(tenant.org_id)
    came_back = way.entra.consent_in(link, tid)
    signing = await way.follow(came_back)
    await refuses(ConsentLinkError, way.follow(came_back))
    landed = way.entra.sign_in(signing, tid)
    await way.land(landed)
    error = await refuses(ConsentLinkError, way.land(landed))
    assert error.detail == NOT_OURS


async def test_of_browsers_that_follow_a_link_together_one_gets_through(
    way: Consenting, tenant: Tenant
) -> None:
    link = await way.link(tenant.org_id)
    came_back = way.entra.consent_in(link, uuid4())
    found = await asyncio.gather(*(way.follow(came_back) for _ in range(5)), return_exceptions=True)
    assert sum(isinstance(each, str) for each in found) == 1
    assert sum(isinstance(each, ConsentLinkError) for each in found) == 4


async def test_a_link_of_one_step_does_not_serve_for_the_other(
    way: Consenting, tenant: Tenant
) -> None:
    link = await way.link(tenant.org_id)
    state = read(link)["state"]
    await refuses(
        ConsentLinkError, way.consents.sign_in(state, code="c", error=None, description=None)
    )
    signing = await way.follow(f"?state={state}")
    await refuses(ConsentLinkError, way.follow(f"?state={read(signing)['state']}"))


async def test_a_link_expires_after_a_quarter_of_an_hour(
    way: Consenting, tenant: Tenant, clock: FrozenClock
) -> None:
    link = await way.link(tenant.org_id)
    clock.advance(timedelta(minutes=15))
    error = await refuses(ConsentLinkError, way.follow(f"?state={read(link)['state']}"))
    assert error.detail == EXPIRED


async def test_a_sign_in_expires_after_ten_minutes(
    way: Consenting, tenant: Tenant, clock: FrozenClock
) -> None:
    tid = uuid4()
    landed = way.entra.sign_in(await way.reach_sign_in(tenant.org_id, tid), tid)
    clock.advance(timedelta(minutes=10))
    assert (await refuses(ConsentLinkError, way.land(landed))).detail == EXPIRED
    assert await way.states(tenant.org_id) == {}


async def test_a_declined_consent_uses_the_link_up(way: Consenting, tenant: Tenant) -> None:
    link = await way.link(tenant.org_id)
    error = await refuses(ConsentRefusedError, way.follow(way.entra.decline(link)))
    assert (error.status, error.members) == (403, {"aadsts": "65004"})
    assert error.detail == (
        "The consent or the sign-in was declined, or whoever tried it is no administrator of the"
        " tenant."
    )
    await refuses(ConsentLinkError, way.follow(f"?state={read(link)['state']}"))


async def test_a_declined_sign_in_binds_nothing(way: Consenting, tenant: Tenant) -> None:
    signing = await way.reach_sign_in(tenant.org_id, uuid4())
    await refuses(ConsentRefusedError, way.land(way.entra.decline(signing)))
    assert await way.states(tenant.org_id) == {}


async def test_what_entra_writes_into_the_address_is_not_repeated(
    way: Consenting, tenant: Tenant
) -> None:
    link = await way.link(tenant.org_id)
    query = {"state": read(link)["state"], "error": "canary", "error_description": "canary"}
    error = await refuses(ConsentRefusedError, way.follow(f"?{urlencode(query)}"))
    assert "canary" not in f"{error.detail}{error.members}"


# --- sign-ins that prove nothing ----------------------------------------------------------------

OTHER = str(uuid4())


@pytest.mark.parametrize(
    ("claims", "sentence"),
    [
        ({"nonce": "another"}, "The id token is of another sign-in."),
        ({"iss": f"{AUTHORITY}/{OTHER}/v2.0"}, "not Entra's"),
        ({"tid": OTHER}, "not Entra's"),
        ({"iss": "https://evil.example/v2.0"}, "not Entra's"),
        ({"aud": str(uuid4())}, "not one that Entra made for this application"),
        ({"nonce": None}, "not one that Entra made for this application"),
        ({"tid": None}, "not Entra's"),
        ({"exp": None}, "not one that Entra made for this application"),
        ({"wids": [DIRECTORY_READER]}, "may not consent for the tenant"),
        ({"wids": []}, "may not consent for the tenant"),
        (
            {
                "tid": str(PERSONAL_TENANT),
                "iss": f"{AUTHORITY}/{PERSONAL_TENANT}/v2.0",
            },
            "a personal Microsoft account",
        ),
    ],
)
async def test_an_id_token_that_is_not_in_order_binds_nothing(
    way: Consenting, tenant: Tenant, claims: dict[str, object], sentence: str
) -> None:
    way.entra.twist = claims
    error = await refuses(SignInNotProvedError, way.connect(tenant.org_id, uuid4()))
    assert sentence in error.detail
    assert (error.status, error.code) == (403, "sign-in-not-proved")
    assert await way.states(tenant.org_id) == {}


@pytest.mark.parametrize(
    "claims",
    [{"iss": f"{AUTHORITY}/{OTHER}/v2.0"}, {"tid": OTHER}, {"iss": "https://evil.example"}],
)
async def test_an_issuer_that_is_not_the_tenant_binds_nothing_whatever_its_key_is_for(
    way: Consenting, tenant: Tenant, claims: dict[str, object]
) -> None:
    way.entra.binds_keys, way.entra.twist = False, claims
    error = await refuses(SignInNotProvedError, way.connect(tenant.org_id, uuid4()))
    assert error.detail == "The id token's issuer is not its tenant."
    assert await way.states(tenant.org_id) == {}


@pytest.mark.parametrize("off", [timedelta(hours=-2), timedelta(hours=1)])
async def test_an_id_token_of_another_time_binds_nothing(
    way: Consenting, tenant: Tenant, clock: FrozenClock, off: timedelta
) -> None:
    way.entra.clock = lambda: clock.now() + off
    error = await refuses(SignInNotProvedError, way.connect(tenant.org_id, uuid4()))
    assert "expired, or is not valid yet" in error.detail


@pytest.mark.parametrize("key_id", ["key-1", "key-2"])
async def test_an_id_token_signed_with_another_key_binds_nothing(
    way: Consenting, tenant: Tenant, key_id: str
) -> None:
    way.entra.signing_key, way.entra.signing_key_id = make_rsa_key(), key_id
    await refuses(SignInNotProvedError, way.connect(tenant.org_id, uuid4()))
    assert await way.states(tenant.org_id) == {}


async def test_a_code_of_another_sign_in_is_refused(way: Consenting, tenant: Tenant) -> None:
    """The code verifier is the other sign-in's, so a code that was slipped in is of no use."""
    tid = uuid4()
    theirs = read(way.entra.sign_in(await way.reach_sign_in(tenant.org_id, tid), tid))
    ours = read(await way.reach_sign_in(tenant.org_id, tid))
    awaited = way.consents.sign_in(ours["state"], code=theirs["code"], error=None, description=None)
    error = await refuses(ConsentLinkError, awaited)
    assert error.members == {"aadsts": "501481"}
    assert await way.states(tenant.org_id) == {}


async def test_an_application_that_does_not_show_administrators_is_the_operators_matter(
    way: Consenting, tenant: Tenant
) -> None:
    signing = await way.reach_sign_in(tenant.org_id, tid := uuid4())
    landed = way.entra.sign_in(signing, tid, roles=None)
    error = await refuses(CloudIdentityError, way.land(landed))
    assert "groupMembershipClaims" in error.detail


async def test_a_secret_of_ours_that_entra_refuses_is_the_operators_matter(
    database: Database, clock: FrozenClock, tenant: Tenant
) -> None:
    async with consenting(database, clock, secret="an old one") as way:
        error = await refuses(CloudIdentityError, way.connect(tenant.org_id, uuid4()))
    assert "AADSTS7000215" in error.detail
    assert SECRET not in error.detail


async def test_an_entra_that_fails_says_so(way: Consenting, tenant: Tenant) -> None:
    tid = uuid4()
    landed = way.entra.sign_in(await way.reach_sign_in(tenant.org_id, tid), tid)
    way.entra.fails_with = 503
    await refuses(StorageUnavailableError, way.land(landed))


async def test_without_an_application_nobody_consents(
    database: Database, clock: FrozenClock, tenant: Tenant
) -> None:
    tenants = AzureTenants(database, clock, application=None)
    consents = make_consents(database, clock, tenants, None)
    await refuses(CloudIdentityError, consents.begin(tenant.org_id))
    await refuses(CloudIdentityError, tenants.accept(tenant.org_id, uuid4()))


# --- two organizations, one tenant --------------------------------------------------------------


async def test_a_second_organization_waits_for_the_operator(
    way: Consenting, tenant: Tenant, other_tenant: Tenant, clock: FrozenClock
) -> None:
    tid = uuid4()
    await way.connect(tenant.org_id, tid)
    error = await refuses(TenantTakenError, way.connect(other_tenant.org_id, tid))
    assert (error.status, error.members) == (409, {"tenant_id": str(tid)})
    assert await way.states(other_tenant.org_id) == {tid: "pending"}
    assert not await way.tenants.is_bound(other_tenant.org_id, tid)
    await refuses(ConflictError, way.tenants.accept(other_tenant.org_id, tid))

    approved = await way.tenants.approve(other_tenant.org_id, tid)
    assert (approved.state, approved.approved_at) == ("approved", clock.now())
    assert await way.tenants.is_bound(other_tenant.org_id, tid)
    assert await way.states(tenant.org_id) == {tid: "bound"}
    assert await way.connect(other_tenant.org_id, tid) == Connected(tid, "Test")


async def test_of_two_that_claim_a_tenant_together_one_has_it(
    way: Consenting, tenant: Tenant, other_tenant: Tenant
) -> None:
    tid = uuid4()
    orgs = (tenant.org_id, other_tenant.org_id)
    landed = [way.entra.sign_in(await way.reach_sign_in(org, tid), tid) for org in orgs]
    found = await asyncio.gather(*(way.land(each) for each in landed), return_exceptions=True)
    assert sorted(type(each).__name__ for each in found) == ["Connected", "TenantTakenError"]
    states = [(await way.states(org))[tid] for org in orgs]
    assert sorted(states) == ["bound", "pending"]


async def test_approving_what_nobody_claimed_is_not_found(way: Consenting, tenant: Tenant) -> None:
    await refuses(NotFoundError, way.tenants.approve(tenant.org_id, uuid4()))


async def test_approving_the_first_one_leaves_it_bound(way: Consenting, tenant: Tenant) -> None:
    tid = uuid4()
    await way.connect(tenant.org_id, tid)
    assert (await way.tenants.approve(tenant.org_id, tid)).state == "bound"


async def test_a_released_tenant_can_be_connected_by_another_organization(
    way: Consenting, tenant: Tenant, other_tenant: Tenant
) -> None:
    tid = uuid4()
    await way.connect(tenant.org_id, tid)
    await refuses(NotFoundError, way.tenants.release(other_tenant.org_id, tid))
    await way.tenants.release(tenant.org_id, tid)
    assert not await way.tenants.is_bound(tenant.org_id, tid)
    await way.connect(other_tenant.org_id, tid)
    assert await way.states(other_tenant.org_id) == {tid: "bound"}


async def test_a_claim_that_waited_is_bound_once_the_tenant_was_given_up(
    way: Consenting, tenant: Tenant, other_tenant: Tenant
) -> None:
    tid = uuid4()
    await way.connect(tenant.org_id, tid)
    for _ in range(2):
        await refuses(TenantTakenError, way.connect(other_tenant.org_id, tid))
    await way.tenants.release(tenant.org_id, tid)
    assert not await way.tenants.is_bound(other_tenant.org_id, tid)
    await way.connect(other_tenant.org_id, tid)
    assert await way.states(other_tenant.org_id) == {tid: "bound"}


async def test_a_claim_waits_while_an_organization_that_was_approved_has_the_tenant(
    way: Consenting, tenant: Tenant, other_tenant: Tenant
) -> None:
    tid = uuid4()
    await way.connect(tenant.org_id, tid)
    await refuses(TenantTakenError, way.connect(other_tenant.org_id, tid))
    await way.tenants.approve(other_tenant.org_id, tid)
    await way.tenants.release(tenant.org_id, tid)
    await refuses(TenantTakenError, way.connect(tenant.org_id, tid))
    assert await way.states(tenant.org_id) == {tid: "pending"}
    assert await way.states(other_tenant.org_id) == {tid: "approved"}


async def test_releasing_a_tenant_ends_the_leases_of_its_credentials_alone(
    way: Consenting, tenant: Tenant, database: Database, clock: FrozenClock
) -> None:
    tid, kept = uuid4(), uuid4()
    for each in (tid, kept):
        await way.connect(tenant.org_id, each)
    rows = [await add_credential(database, tenant.org_id, each) for each in (tid, kept)]
    await way.tenants.release(tenant.org_id, tid)
    async with database.begin(tenant.org_id) as session:
        found = [await get_storage_credential(session, each) for each in rows]
    assert [(each.secret_version, each.rotated_at) for each in found] == [
        (2, clock.now()),
        (1, None),
    ]


async def add_credential(database: Database, org_id: UUID, tenant_id: UUID) -> UUID:
    row = StorageCredential(
        credential_id=uuid4(),
        org_id=org_id,
        name="Acme",
        provider="az",
        method="tenant_consent",
        secret_version=1,
        path_style=False,
        tenant_id=tenant_id,
        endpoint_suffix="core.windows.net",
    )
    async with database.begin(org_id) as session:
        session.add(row)
    return row.credential_id


# --- what is stored -----------------------------------------------------------------------------


async def test_nothing_of_a_link_or_a_sign_in_can_be_read_from_the_database(
    way: Consenting, tenant: Tenant, postgres: Postgres
) -> None:
    link = await way.link(tenant.org_id)
    signing = await way.reach_sign_in(tenant.org_id, uuid4())
    stored = rows_of(postgres, tenant.org_id)
    states = [read(link)["state"], read(signing)["state"]]
    secrets = [state.split("_", 2)[2] for state in states]
    assert len(stored) == 2
    for secret in (*secrets, read(signing)["nonce"]):
        assert secret.encode() not in b"".join(bytes(value) for row in stored for value in row)


async def test_links_that_were_never_followed_are_forgotten(
    way: Consenting, tenant: Tenant, postgres: Postgres, clock: FrozenClock
) -> None:
    await way.link(tenant.org_id)
    clock.advance(timedelta(minutes=31))
    await way.link(tenant.org_id)
    assert len(rows_of(postgres, tenant.org_id)) == 1


def rows_of(postgres: Postgres, org_id: UUID) -> list[tuple[bytes, bytes]]:
    with psycopg.connect(postgres.superuser_url("mooring"), autocommit=True) as connection:
        query = (
            "SELECT secret_hash, coalesce(sealed, ''::bytea) FROM azure_consent WHERE org_id = %s"
        )
        return connection.execute(query, [org_id]).fetchall()
