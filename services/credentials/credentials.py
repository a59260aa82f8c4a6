"""StorageCredentials: add, rotate, retire."""

from collections.abc import Mapping, Sequence
from uuid import UUID, uuid4

import structlog
from pydantic import SecretStr

from services.credentials.arns import PrincipalArn, RoleArn, parse_role_arn
from services.credentials.identities import StoredIdentity, load_identity, store_identity
from services.credentials.issuers.base import (
    AccessKey,
    CustomerRole,
    Identity,
    OrganizationRole,
    provider_of,
)
from services.credentials.issuers.organization_roles import (
    ROLE_PATH,
    ROLE_PREFIX,
    OrganizationRoles,
)
from services.credentials.sealing import Sealed, SealedPlace, Sealer
from shared.clock import Clock
from shared.database.external_locations import list_locations_of_credential
from shared.database.ids import new_id
from shared.database.location_health import forget_health
from shared.database.sealed_leases import delete_leases_of_credential
from shared.database.session import Database
from shared.database.storage_credentials import (
    StorageCredential,
    get_storage_credential,
    list_storage_credentials,
)
from shared.egress import EgressGuard
from shared.errors import (
    CloudIdentityError,
    ConflictError,
    CredentialRetiredError,
    EndpointNotAllowedError,
    InvalidInputError,
)

FIRST_VERSION = 1

log = structlog.get_logger()


