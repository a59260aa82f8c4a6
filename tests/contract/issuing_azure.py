"""The methods of Azure Blob Storage, tried on Azurite behind Azure's roles, and on an Entra."""

import ssl
from abc import abstractmethod
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any, ClassVar, cast
from uuid import UUID, uuid4

import httpx
from pydantic import SecretStr

from deploy.local.clouds.azurite import ACCOUNT, ACCOUNT_KEY, Azurite
from deploy.local.clouds.entra import Application, ServedEntra
from services.credentials.azure_clouds import PUBLIC_SUFFIX
from services.credentials.azure_tenants import AzureTenants
from services.credentials.issuers.azure import ACCOUNT_KEY_LEASE, AzureIssuer
from services.credentials.issuers.azure_application import AzureAddress, AzureApplication
from services.credentials.issuers.base import (
    AccountKey,
    ConsentedTenant,
    CustomerSas,
    Identity,
    ServicePrincipal,
)
from services.credentials.issuers.clouds import CloudIssuers
from services.credentials.issuers.delegation_keys import KEY_LIFE
from services.credentials.issuers.entra import EntraTokens
from shared.clock import Clock, FrozenClock, SystemClock
from shared.database.session import Database
from shared.leases import DelegationKey, Operation, RemoteSigning, SigningGrant
from shared.storage.signing.azure import sign_azure_container_by_account_key
from tests.contract.issuing import (
    ASKS_NOBODY,
    SIGNED_BY_THE_VAULT,
    Holder,
    Method,
    Trouble,
)
from tests.emulators.azure_roles import AzureRoles, azure_roles
from tests.hard_keys import KEYS_AZURITE_HOLDS

RIVAL = "rival"  # an account of another customer's
SECRET = "theirs-3f90"
HOUR = timedelta(hours=1)
NO_PREFIX = "A signature is for the container: only hierarchical accounts have it for a directory."
NO_CONTAINER = "An account's key opens every container, and SignedUrls names the location's alone."


@dataclass(frozen=True)
class AzureScene:
    """An account with roles, an Entra, our application there, and the tenants that are bound."""

    azurite: Azurite
    roles: AzureRoles
    served: ServedEntra
    application: AzureApplication
    tenants: AzureTenants
    http: httpx.AsyncClient

    def issuers(self, clock: Clock | None = None, *, authority: str | None = None) -> CloudIssuers:
        authority = authority or self.served.entra.authority
        address = AzureAddress(authority, self.roles.url, self.served.ca_file)
        azure = AzureIssuer(
            EntraTokens(self.application, address),
            self.http,
            address,
            clock or SystemClock(),
            is_bound=self.tenants.is_bound,
        )
        return CloudIssuers(cast("Any", None), cast("Any", None), azure)


@asynccontextmanager
async def open_azure_scene(
    azurite: Azurite, served: ServedEntra, database: Database
) -> AsyncIterator[AzureScene]:
    """Register an application of ours, and serve an account that is nobody's yet."""
    secret = "ours-81c2"
    registered = served.entra.register(Application(secret=secret))
    application = AzureApplication(registered.client_id, SecretStr(secret), "https://vault.example")
    tenants = AzureTenants(database, SystemClock(), application=application)
    tls = ssl.create_default_context(cafile=azurite.certificate)
    async with (
        azure_roles(azurite) as roles,
        httpx.AsyncClient(verify=tls, trust_env=False) as http,
    ):
        yield AzureScene(azurite, roles, served, application, tenants, http)


class AzureMethod(Method):
    """What the methods of Azure have in common. A session of theirs has a known `life`."""

    scene: ClassVar[str] = "azure_scene"
    wide: ClassVar = dict.fromkeys(Operation, NO_PREFIX)
    hard_keys: ClassVar[tuple[str, ...]] = tuple(
        key for key in KEYS_AZURITE_HOLDS if "\n" not in key
    )
    life: ClassVar[timedelta]

    def __init__(self, scene: AzureScene) -> None:
        self._scene = scene
        self._entra = scene.served.entra
        self._roles = scene.roles

    @property
    def issuers(self) -> CloudIssuers:
        return self._scene.issuers()

    @property
    def clock(self) -> Clock:
        return SystemClock()

    async def make_bucket(self, *keys: str) -> str:
        async with self._scene.azurite.container() as container:
            name = container.container_name
        async with self._scene.azurite.uploads(self._scene.azurite.bucket(name)) as put:
            for key in keys:
                await put(key, key.encode())
        return f"{ACCOUNT}/{name}"

    async def remove_bucket(self, name: str) -> None:
        async with self._scene.azurite.service() as service:
            await service.delete_container(name.partition("/")[2])

    async def connect(self, org_id: UUID, *buckets: str) -> Identity:
        return await self.connect_at(self.clock.now(), org_id, *buckets)

    @abstractmethod
    async def connect_at(self, moment: datetime, org_id: UUID, *buckets: str) -> Identity:
        """Connect as it was done back then, where that makes a difference."""

    @asynccontextmanager
    async def troubled(self, trouble: Trouble) -> AsyncIterator[CloudIssuers]:
        if trouble is Trouble.UNREACHABLE:
            yield self._scene.issuers(authority="https://127.0.0.1:1")
            return
        self._entra.fails_with = HTTPStatus.TOO_MANY_REQUESTS
        try:
            yield self.issuers
        finally:
            self._entra.fails_with = None

    @asynccontextmanager
    async def aged(
        self, org_id: UUID, bucket: str, operation: Operation, left: timedelta
    ) -> AsyncIterator[Holder]:
        """Issue it back then, for Azurite goes by the machine's clock."""
        then = self.clock.now().replace(microsecond=0) - self.life + left
        identity = await self.connect_at(then, org_id, bucket)
        issuers = self._scene.issuers(FrozenClock(then))
        holder = await self.hold(org_id, identity, bucket, operation, issuers=issuers)
        assert holder.session.expires_at == then + self.life
        yield holder


