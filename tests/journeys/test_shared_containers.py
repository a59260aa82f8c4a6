"""Two organizations, and a tenant and a container in Azure of one of them.

Whatever Bob sends is refused, or the report about it says no; in neither is a key of the bucket's
to be seen, and what Alice has stays as it is.
"""

import os
from base64 import b64encode
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TypeAlias
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import psycopg
import pytest
from mooring_sdk.api.azure import list_azure_tenants

from deploy.local.clouds.azurite import ACCOUNT
from deploy.local.clouds.entra import DIRECTORY_READER
from deploy.local.demo.api import given
from deploy.local.demo.azure_administrator import Administrator
from deploy.local.roles import DATABASE
from tests.journeys.azure_owner import AzureOwner
from tests.journeys.conftest import (
    MakeAdministrator,
    MakeOrganization,
    Organization,
)
from tests.journeys.intruders import KEPT_KEY, Intruder, unchanged
from tests.journeys.owners import connect_owner
from tests.journeys.places import Reach
from tests.journeys.running import Running

pytestmark = pytest.mark.xdist_group("journeys")

Watch: TypeAlias = Callable[[Reach], AbstractContextManager[None]]

NOT_OURS = "This link is not one of Mooring's, or was used before: ask for a new one."


@pytest.fixture(scope="module")
def alice(make_organization: MakeOrganization) -> Organization:
    return make_organization("Alice")


@pytest.fixture(scope="module")
def bob(make_organization: MakeOrganization) -> Organization:
    return make_organization("Bob")


@pytest.fixture
def watch(running: Running, alice: Organization) -> Watch:
    return lambda reach: unchanged(running, reach, alice)


@pytest.fixture
def admin(make_administrator: MakeAdministrator) -> Administrator:
    """Whoever administers the tenant of Alice's customer."""
    return make_administrator()


@pytest.fixture
def azure(running: Running, admin: Administrator) -> AzureOwner:
    """Alice's customer, with a container in Azure."""
    owner = AzureOwner.make(running.azure, admin.vault_url, admin.tenant)
    owner.put([KEPT_KEY])
    return owner


@pytest.fixture
def consented(alice: Organization, admin: Administrator, azure: AzureOwner) -> Reach:
    """What Alice reaches through the tenant that is connected to her."""
    admin.consent(alice.api)
    return connect_owner(alice.api, azure, "tenant_consent")


def test_the_tenant_of_another_organization_cannot_be_named(
    bob: Organization, azure: AzureOwner, consented: Reach, watch: Watch
) -> None:
    with watch(consented):
        problem = Intruder(bob, azure.uri).refused(azure.credential("tenant_consent").to_dict())
        assert (problem["status"], problem["code"]) == (409, "conflict")


def test_a_tenant_that_is_taken_stays_with_its_organization(
    bob: Organization,
    admin: Administrator,
    azure: AzureOwner,
    consented: Reach,
    watch: Watch,
) -> None:
    """Even when its administrator consents to both."""
    with watch(consented):
        taken = admin.press(admin.prove(admin.ask(bob.api)))
        assert (taken.status_code, taken.json()["code"]) == (409, "tenant-taken")
        problem = Intruder(bob, azure.uri).refused(azure.credential("tenant_consent").to_dict())
        assert (problem["status"], problem["code"]) == (409, "conflict")


def test_an_administrator_is_shown_whose_link_it_is_and_binds_nothing_without_a_word(
    bob: Organization, admin: Administrator, azure: AzureOwner
) -> None:
    question = admin.prove(admin.ask(bob.api))
    assert "The organization <b><bdi>Bob</bdi></b> wants to connect it." in question.text
    assert not is_connected(bob, admin)
    Intruder(bob, azure.uri).refused(azure.credential("tenant_consent").to_dict())


def test_somebody_of_the_tenant_who_is_no_administrator_cannot_give_it_away(
    bob: Organization, admin: Administrator
) -> None:
    consented = admin.open(admin.entra.consent_in(admin.ask(bob.api), admin.tenant))
    location = consented.headers["Location"]
    back = admin.entra.sign_in(location, admin.tenant, roles=(DIRECTORY_READER,))
    refused = admin.open(back)
    assert (refused.status_code, refused.json()["code"]) == (403, "sign-in-not-proved")
    assert not is_connected(bob, admin)


def test_a_callback_that_tells_of_anothers_tenant_connects_the_one_that_signed_in(
    bob: Organization,
    admin: Administrator,
    make_administrator: MakeAdministrator,
    consented: Reach,
    watch: Watch,
) -> None:
    bobs = make_administrator()
    with watch(consented):
        back = bobs.entra.consent_in(bobs.ask(bob.api), bobs.tenant)
        told = bobs.open(changed(back, tenant=str(admin.tenant)))
        signed_in = bobs.open(changed(bobs.sign_in(told), tenant=str(admin.tenant)))
        bobs.press(signed_in).raise_for_status()
        assert is_connected(bob, bobs)
        assert not is_connected(bob, admin)


