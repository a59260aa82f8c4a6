"""Service accounts of our own project, one for each organization that grants it access.

One for all would let any organization reach the bucket of another by typing its name.
"""

import asyncio
from base64 import b32encode
from hashlib import sha256
from typing import Any
from uuid import UUID

import structlog
from pydantic import SecretStr

from services.credentials.google_names import ServiceAccountEmail, parse_service_account
from services.credentials.issuers.google_calls import GoogleAddress, GoogleCalls, Sleep
from services.credentials.issuers.google_identity import GoogleIdentity
from services.credentials.issuers.google_refusals import GoogleRefusalError, google_error
from services.credentials.setup.gcs_policies import IMPERSONATOR_ROLE
from shared.errors import AppError, CloudIdentityError, InvalidInputError

NAME_PREFIX = "mooring-"
NAME_CHARACTERS = 22  # of base32, after the prefix: a name has 30 at most ("Create…", IAM)

PAUSES = (1.0, 2.0, 4.0)
"""Seconds until IAM is asked again for what it does not know yet, or what others just changed."""

_UNSETTLED = {"ABORTED", "NOT_FOUND"}
_WITH_CONDITIONS = "options.requestedPolicyVersion=3"  # a policy of version 1 hides them

log = structlog.get_logger()


class OrganizationServiceAccounts:
    """Make the service account of an organization, and let our identity act as it.

    `principal` is the address of our identity. Without one the operator must have let it act as
    every service account of the project.
    """

    def __init__(
        self,
        calls: GoogleCalls,
        identity: GoogleIdentity,
        address: GoogleAddress,
        *,
        project: str | None,
        principal: str | None,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._calls = calls
        self._identity = identity
        self._address = address
        self._project = project
        self._principal = principal
        self._sleep = sleep

    def email_of(self, org_id: UUID) -> str:
        """Return the address of an organization's service account; it need not exist.

        Raise CloudIdentityError without a project.
        """
        digits = b32encode(sha256(org_id.bytes).digest()).decode().lower()
        name = f"{NAME_PREFIX}{digits[:NAME_CHARACTERS]}"
        return str(ServiceAccountEmail(name, _written_backwards(self._require_project())))

    def require_foreign(self, email: str) -> None:
        """Raise InvalidInputError for an account of our project, which no customer may name."""
        if parse_service_account(email).project == self._project:
            raise InvalidInputError(
                "This service account is Mooring's own.", field="service_account"
            )

    async def keep(self, org_id: UUID) -> str:
        """Return the address of the service account, made or mended; raise CloudIdentityError.

        It is never deleted and made again, for a bucket that lets it in would then let in nobody
        ("Delete and undelete service accounts", IAM).
        """
        email = self.email_of(org_id)
        bearer = await self._identity.token()
        try:
            await self._make(email, org_id, bearer)
            if self._principal is not None:
                await self._let_us_act(email, self._principal, bearer)
        except GoogleRefusalError as refusal:
            raise _cannot_make(refusal) from refusal
        return email

    async def _make(self, email: str, org_id: UUID, bearer: SecretStr) -> None:
        url = f"{self._address.iam}/v1/projects/{self._require_project()}/serviceAccounts"
        body = {
            "accountId": email.partition("@")[0],
            "serviceAccount": {
                "displayName": f"Mooring {org_id}",
                "description": f"Mooring reads for its organization {org_id}.",
            },
        }
        try:
            await self._calls.post(url, body, bearer=bearer)
        except GoogleRefusalError as refusal:
            if refusal.code != "ALREADY_EXISTS":
                raise
        else:
            log.info("service account made", org_id=str(org_id))

    async def _let_us_act(self, email: str, principal: str, bearer: SecretStr) -> None:
        """Add the binding; an account that was just made is unknown to some of IAM for a while."""
        for pause in PAUSES:
            try:
                return await self._add_binding(email, principal, bearer)
            except GoogleRefusalError as refusal:
                if refusal.code not in _UNSETTLED:
                    raise
            await self._sleep(pause)
        return await self._add_binding(email, principal, bearer)

    async def _add_binding(self, email: str, principal: str, bearer: SecretStr) -> None:
        accounts = f"{self._address.iam}/v1/projects/{self._require_project()}/serviceAccounts"
        account = f"{accounts}/{email}"
        policy = await self._calls.post(f"{account}:getIamPolicy?{_WITH_CONDITIONS}", bearer=bearer)
        bindings: list[dict[str, Any]] = policy.get("bindings") or []
        ours = {"role": IMPERSONATOR_ROLE, "members": [f"serviceAccount:{principal}"]}
        if any(_grants(binding, ours) for binding in bindings):
            return
        changed = {**policy, "bindings": [*bindings, ours]}  # with its etag: else it is refused
        await self._calls.post(f"{account}:setIamPolicy", {"policy": changed}, bearer=bearer)

    def _require_project(self) -> str:
        if self._project is None:
            raise CloudIdentityError(
                "Mooring has no project on Google Cloud: the operator must set "
                "MOORING_GOOGLE_PROJECT."
            )
        return self._project


def _grants(binding: dict[str, Any], ours: dict[str, Any]) -> bool:
    return (
        binding.get("role") == ours["role"]
        and "condition" not in binding
        and set(ours["members"]) <= set(binding.get("members") or [])
    )


def _written_backwards(project: str) -> str:
    """Return a project as addresses hold it: `example.com:name` is `name.example.com`."""
    domain, colon, name = project.partition(":")
    return f"{name}.{domain}" if colon else project


def _cannot_make(refusal: GoogleRefusalError) -> AppError:
    if refusal.code == "RESOURCE_EXHAUSTED" and "service accounts" in refusal.text:
        return CloudIdentityError(
            "Mooring's project on Google Cloud holds as many service accounts as it may: the "
            "operator must have the quota raised."
        )
    return google_error(
        refusal,
        CloudIdentityError(
            "Mooring's Google identity may not make the organization's service account: the "
            "operator must give it roles/iam.serviceAccountAdmin in MOORING_GOOGLE_PROJECT, and "
            "enable iam.googleapis.com there."
        ),
    )