class _ByPrincipal(AzureMethod):
    """Delegation keys are for a principal of the account's tenant, and open what it may read."""

    signing: ClassVar[type[SigningGrant]] = DelegationKey
    life: ClassVar[timedelta] = KEY_LIFE

    def admit(self, client_id: UUID, *buckets: str) -> UUID:
        """Let an application's principal in at a new tenant, which owns the account."""
        tenant_id = self._entra.add_tenant()
        object_id = self._entra.add_principal(tenant_id, client_id)
        if buckets:
            self._roles.owners[ACCOUNT] = tenant_id
            self._roles.delegators.add((ACCOUNT, object_id))
        self._roles.readers.update((bucket, object_id) for bucket in buckets)
        return tenant_id

    def expel(self, tenant_id: UUID, client_id: UUID) -> None:
        self._entra.principals.pop((str(tenant_id), str(client_id)))


class ByTenantConsent(_ByPrincipal):
    name: ClassVar[str] = "tenant_consent"

    async def connect_at(self, moment: datetime, org_id: UUID, *buckets: str) -> Identity:
        del moment
        tenant_id = self.admit(self._scene.application.client_id, *buckets)
        await self._scene.tenants.claim(org_id, tenant_id, uuid4())
        return ConsentedTenant(tenant_id, PUBLIC_SUFFIX)

    async def withdraw(self, identity: Identity) -> None:
        assert isinstance(identity, ConsentedTenant)
        self.expel(identity.tenant_id, self._scene.application.client_id)

    def claim(self, org_id: UUID, identity: Identity) -> Identity:
        del org_id
        return identity


class ByServicePrincipal(_ByPrincipal):
    name: ClassVar[str] = "service_principal"

    async def connect_at(self, moment: datetime, org_id: UUID, *buckets: str) -> Identity:
        del moment, org_id
        client_id = self._entra.register(Application(secret=SECRET)).client_id
        tenant_id = self.admit(client_id, *buckets)
        return ServicePrincipal(tenant_id, client_id, SecretStr(SECRET), PUBLIC_SUFFIX)

    async def withdraw(self, identity: Identity) -> None:
        assert isinstance(identity, ServicePrincipal)
        self.expel(identity.tenant_id, identity.client_id)

    def claim(self, org_id: UUID, identity: Identity) -> Identity:
        del org_id
        assert isinstance(identity, ServicePrincipal)
        return replace(identity, secret=SecretStr("a guess"))


class _ByKey(AzureMethod):
    """What an account's keys have signed is good until they are made anew."""

    asks_nobody: ClassVar[str] = ASKS_NOBODY

    async def withdraw(self, identity: Identity) -> None:
        assert isinstance(identity, AccountKey | CustomerSas)
        self._roles.renewed.add(identity.account)


class ByAccountKey(_ByKey):
    name: ClassVar[str] = "account_key"
    signing: ClassVar[type[SigningGrant]] = RemoteSigning
    lasting: ClassVar = {Operation.READ: SIGNED_BY_THE_VAULT}
    life: ClassVar[timedelta] = ACCOUNT_KEY_LEASE
    whole_account: ClassVar[str] = NO_CONTAINER

    async def connect_at(self, moment: datetime, org_id: UUID, *buckets: str) -> Identity:
        del moment, org_id
        if not buckets:
            return AccountKey(RIVAL, guess(), PUBLIC_SUFFIX)
        return AccountKey(ACCOUNT, ACCOUNT_KEY, PUBLIC_SUFFIX)

    def claim(self, org_id: UUID, identity: Identity) -> Identity:
        del org_id
        assert isinstance(identity, AccountKey)
        return replace(identity, key=guess())


class BySasToken(_ByKey):
    name: ClassVar[str] = "sas_token"
    signing: ClassVar[type[SigningGrant] | None] = None
    life: ClassVar[timedelta] = HOUR

    async def connect_at(self, moment: datetime, org_id: UUID, *buckets: str) -> Identity:
        del org_id
        place = self._scene.azurite.bucket((buckets or ("/none",))[0].partition("/")[2])
        sas = sign_azure_container_by_account_key(
            place,
            account_key=ACCOUNT_KEY,
            signed_at=moment,
            expires_in=HOUR,
            permissions="rl",
        )
        return CustomerSas(ACCOUNT if buckets else RIVAL, sas, PUBLIC_SUFFIX)

    def claim(self, org_id: UUID, identity: Identity) -> Identity:
        del org_id
        assert isinstance(identity, CustomerSas)
        forged = f"{identity.token.get_secret_value().partition('&sig=')[0]}&sig=Zm9yZ2Vk"
        return replace(identity, token=SecretStr(forged))


def guess() -> SecretStr:
    """Return a key that no account has."""
    return SecretStr(b64encode(b"a guess".ljust(64)).decode())