def test_the_states_of_a_consent_work_once_and_for_one_organization(
    alice: Organization, bob: Organization, admin: Administrator
) -> None:
    link = admin.ask(alice.api)
    asked = admin.entra.consent_in(link, admin.tenant)
    told = admin.open(asked)
    signed_in = admin.sign_in(told)
    question = admin.open(signed_in)
    for used in (asked, signed_in):
        refuse(admin.open(used))
    for forged in (asked, signed_in):
        refuse(admin.open(of_organization(forged, bob)))
    button = admin.button_of(question)
    refuse(admin.http.post(of_organization(button, bob)))
    admin.press(question).raise_for_status()
    refuse(admin.press(question))
    assert (is_connected(alice, admin), is_connected(bob, admin)) == (True, False)


def test_whoever_follows_anothers_link_gets_nothing_of_anothers(
    alice: Organization,
    bob: Organization,
    admin: Administrator,
    make_administrator: MakeAdministrator,
    consented: Reach,
) -> None:
    """Bob has got hold of a link of Alice's: his tenant is hers then, and hers is not his."""
    bobs = make_administrator()
    bobs.press(bobs.prove(bobs.ask(alice.api))).raise_for_status()
    connected = [is_connected(each, by) for each in (alice, bob) for by in (admin, bobs)]
    assert connected == [True, True, False, False]
    assert consented.verify().valid


@pytest.mark.parametrize("step", ["consent-callback", "signed-in", "confirm"])
def test_a_state_of_another_step_opens_no_step(
    bob: Organization, admin: Administrator, step: str
) -> None:
    asked = admin.entra.consent_in(admin.ask(bob.api), admin.tenant)
    signed_in = admin.sign_in(admin.open(asked))
    (state,) = parse_qs(urlsplit(signed_in).query)["state"]
    for other in (state, "made-up", f"{state}x"):
        address = f"{admin.vault_url}/v1/azure/{step}?{urlencode({'state': other, 'code': 'x'})}"
        if step == "confirm":
            refuse(admin.http.post(address))
        elif (step, other) != ("signed-in", state):
            refuse(admin.http.get(address))
    assert not is_connected(bob, admin)


def test_a_link_that_is_over_connects_nothing(
    running: Running, bob: Organization, admin: Administrator
) -> None:
    asked = admin.entra.consent_in(admin.ask(bob.api), admin.tenant)
    expire_links(running, bob)
    late = admin.open(asked)
    assert (late.status_code, late.json()["code"]) == (422, "consent-link")
    assert late.json()["detail"] == "This link has expired: ask for a new one."
    assert not is_connected(bob, admin)


def test_made_up_secrets_of_anothers_container_open_nothing(
    bob: Organization, azure: AzureOwner, consented: Reach, watch: Watch
) -> None:
    """Azurite knows no roles, so that there is no trying with a principal of Bob's own."""
    sas = azure.credential("sas_token").to_dict()["sas"]
    bodies = [
        {**azure.credential("service_principal").to_dict(), "client_secret": "guessed"},
        {
            "method": "account_key",
            "account": ACCOUNT,
            "key": b64encode(os.urandom(64)).decode(),
        },
        {"method": "sas_token", "account": ACCOUNT, "sas": f"{sas.partition('sig=')[0]}sig=AAAA"},
    ]
    with watch(consented):
        for body in bodies:
            assert "identity" in Intruder(bob, azure.uri).failed(body)


def test_a_sas_of_bobs_container_is_none_of_anothers(  # noqa: PLR0917 - fixtures have names
    running: Running,
    bob: Organization,
    make_administrator: MakeAdministrator,
    azure: AzureOwner,
    consented: Reach,
    watch: Watch,
) -> None:
    bobs = make_administrator()
    own = AzureOwner.make(running.azure, bobs.vault_url, bobs.tenant)
    with watch(consented):
        assert Intruder(bob, azure.uri).failed(own.credential("sas_token").to_dict())


# --- what is looked at ---------------------------------------------------------------------------


def is_connected(organization: Organization, admin: Administrator) -> bool:
    page = given(list_azure_tenants.sync(client=organization.api.vault, limit=1000))
    return admin.tenant in {
        each.tenant_id for each in page.items if each.state.value in {"bound", "approved"}
    }


def refuse(answer: httpx.Response) -> None:
    """Say that a state is not good, and nothing else."""
    problem = answer.json()
    assert (answer.status_code, problem["code"], problem["detail"]) == (
        422,
        "consent-link",
        NOT_OURS,
    )


def changed(address: str, **values: str) -> str:
    """Return an address with other values in its query."""
    parts = urlsplit(address)
    query = {name: found[0] for name, found in parse_qs(parts.query).items()} | values
    return parts._replace(query=urlencode(query)).geturl()


def of_organization(address: str, organization: Organization) -> str:
    """Return an address whose state says that it is of another organization."""
    (state,) = parse_qs(urlsplit(address).query)["state"]
    return changed(address, state=f"{organization.org_id.hex}{state[32:]}")


def expire_links(running: Running, organization: Organization) -> None:
    """Let time go by for the links of an organization."""
    url = running.database.postgres.superuser_url(DATABASE)
    with psycopg.connect(url) as connection:
        connection.execute(
            "UPDATE azure_consent SET expires_at = now() - interval '1 second' WHERE org_id = %s",
            (organization.org_id,),
        )
