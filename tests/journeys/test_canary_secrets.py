"""Canaries: secrets go through every route and every failure, and come out nowhere."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from mooring_sdk.api.credentials import create_credential
from mooring_sdk.api.locations import (
    get_access_proof,
    get_access_proof_page,
    verify_location_access,
)
from mooring_sdk.api.presigning import presign_assets
from mooring_sdk.models import ImportState, NewAccessKeyBody, NewPresignedUrlsBody

from deploy.local.demo.api import given
from deploy.local.demo.aws_customer import AwsCustomer
from deploy.local.ports import free_port
from services.credentials.setup.policies import permission_policy
from tests.journeys.conftest import MakeAdministrator, MakeCustomer, MakeOrganization
from tests.journeys.ordeals import Ordeal
from tests.journeys.places import Place, connect, problem
from tests.journeys.rows import dump
from tests.journeys.running import Running
from tests.journeys.secrecy import PATTERNS, Recorder, holds
from tests.journeys.spoiling import new_canary
from tests.journeys.tenants import settle

pytestmark = pytest.mark.xdist_group("journeys")


@dataclass(frozen=True, slots=True)
class Aftermath:
    """What is left of an ordeal: every answer, log and row."""

    ordeal: Ordeal
    outcomes: dict[str, Any]
    recorder: Recorder
    logs: str
    rows: str


@pytest.fixture(scope="module")
def aftermath(
    running: Running,
    make_organization: MakeOrganization,
    make_customer: MakeCustomer,
    make_administrator: MakeAdministrator,
) -> Aftermath:
    recorder = Recorder()
    organization = make_organization("Canaries")
    for client in (organization.api.vault, organization.api.ingest, organization.api.gateway):
        recorder.watch(client.get_httpx_client())
    with recorder.watch(httpx.Client(trust_env=False, timeout=60.0)) as http:
        tenant = settle(organization, make_customer("team/"), make_administrator())
        ordeal = Ordeal(running, tenant, http)
        outcomes = go_through(ordeal, make_customer)
    tables = dump(running.database.postgres)
    rows = "\n".join(row for table in tables.values() for row in table)
    return Aftermath(ordeal, outcomes, recorder, running.logs, rows)


def go_through(ordeal: Ordeal, make_customer: MakeCustomer) -> dict[str, Any]:
    """Do everything that could let a secret out, and return what came of each failure."""
    ordeal.mint()
    ordeal.add_webhook()
    customer = make_customer("team/")
    make_user(customer)
    keys = ordeal.connect_with_keys(customer, ordeal.running.cloud.endpoint)
    keys.put("seen by its key")
    for place in (ordeal.tenant.place, keys):
        place.run_import()
        ordeal.lease(place)
        ordeal.view(place)
        prove(place)
    ordeal.rotate(keys)
    keys.run_import()
    ordeal.lease(keys)
    ordeal.view(keys)
    nowhere = f"http://127.0.0.1:{free_port()}"
    outcomes = {
        "wrong endpoint": fail_to_import(ordeal.connect_with_keys(keys.customer, nowhere)),
        "denied": deny(another(ordeal, make_customer)),
        "no vault": lose_vault(ordeal, another(ordeal, make_customer)),
        "no database": lose_database(ordeal),
        "no table": lose_tables(ordeal),
        "broken seal": break_seals(ordeal, keys),
    }
    ordeal.spoil_all()
    outcomes["nothing wrong"] = {status // 100 for status in ordeal.call_all().values()}
    return outcomes


def make_user(customer: AwsCustomer) -> None:
    """Make a user of the customer's who may read the prefix; its keys are what Mooring gets."""
    reads = permission_policy("aws", customer.bucket, customer.prefix)
    customer.iam.create_user(UserName=customer.role)
    customer.iam.put_user_policy(
        UserName=customer.role, PolicyName="reads", PolicyDocument=json.dumps(reads)
    )


def prove(place: Place) -> None:
    """Fetch what is given to others as a proof of access, in both of its forms."""
    given(get_access_proof.sync(place.location_id, client=place.api.vault))
    given(get_access_proof_page.sync(place.location_id, client=place.api.vault))


def another(ordeal: Ordeal, make_customer: MakeCustomer) -> Place:
    """Return a place with an asset that nobody has seen yet, so that there is no lease to read."""
    place = connect(ordeal.tenant.organization.api, make_customer("team/"))
    place.put("unseen")
    place.run_import()
    return place


def fail_to_import(place: Place) -> str:
    return problem(place.submit()).code


def fail_to_view(place: Place) -> str:
    body = NewPresignedUrlsBody(
        dataset_id=place.dataset_id, asset_ids=[asset.asset_id for asset in place.list_assets()]
    )
    return problem(presign_assets.sync(client=place.api.gateway, body=body)).code