class StorageCredentials:
    """Keep the identities that customers gave us."""

    def __init__(
        self,
        database: Database,
        sealer: Sealer,
        clock: Clock,
        *,
        roles: OrganizationRoles,
        egress: EgressGuard,
        principal: PrincipalArn | None,
    ) -> None:
        self._database = database
        self._sealer = sealer
        self._roles = roles
        self._egress = egress
        self._clock = clock
        self._principal = principal

    async def add_customer_role(self, org_id: UUID, name: str, role_arn: str) -> StorageCredential:
        """Add a role of the customer's account, with a new ExternalId for its trust policy.

        The role need not exist yet: the setup kit, which needs the ExternalId, makes it.
        """
        role = CustomerRole(self.accept_role(role_arn), str(uuid4()))
        return await self.add(org_id, name, role)

    async def add_organization_role(self, org_id: UUID, name: str) -> StorageCredential:
        """Add our own role for this organization, made now when it does not exist."""
        role = OrganizationRole(await self._roles.keep(org_id), str(org_id))
        return await self.add(org_id, name, role)

    async def add_access_key(self, org_id: UUID, name: str, key: AccessKey) -> StorageCredential:
        """Add keys of an S3-compatible store. Raise EndpointNotAllowedError for its endpoint."""
        self._require_public(key.endpoint)
        return await self.add(org_id, name, key)

    async def add(self, org_id: UUID, name: str, identity: Identity) -> StorageCredential:
        """Add an identity that needs nothing made or checked before."""
        stored = store_identity(identity)
        async with self._database.begin(org_id) as session:
            credential_id = await new_id(session)
        row = StorageCredential(
            credential_id=credential_id,
            org_id=org_id,
            name=name,
            provider=provider_of(identity).value,
            method=stored.method,
            secret_version=FIRST_VERSION,
            **{
                "path_style": False,
                **stored.columns,
                **await self._seal(org_id, credential_id, FIRST_VERSION, stored.secret),
            },
        )
        async with self._database.begin(org_id) as session:
            session.add(row)
        return row

    async def get(self, org_id: UUID, credential_id: UUID) -> StorageCredential:
        """Return a credential, retired or not, or raise NotFoundError."""
        async with self._database.begin(org_id) as session:
            return await get_storage_credential(session, credential_id)

    async def list(
        self, org_id: UUID, *, after: UUID | None, limit: int
    ) -> Sequence[StorageCredential]:
        """Return the organization's credentials in order of their ids."""
        async with self._database.begin(org_id) as session:
            return await list_storage_credentials(session, after=after, limit=limit)

    async def rotate(
        self, org_id: UUID, credential_id: UUID, new: StoredIdentity
    ) -> StorageCredential:
        """Replace what is given; leases of what was there are not given out any more.

        Raise InvalidInputError for a credential of another method.
        """
        row = await self.get(org_id, credential_id)
        sealed = await self._seal(org_id, credential_id, row.secret_version + 1, new.secret)
        return await self._replace(row, new.method, {**new.columns, **sealed})

    async def retire(
        self, org_id: UUID, credential_id: UUID, *, detach_locations: bool
    ) -> StorageCredential:
        """Give out nothing with this credential any more, and erase its secret for good.

        Raise ConflictError while locations are attached, unless they shall be detached with it.
        """
        now = self._clock.now()
        async with self._database.begin(org_id) as session:
            row = await get_storage_credential(session, credential_id, lock=True)
            attached = await list_locations_of_credential(session, credential_id)
            if attached and not detach_locations:
                raise ConflictError(
                    "External locations use this credential: detach them first, or with it.",
                    location_ids=[str(location.location_id) for location in attached],
                )
            for location in attached:
                location.detached_at = now
            await delete_leases_of_credential(session, credential_id)
            await forget_health(session, [location.location_id for location in attached])
            row.sealed_secret = row.data_key_id = None
            row.retired_at = row.retired_at or now
        log.info("credential retired", credential_id=str(credential_id), detached=len(attached))
        return row

    async def open(self, row: StorageCredential) -> Identity:
        """Open a stored credential. Raise CredentialRetiredError or SealBrokenError."""
        require_active(row)
        if row.sealed_secret is None or row.data_key_id is None:
            return load_identity(row, None)
        place = _place(row.org_id, row.credential_id, row.secret_version)
        secret = await self._sealer.open(place, Sealed(row.data_key_id, row.sealed_secret))
        return load_identity(row, SecretStr(secret.decode()))

    async def _seal(
        self, org_id: UUID, credential_id: UUID, version: int, secret: SecretStr | None
    ) -> dict[str, object]:
        """Return the columns of a sealed secret; none where there is no secret."""
        if secret is None:
            return {}
        place = _place(org_id, credential_id, version)
        sealed = await self._sealer.seal(place, secret.get_secret_value().encode())
        return {"sealed_secret": sealed.ciphertext, "data_key_id": sealed.data_key_id}

    async def _replace(
        self, seen: StorageCredential, method: str, values: Mapping[str, object]
    ) -> StorageCredential:
        async with self._database.begin(seen.org_id) as session:
            row = await get_storage_credential(session, seen.credential_id, lock=True)
            require_active(row)
            if row.method != method:
                raise InvalidInputError("The credential has another method.", field="method")
            if row.secret_version != seen.secret_version:
                raise ConflictError("The credential was rotated by another request just now.")
            for name, value in values.items():
                setattr(row, name, value)
            row.secret_version += 1
            row.rotated_at = self._clock.now()
            await delete_leases_of_credential(session, row.credential_id)
        log.info("credential rotated", credential_id=str(row.credential_id))
        return row

    def _require_public(self, endpoint: str) -> None:
        try:
            self._egress.check_endpoint(endpoint)
        except EndpointNotAllowedError as error:
            raise EndpointNotAllowedError(error.detail, field="endpoint") from error

    def accept_role(self, text: str) -> RoleArn:
        """Read a role that a customer names. Our roles of organizations are not for naming."""
        arn = parse_role_arn(text)
        if self._principal is None:
            raise CloudIdentityError(
                "Mooring has no AWS identity: the operator must set MOORING_AWS_PRINCIPAL_ARN."
            )
        ours = arn.account == self._principal.account and arn.path == ROLE_PATH
        if ours and arn.name.startswith(ROLE_PREFIX):
            raise InvalidInputError("This role is Mooring's own.", field="role_arn")
        return arn


def require_active(row: StorageCredential) -> None:
    """Raise CredentialRetiredError when the credential was retired."""
    if row.retired_at is not None:
        raise CredentialRetiredError("The storage credential was retired.")


def _place(org_id: UUID, credential_id: UUID, version: int) -> SealedPlace:
    return SealedPlace(org_id, f"storage_credential/{credential_id}", "secret", version)
