"""An ordeal: secrets go through every route, and through every failure that can be provoked."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import unquote
from uuid import uuid4

import httpx
import psycopg
from mooring_sdk.api.api_keys import create_api_key
from mooring_sdk.api.credentials import create_credential, rotate_credential
from mooring_sdk.api.datasets import create_dataset
from mooring_sdk.api.locations import create_location
from mooring_sdk.api.webhooks import create_webhook
from mooring_sdk.models import (
    NewAccessKeyBody,
    NewApiKeyBody,
    NewDatasetBody,
    NewLocationBody,
    NewWebhookBody,
    RotateAccessKeyBody,
    Scope,
)
from psycopg import sql

from deploy.local.demo.api import given
from deploy.local.demo.aws_customer import REGION, AwsCustomer
from deploy.local.local_secrets import LocalSecrets
from deploy.local.roles import DATABASE
from shared.tokens import mint_browser_token
from tests.journeys.places import Place, new_name
from tests.journeys.routes import Call, Route, fill, read_routes
from tests.journeys.running import Running
from tests.journeys.secrecy import Secret
from tests.journeys.spoiling import Spoiled, spoil
from tests.journeys.tenants import OPERATORS, VALUES, Tenant

SIGNED = re.compile(r"X-Amz-(Signature|Security-Token)=([^&\"\s]+)")
LEASES = "/internal/leases"
VIEWING = ("/v1/presigned-urls", "/v1/content/")
HOLDERS = (("list", "ingest", (LEASES,)), ("read", "presign", (LEASES, *VIEWING)))
ENDING = (
    "retire_credential",
    "detach_location",
    "revoke_api_key",
    "delete_webhook",
    "release_azure_tenant",
)


class Ordeal:
    """The secrets by what they are, and what was done with them."""

    def __init__(self, running: Running, tenant: Tenant, http: httpx.Client) -> None:
        self.running = running
        self.tenant = tenant
        self.secrets = secrets_of(running)
        self.secrets["the organization's API key"] = Secret(tenant.organization.api_key)
        self.spoiled: list[tuple[Spoiled, httpx.Response]] = []
        self._http = http
        self._vault = tenant.organization.api.vault

    # --- secrets that come from somewhere ------------------------------------------------------

    def mint(self) -> None:
        body = NewApiKeyBody(name="minted", scopes=list(Scope))
        minted = given(create_api_key.sync(client=self._vault, body=body))
        self.secrets["the minted API key"] = Secret(minted.key, ("/v1/api-keys",))

    def add_webhook(self) -> None:
        body = NewWebhookBody(url=VALUES["url"])
        client = self.tenant.organization.api.ingest
        added = given(create_webhook.sync(client=client, body=body))
        self.secrets["the webhook's secret"] = Secret(added.secret, ("/v1/webhooks",))

    def connect_with_keys(self, customer: AwsCustomer, endpoint: str) -> Place:
        """Connect a bucket by keys of the customer's user of the role's name."""
        access_key_id, secret = self._make_keys(customer)
        body = NewAccessKeyBody(
            method="access_key",
            name="keys",
            endpoint=endpoint,
            region=REGION,
            access_key_id=access_key_id,
            secret_access_key=secret,
        )
        credential = given(create_credential.sync(client=self._vault, body=body))
        place = NewLocationBody(
            credential_id=credential.credential_id, uri=customer.uri, name="keys", origins=[]
        )
        location = given(create_location.sync(client=self._vault, body=place))
        api = self.tenant.organization.api
        dataset = given(
            create_dataset.sync(client=api.ingest, body=NewDatasetBody(name=new_name()))
        )
        kit = self.tenant.place.kit
        return Place(api, location.location_id, dataset.dataset_id, customer, credential, kit)

    def rotate(self, place: Place) -> None:
        access_key_id, secret = self._make_keys(place.customer)
        body = RotateAccessKeyBody(
            method="access_key", access_key_id=access_key_id, secret_access_key=secret
        )
        credential_id = place.credential.credential_id
        given(rotate_credential.sync(credential_id, client=self._vault, body=body))

    def _make_keys(self, customer: AwsCustomer) -> tuple[str, str]:
        made = customer.iam.create_access_key(UserName=customer.role)["AccessKey"]
        what = f"the secret of {made['AccessKeyId']}"
        return made["AccessKeyId"], self.add_secret(what, made["SecretAccessKey"])

    def add_secret(self, what: str, text: str) -> str:
        self.secrets[what] = Secret(text, (LEASES,))
        return text

    def lease(self, place: Place) -> None:
        """Learn the secrets of sessions, as only those services may who use them."""
        [route] = [each for each in read_routes() if each.operation == "vend_lease"]
        for operation, service, shown_by in HOLDERS:
            known = {"location_id": place.location_id, "operation": operation}
            key = self.tenant.key_for(self.running.stack, route, service=service)
            grant = self.call(fill(route, known), key).raise_for_status().json()["grant"]
            found = {f"key of {day}": key for day, key in grant.get("keys", {}).items()}
            found |= {name: grant.get(name) for name in ("secret_access_key", "session_token")}
            for name, text in found.items():
                shown = shown_by if name == "session_token" else (LEASES,)
                if text is not None:
                    what = f"{name} of the lease to {operation} {place.customer.bucket}"
                    self.secrets[what] = Secret(text, shown)

    def view(self, place: Place) -> None:
        """Presign everything, and learn the signatures."""
        for number, answer in enumerate(place.presign(place.list_assets())):
            for kind, text in SIGNED.findall(str(answer.url)):
                what = f"{kind} {number} of {place.customer.bucket}"
                self.secrets[what] = Secret(unquote(text), (LEASES, *VIEWING))

    # --- requests ------------------------------------------------------------------------------

    def call(
        self, call: Call, key: str | None = None, content: bytes | None = None
    ) -> httpx.Response:
        used = key or self._key_for(call.route)
        return call.send(self.running.stack, self._http, used, content=content)

    def call_all(self) -> dict[str, int]:
        """Call every route as it should be called; what ends something comes last."""
        routes = sorted(read_routes(), key=lambda one: one.operation in ENDING)
        return {str(route): self.call(self._right(route)).status_code for route in routes}

    def spoil_all(self) -> None:
        """Call every route in all wrong ways."""
        for route in read_routes():
            for wrong in spoil(self._right(route), self.tenant.ids["org_id"]):
                answer = self.call(wrong.call, wrong.key, wrong.content)
                self.spoiled.append((wrong, answer))

    def _right(self, route: Route) -> Call:
        token = mint_browser_token(self.tenant.ids["org_id"], uuid4()).get_secret_value()
        return fill(route, VALUES | self.tenant.ids | {"token": token})

    def _key_for(self, route: Route) -> str:
        if route.operation in OPERATORS:
            return self.running.stack.admin_key.get_secret_value()
        return self.tenant.key_for(self.running.stack, route)

    # --- what nobody expects -------------------------------------------------------------------

    @contextmanager
    def without_table(self, table: str) -> Iterator[None]:
        away = f"{table}_away"
        self._execute(rename(table, away))
        try:
            yield
        finally:
            self._execute(rename(away, table))

    def break_seals(self) -> None:
        """Alter what is sealed, as somebody who can write to the database might."""
        self._execute(
            sql.SQL(
                "UPDATE storage_credential"
                " SET sealed_secret = set_byte(sealed_secret, 20, get_byte(sealed_secret, 20) # 1)"
                " WHERE sealed_secret IS NOT NULL"
            )
        )

    def _execute(self, statement: sql.SQL | sql.Composed) -> None:
        url = self.running.database.postgres.superuser_url(DATABASE)
        with psycopg.connect(url) as connection:
            connection.execute(statement)


def rename(table: str, other: str) -> sql.Composed:
    names = sql.Identifier(table), sql.Identifier(other)
    return sql.SQL("ALTER TABLE {} RENAME TO {}").format(*names)


def secrets_of(running: Running) -> dict[str, Secret]:
    """Return what the operator's processes were started with."""
    own = LocalSecrets.keep(running.stack.data_dir)
    keyset: dict[str, Any] = json.loads(own.keyset_file.read_text())
    found = {
        "the admin key": own.admin_key.get_secret_value(),
        "the service key": own.service_key.get_secret_value(),
        "the webhook key": own.webhook_key.get_secret_value(),
        "the vault's AWS secret": running.cloud.vault.secret_access_key,
    }
    found |= {f"key-encryption key {name}": key for name, key in keyset["keys"].items()}
    passwords = running.database.postgres.passwords
    found |= {f"the password of {role}": password for role, password in passwords.items()}
    return {name: Secret(text) for name, text in found.items()}