def deny(place: Place) -> str:
    name = place.customer.role
    place.customer.iam.delete_role_policy(RoleName=name, PolicyName="mooring")
    place.customer.iam.delete_role(RoleName=name)
    return fail_to_view(place)


def lose_vault(ordeal: Ordeal, place: Place) -> list[str]:
    with ordeal.running.killed("vault"):
        return [fail_to_view(place), fail_to_import(place)]


def lose_database(ordeal: Ordeal) -> set[int]:
    with ordeal.running.database.away():
        return set(ordeal.call_all().values())


def lose_tables(ordeal: Ordeal) -> list[str]:
    """Let statements fail that carry secrets, in the vault and in the worker."""
    place = ordeal.tenant.place
    body = NewAccessKeyBody(
        method="access_key",
        name="keys",
        endpoint=ordeal.running.cloud.endpoint,
        region="eu-central-1",
        access_key_id="AKIDEXAMPLE",
        secret_access_key=ordeal.add_secret("a secret that was not stored", new_canary()),
    )
    with ordeal.without_table("storage_credential"):
        refused = create_credential.sync(client=place.api.vault, body=body)
    with ordeal.without_table("listing_pace"):
        begun = given(place.submit())
        ordeal.running.await_log("worker", str(begun.import_id))
    finished = place.await_end(begun.import_id)
    return [problem(refused).code, finished.state.value]


def break_seals(ordeal: Ordeal, place: Place) -> str:
    ordeal.break_seals()
    answer = verify_location_access.sync_detailed(place.location_id, client=place.api.vault)
    return str(json.loads(answer.content)["code"])


def test_every_failure_was_provoked(aftermath: Aftermath) -> None:
    assert aftermath.outcomes == {
        "wrong endpoint": "location-not-verified",
        "denied": "storage-denied",
        "no vault": ["vault-unavailable", "vault-unavailable"],
        "no database": {503},
        "no table": ["internal-error", ImportState.COMPLETED.value],
        "broken seal": "seal-broken",
        "nothing wrong": {2, 3, 4},
    }


def test_no_answer_holds_a_secret_but_the_one_that_gives_it_out(aftermath: Aftermath) -> None:
    shown = {
        (name, answer.method, answer.path)
        for name, secret in aftermath.ordeal.secrets.items()
        for answer in aftermath.recorder.showing(secret.text)
        if not answer.path.startswith(secret.shown_by or ("nowhere",))
    }
    assert shown == set()


@pytest.mark.parametrize(
    ("name", "path"),
    [("the minted API key", "/v1/api-keys"), ("the webhook's secret", "/v1/webhooks")],
)
def test_what_is_made_for_the_caller_is_shown_once(
    aftermath: Aftermath, name: str, path: str
) -> None:
    answers = aftermath.recorder.showing(aftermath.ordeal.secrets[name].text)
    assert [(each.method, each.path, each.status) for each in answers] == [("POST", path, 201)]


def test_no_log_holds_a_secret(aftermath: Aftermath) -> None:
    assert held(aftermath.logs, aftermath.ordeal) == []


def test_the_database_holds_no_secret(aftermath: Aftermath) -> None:
    assert held(aftermath.rows, aftermath.ordeal) == []


def held(text: str, ordeal: Ordeal) -> list[str]:
    """Return what a text holds that it should not."""
    found = [name for name, secret in ordeal.secrets.items() if holds(text, secret.text)]
    found += [name for name, pattern in PATTERNS.items() if pattern.search(text)]
    given_as_secret = {wrong.canary: str(wrong) for wrong, _ in ordeal.spoiled if wrong.is_secret}
    return found + [name for canary, name in given_as_secret.items() if holds(text, canary)]


def test_a_refusal_does_not_repeat_what_was_sent(aftermath: Aftermath) -> None:
    refusals = [
        (wrong, answer) for wrong, answer in aftermath.ordeal.spoiled if not answer.is_success
    ]
    assert len(refusals) > 200  # ruling out that everything was accepted
    repeated = {
        str(wrong)
        for wrong, answer in refusals
        if wrong.canary in f"{answer.headers.multi_items()}\n{answer.text}"
    }
    assert repeated == set()


def test_nothing_that_was_sent_is_an_error_of_ours(aftermath: Aftermath) -> None:
    answered = {
        str(wrong): answer.status_code
        for wrong, answer in aftermath.ordeal.spoiled
        if answer.status_code >= 500
    }
    assert answered == {}


def test_a_log_does_not_repeat_what_was_sent(aftermath: Aftermath) -> None:
    repeated = {
        str(wrong) for wrong, _ in aftermath.ordeal.spoiled if wrong.canary in aftermath.logs
    }
    assert repeated == set()


def test_no_command_line_holds_a_secret(running: Running, aftermath: Aftermath) -> None:
    children = [*running.stack.processes._children, *running.cloud.processes._children]
    for child in children:
        text = Path(f"/proc/{child.process.pid}/cmdline").read_text()
        assert held(text, aftermath.ordeal) == []
