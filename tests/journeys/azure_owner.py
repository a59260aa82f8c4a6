"""A customer with a container in Azurite, and a tenant in the stand-in for Entra."""

from collections.abc import Iterable
from dataclasses import dataclass
from html import unescape
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import httpx
from azure.storage.blob import CorsRule
from mooring_sdk.api.azure import get_azure_consent_url
from mooring_sdk.models import (
    NewAccountKeyBody,
    NewSasTokenBody,
    NewServicePrincipalBody,
    NewTenantConsentBody,
    SetupKitBody,
)

from deploy.local.clouds.azurite import ACCOUNT, ACCOUNT_KEY
from deploy.local.clouds.entra import Application, Entra
from deploy.local.demo.api import Api, given
from shared.leases import Bucket
from tests.journeys.owners import NewCredential, hard_keys
from tests.journeys.stand_ins import StandIns

NOT_HELD = {"\\", "\a"}  # Azurite makes a slash of the one, and lists nothing beside the other


@dataclass(frozen=True, slots=True)
class AzureOwner:
    """Has a tenant, with an application of their own in it."""

    stand_ins: StandIns
    container: str
    tenant: UUID
    application: Application
    prefix: str = "team/"

    @classmethod
    def make(cls, stand_ins: StandIns, tenant: UUID) -> "AzureOwner":
        entra = stand_ins.entra
        application = entra.register(Application(secret=f"secret-{uuid4()}"))
        entra.add_principal(tenant, application.client_id)
        owner = cls(stand_ins, f"c-{uuid4()}", tenant, application)
        stand_ins.portal.call(owner._make_container)
        return owner

    @property
    def uri(self) -> str:
        return f"az://{ACCOUNT}/{self.container}/{self.prefix}"

    @property
    def bucket(self) -> Bucket:
        return self.stand_ins.azurite.bucket(self.container)

    def hard_keys(self) -> list[str]:
        return [key for key in hard_keys(self.prefix) if not NOT_HELD & set(key)]

    def put(self, keys: Iterable[str]) -> None:
        self.stand_ins.portal.call(self._put, keys)

    def remove(self, key: str) -> None:
        self.stand_ins.portal.call(self._remove, key)

    def credential(self, method: str) -> NewCredential:
        match method:
            case "tenant_consent":
                return NewTenantConsentBody(method=method, name="ours", tenant_id=self.tenant)
            case "service_principal":
                return NewServicePrincipalBody(
                    method=method,
                    name="theirs",
                    tenant_id=self.tenant,
                    client_id=self.application.client_id,
                    client_secret=str(self.application.secret),
                )
            case "account_key":
                key = ACCOUNT_KEY.get_secret_value()
                return NewAccountKeyBody(method=method, name="theirs", account=ACCOUNT, key=key)
            case "sas_token":
                sas = self.stand_ins.azurite.sas(self.bucket).token.get_secret_value()
                return NewSasTokenBody(method=method, name="theirs", account=ACCOUNT, sas=sas)
        raise AssertionError(method)

    def paste(self, kit: SetupKitBody) -> None:
        """Set the account's CORS; Azurite knows no roles, so that there are none to assign."""
        assert kit.cors is not None
        rules = [
            CorsRule(
                rule["allowedOrigins"],
                rule["allowedMethods"],
                allowed_headers=rule["allowedHeaders"],
                exposed_headers=rule["exposedHeaders"],
                max_age_in_seconds=rule["maxAgeInSeconds"],
            )
            for rule in kit.cors.to_dict()["cors"]["corsRules"]
        ]
        self.stand_ins.portal.call(self._allow, rules)

    async def _make_container(self) -> None:
        async with self.stand_ins.azurite.container(self.container):
            pass

    async def _put(self, keys: Iterable[str]) -> None:
        async with self.stand_ins.azurite.uploads(self.bucket) as put:
            for key in keys:
                await put(key, key.encode())

    async def _remove(self, key: str) -> None:
        async with self.stand_ins.azurite.service() as service:
            await service.get_blob_client(self.container, key).delete_blob()

    async def _allow(self, rules: list[CorsRule]) -> None:
        async with self.stand_ins.azurite.service() as service:
            await service.set_service_properties(cors=rules)


@dataclass(frozen=True, slots=True)
class Administrator:
    """A browser of an administrator of a tenant, on its way through a consent.

    Entra leads it to where the vault is on the internet; it goes to where it is here.
    """

    entra: Entra
    http: httpx.Client
    vault_url: str
    tenant: UUID

    def consent(self, api: Api) -> None:
        """Go all the way for an organization."""
        self.press(self.prove(self.ask(api))).raise_for_status()

    def ask(self, api: Api) -> str:
        """Return the link that the organization gets."""
        return given(get_azure_consent_url.sync(client=api.vault)).url

    def prove(self, link: str) -> httpx.Response:
        """Consent and sign in; return the page that asks for the administrator's word."""
        return self.open(self.sign_in(self.open(self.entra.consent_in(link, self.tenant))))

    def sign_in(self, consented: httpx.Response) -> str:
        """Return where the sign-in leads to, after a consent."""
        assert consented.status_code == httpx.codes.SEE_OTHER, consented.text
        return self.entra.sign_in(consented.headers["Location"], self.tenant)

    def press(self, question: httpx.Response) -> httpx.Response:
        """Press the button of the page."""
        return self.http.post(self.button_of(question))

    def button_of(self, question: httpx.Response) -> str:
        """Return where the button of the page leads to."""
        assert question.is_success, question.text
        action = question.text.partition('action="')[2].partition('"')[0]
        return f"{self.vault_url}/v1/azure/{unescape(action)}"

    def open(self, address: str) -> httpx.Response:
        """Open an address that Entra led to."""
        parts = urlsplit(address)
        return self.http.get(f"{self.vault_url}{parts.path}?{parts.query}")
