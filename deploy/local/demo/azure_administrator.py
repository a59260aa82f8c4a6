"""A browser of an administrator of an Azure tenant, on its way through a consent."""

from dataclasses import dataclass
from html import unescape
from urllib.parse import urlsplit
from uuid import UUID

import httpx
from mooring_sdk.api.azure import get_azure_consent_url

from deploy.local.clouds.entra import Entra
from deploy.local.demo.api import Api, given
from deploy.local.errors import LocalStackError


@dataclass(frozen=True, slots=True)
class Administrator:
    """Who consents for a tenant.

    Entra leads the browser to where the vault is on the internet; it goes to where it is here.
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
        require_status(consented, httpx.codes.SEE_OTHER)
        return self.entra.sign_in(consented.headers["Location"], self.tenant)

    def press(self, question: httpx.Response) -> httpx.Response:
        """Press the button of the page."""
        return self.http.post(self.button_of(question))

    def button_of(self, question: httpx.Response) -> str:
        """Return where the button of the page leads to."""
        require_status(question, httpx.codes.OK)
        action = question.text.partition('action="')[2].partition('"')[0]
        return f"{self.vault_url}/v1/azure/{unescape(action)}"

    def open(self, address: str) -> httpx.Response:
        """Open an address that Entra led to."""
        parts = urlsplit(address)
        return self.http.get(f"{self.vault_url}{parts.path}?{parts.query}")


def require_status(answer: httpx.Response, status: int) -> None:
    """Raise LocalStackError with what the vault says instead."""
    if answer.status_code != status:
        raise LocalStackError(f"The consent stops with {answer.status_code}: {answer.text}")
