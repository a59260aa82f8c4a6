"""Secrets of Google Cloud and Azure go through every method and failure, and come out nowhere.

test_canary_secrets.py does the same with Amazon S3, and with every route.
"""

import json
import os
import re
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from deploy.local.clouds.azure import CLIENT_SECRET
from deploy.local.clouds.azurite import ACCOUNT
from deploy.local.clouds.certificates import make_rsa_key
from deploy.local.clouds.gcs_world import Fault
from deploy.local.clouds.google import GoogleCloud
from deploy.local.clouds.google_keys import key_document
from deploy.local.demo.azure_administrator import Administrator
from tests.journeys.azure_owner import AzureOwner
from tests.journeys.conftest import MakeAdministrator, MakeOrganization, Organization
from tests.journeys.google_owner import GoogleOwner
from tests.journeys.owners import Owner, connect_by
from tests.journeys.places import Reach
from tests.journeys.rows import dump
from tests.journeys.running import Running
from tests.journeys.secrecy import PATTERNS, Recorder, Secret, holds

pytestmark = pytest.mark.xdist_group("journeys")

Json = dict[str, Any]

GOOGLE = ("service_account_grant", "workload_identity", "service_account_key", "hmac_key")
AZURE = ("tenant_consent", "service_principal", "account_key")
VIEWING = ("/v1/presigned-urls",)
FAULTS: tuple[Fault, ...] = ("html", "reset")  # what is told to come again takes long
MANY = 30  # more requests than a report asks, with repetitions
SIGNED = re.compile(
    r"(?:[?&]sig|X-Goog-Signature|X-Goog-Credential)=(?!\[cut\])\S{12}", re.IGNORECASE
)


@dataclass
class Passage:
    """An organization that goes through everything, and the secrets by what they are."""

    running: Running
    organization: Organization
    recorder: Recorder
    secrets: dict[str, Secret] = field(default_factory=dict)

    def connect(self, owner: Owner, method: str) -> Reach:
        body = owner.credential(method)
        self.learn(method, body.to_dict())
        return connect_by(self.organization.api, owner, body)

    def learn(self, what: str, body: Json) -> None:
        """Remember the secrets of a body of a credential."""
        given = {name: text for name, text in body.items() if name in {"secret", "client_secret"}}
        if "sas" in body:
            given["sig"] = parse_qs(body["sas"])["sig"][0]
        if "key" in body:
            key = body["key"]
            given["key"] = middle_of(json.loads(key)["private_key"]) if "{" in key else key
        self.secrets |= {f"{name} of {what}": Secret(text) for name, text in given.items()}

    def view(self, reach: Reach, method: str) -> None:
        """Import and presign, and learn the signatures."""
        reach.run_import()
        for number, answer in enumerate(reach.presign(reach.list_assets())):
            query = parse_qs(urlsplit(str(answer.url)).query)
            (signature,) = query.get("sig") or query["X-Goog-Signature"]
            self.secrets[f"signature {number} of {method}"] = Secret(signature, VIEWING)

    def try_in_vain(self, owner: Owner, what: str, body: Json) -> None:
        """Verify the owner's bucket with a credential that opens nothing."""
        self.learn(f"{what} in vain", body)
        http = self.organization.api.vault.get_httpx_client()
        made = http.post("/v1/credentials", json={"name": "made up", **body}).raise_for_status()
        location = {
            "credential_id": made.json()["credential_id"],
            "uri": owner.uri,
            "name": "made up",
        }
        assert not http.post("/v1/verify-access", json=location).json()["valid"]

    def consent(self, admin: Administrator) -> None:
        """Go through a consent, and learn the states and the code."""
        link = admin.ask(self.organization.api)
        consented = admin.open(admin.entra.consent_in(link, admin.tenant))
        signed_in = admin.sign_in(consented)
        question = admin.open(signed_in)
        addresses = {"link": link, "sign-in": signed_in, "button": admin.button_of(question)}
        for what, address in addresses.items():
            for name in ("state", "code"):
                for text in parse_qs(urlsplit(address).query).get(name, ()):
                    self.secrets[f"{name} of the {what}"] = Secret(text, ("/v1/azure/",))
        admin.press(question).raise_for_status()

    @contextmanager
    def failing(self, fault: Fault) -> Iterator[None]:
        """Let Google fail, and Entra too, for the time of the block."""
        self.running.google.world.fail_next(fault, MANY)
        self.running.azure.entra.fails_with = 503
        try:
            yield
        finally:
            self.running.google.world.faults.clear()
            self.running.azure.entra.fails_with = None


