"""The customer in Azure: their administrator consents to Mooring's application."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar
from uuid import UUID

import httpx
from azure.storage.blob import CorsRule
from mooring_sdk.models import NewTenantConsentBody, SetupKitBody

from deploy.local.clouds.azure import AzureCloud
from deploy.local.clouds.azurite import ACCOUNT
from deploy.local.demo.api import Api
from deploy.local.demo.azure_administrator import Administrator
from deploy.local.demo.customer import BUCKET, ORIGIN, PREFIX, Mistake, document
from deploy.local.demo.files import File
from shared.leases import Bucket

MISTAKE = Mistake(
    "the account has no CORS rule",
    frozenset({"browser_get", "browser_preflight", "browser_range", "browser_head"}),
)

NOT_HELD = {"\\", "\a"}
"""What Azurite does not take in a name: it makes a slash of the one, and lists nothing beside the
other."""


@dataclass(frozen=True, slots=True)
class AzureCustomer:
    """Their side of the cloud, and what things are called there."""

    cloud: AzureCloud
    vault_url: str
    tenant: UUID
    container: str = BUCKET
    prefix: str = PREFIX
    origin: str = ORIGIN
    mistake: ClassVar[Mistake] = MISTAKE

    @property
    def uri(self) -> str:
        return f"az://{ACCOUNT}/{self.container}/{self.prefix}"

    @property
    def bucket(self) -> Bucket:
        return self.cloud.azurite.bucket(self.container)

    @property
    def certificates(self) -> Path:
        return self.cloud.certificates

    def holds(self, key: str) -> bool:
        return not NOT_HELD & set(key)

    def make_bucket(self, files: Iterable[File]) -> None:
        self.cloud.portal.call(self._make_container)
        self.put_all(files)

    def put(self, file: File) -> None:
        self.put_all([file])

    def put_all(self, files: Iterable[File]) -> None:
        """Put objects over one connection."""
        self.cloud.portal.call(self._put, files)

    def delete(self, key: str) -> None:
        self.cloud.portal.call(self._delete, key)

    def consent(self, api: Api) -> None:
        """Let the tenant's administrator go through the consent of an organization."""
        with httpx.Client(trust_env=False) as http:
            Administrator(self.cloud.entra, http, self.vault_url, self.tenant).consent(api)

    def credential(self, name: str) -> NewTenantConsentBody:
        return NewTenantConsentBody(method="tenant_consent", name=name, tenant_id=self.tenant)

    def set_up(self, kit: SetupKitBody) -> None:
        """Set the account's CORS; Azurite knows no roles, so that there are none to assign."""
        rules = [
            CorsRule(
                rule["allowedOrigins"],
                rule["allowedMethods"],
                allowed_headers=rule["allowedHeaders"],
                exposed_headers=rule["exposedHeaders"],
                max_age_in_seconds=rule["maxAgeInSeconds"],
            )
            for rule in document(kit.cors)["cors"]["corsRules"]
        ]
        self.cloud.portal.call(self._allow, rules)

    def err(self, kit: SetupKitBody) -> None:
        """Forget the kit's rule."""
        del kit
        self.cloud.portal.call(self._allow, [])

    def mend(self, kit: SetupKitBody) -> None:
        self.set_up(kit)

    async def _make_container(self) -> None:
        async with self.cloud.azurite.container(self.container):
            pass

    async def _put(self, files: Iterable[File]) -> None:
        async with self.cloud.azurite.uploads(self.bucket) as put:
            for file in files:
                await put(file.key, file.content, content_type=file.content_type)

    async def _delete(self, key: str) -> None:
        async with self.cloud.azurite.service() as service:
            await service.get_blob_client(self.container, key).delete_blob()

    async def _allow(self, rules: list[CorsRule]) -> None:
        async with self.cloud.azurite.service() as service:
            await service.set_service_properties(cors=rules)
