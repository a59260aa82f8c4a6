"""A customer with a container in Azurite, and a tenant in the stand-in for Entra."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID, uuid4

from mooring_sdk.models import (
    NewAccountKeyBody,
    NewSasTokenBody,
    NewServicePrincipalBody,
    SetupKitBody,
)

from deploy.local.clouds.azure import AzureCloud
from deploy.local.clouds.azurite import ACCOUNT, ACCOUNT_KEY
from deploy.local.clouds.entra import Application
from deploy.local.demo.azure_customer import AzureCustomer
from tests.journeys.owners import NewCredential, hard_keys
from tests.journeys.places import file_of


@dataclass(frozen=True, slots=True)
class AzureOwner:
    """The customer of the demo, with an application of their own, and every method."""

    customer: AzureCustomer
    application: Application

    @classmethod
    def make(cls, cloud: AzureCloud, vault_url: str, tenant: UUID) -> "AzureOwner":
        application = cloud.entra.register(Application(secret=f"secret-{uuid4()}"))
        cloud.entra.add_principal(tenant, application.client_id)
        customer = AzureCustomer(cloud, vault_url, tenant, container=f"c-{uuid4()}")
        customer.make_bucket([])
        return cls(customer, application)

    @property
    def prefix(self) -> str:
        return self.customer.prefix

    @property
    def uri(self) -> str:
        return self.customer.uri

    def hard_keys(self) -> list[str]:
        return [key for key in hard_keys(self.prefix) if self.customer.holds(key)]

    def put(self, keys: Iterable[str]) -> None:
        self.customer.put_all(map(file_of, keys))

    def remove(self, key: str) -> None:
        self.customer.delete(key)

    def credential(self, method: str) -> NewCredential:
        match method:
            case "tenant_consent":
                return self.customer.credential("ours")
            case "service_principal":
                return NewServicePrincipalBody(
                    method=method,
                    name="theirs",
                    tenant_id=self.customer.tenant,
                    client_id=self.application.client_id,
                    client_secret=str(self.application.secret),
                )
            case "account_key":
                key = ACCOUNT_KEY.get_secret_value()
                return NewAccountKeyBody(method=method, name="theirs", account=ACCOUNT, key=key)
            case "sas_token":
                sas = self.customer.cloud.azurite.sas(self.customer.bucket)
                text = sas.token.get_secret_value()
                return NewSasTokenBody(method=method, name="theirs", account=ACCOUNT, sas=text)
        raise AssertionError(method)

    def paste(self, kit: SetupKitBody) -> None:
        self.customer.set_up(kit)