@pytest.fixture(scope="module")
def passage(
    running: Running,
    make_organization: MakeOrganization,
    make_administrator: MakeAdministrator,
) -> Passage:
    organization, recorder = make_organization("Canaries of clouds"), Recorder()
    for client in (organization.api.vault, organization.api.ingest, organization.api.gateway):
        recorder.watch(client.get_httpx_client())
    passage = Passage(running, organization, recorder, secrets_of(running.google))
    admin = make_administrator()
    passage.consent(admin)
    google = GoogleOwner.make(running.google.world, running.stack.credentials_url)
    azure = AzureOwner.make(running.azure, running.stack.credentials_url, admin.tenant)
    for owner, methods in ((google, GOOGLE), (azure, (*AZURE, "sas_token"))):
        owner.put([f"{owner.prefix}seen"])
        for method in methods:
            reach = passage.connect(owner, method)
            if method == "sas_token":
                reach.run_import()
            else:
                passage.view(reach, method)
            for fault in FAULTS if method in GOOGLE else FAULTS[:1]:
                with passage.failing(fault):
                    reach.verify()
    for what, body in made_up(google, azure).items():
        passage.try_in_vain(
            azure if "account" in body or "tenant_id" in body else google, what, body
        )
    passage.secrets |= {
        f"token {number} of Google's": Secret(token)
        for number, token in enumerate(running.google.world.tokens)
    }
    return passage


def made_up(google: GoogleOwner, azure: AzureOwner) -> dict[str, Json]:
    """Return credentials that open nothing."""
    reader = google.customer.reader
    (access_id, *_) = google.customer.world.accounts[reader].hmac_keys
    document = json.dumps(key_document(reader, make_rsa_key()))
    sas = azure.credential("sas_token").to_dict()["sas"]
    principal = azure.credential("service_principal").to_dict()
    return {
        "HMAC key": {"method": "hmac_key", "access_id": access_id, "secret": "made-up-3f0a"},
        "key": {"method": "service_account_key", "key": document},
        "principal": {**principal, "client_secret": "made-up-9c41"},
        "account": {
            "method": "account_key",
            "account": ACCOUNT,
            "key": b64encode(os.urandom(64)).decode(),
        },
        "SAS": {
            "method": "sas_token",
            "account": ACCOUNT,
            "sas": f"{sas.partition('sig=')[0]}sig={os.urandom(30).hex()}",
        },
    }


def secrets_of(google: GoogleCloud) -> dict[str, Secret]:
    """Return what the vault was started with."""
    keys = {
        "our key of Google's": json.loads(google.key_file.read_text())["private_key"],
        "the key of our tokens": google.oidc_key_file.read_text(),
    }
    return {
        "the secret of our application": Secret(CLIENT_SECRET),
        **{what: Secret(middle_of(text)) for what, text in keys.items()},
    }


def middle_of(pem: str) -> str:
    """Return a line of a key that no other key has."""
    return pem.splitlines()[10]


def test_no_answer_holds_a_secret_but_the_one_that_gives_it_out(passage: Passage) -> None:
    shown = {
        (name, answer.method, answer.path)
        for name, secret in passage.secrets.items()
        for answer in passage.recorder.showing(secret.text)
        if not answer.path.startswith(secret.shown_by or ("nowhere",))
    }
    assert shown == set()


def test_no_log_holds_a_secret(passage: Passage) -> None:
    assert held(passage.running.logs, passage) == []


def test_the_database_holds_no_secret(passage: Passage) -> None:
    tables = dump(passage.running.database.postgres)
    rows = "\n".join(row for table in tables.values() for row in table)
    assert held(rows, passage) == []


def held(text: str, passage: Passage) -> list[str]:
    """Return what a text holds that it should not."""
    found = [name for name, secret in passage.secrets.items() if holds(text, secret.text)]
    patterns = {**PATTERNS, "a URL that is signed": SIGNED}
    return found + [name for name, pattern in patterns.items() if pattern.search(text)]


def test_every_kind_of_secret_was_sent(passage: Passage) -> None:
    kinds = {name.partition(" ")[0] for name in passage.secrets}
    assert {"secret", "client_secret", "key", "sig", "signature", "state", "code", "token"} <= kinds


def test_failures_are_told_in_a_report(passage: Passage) -> None:
    answers = passage.recorder.answers
    statuses = [each.status for each in answers if each.path.endswith("/verify-access")]
    assert set(statuses) == {httpx.codes.OK}  # whatever failed
    assert len(statuses) >= len(FAULTS) * len(GOOGLE) + len(AZURE) + 1
