"""Remedies for Azure: who does what, with the exact commands and documents."""

from services.credentials.access.azure_probes import (
    DISABLED,
    KEYS_OFF,
    SIGNATURE_REFUSED,
)
from services.credentials.access.causes import CauseKind
from services.credentials.access.checks import Cause
from services.credentials.access.cloud_access import Documents
from services.credentials.access.subjects import Subject
from services.credentials.issuers.azure_application import AzureApplication
from services.credentials.issuers.base import (
    AccountKey,
    AzureIdentity,
    ConsentedTenant,
    ServicePrincipal,
)
from services.credentials.issuers.delegation_keys import FIREWALL, PERMISSION_MISMATCH
from services.credentials.setup.azure_roles import (
    DELEGATOR,
    PROPAGATION,
    READER,
    assignment_command,
    assignments_document,
    assignments_for,
)
from shared.errors import StorageDeniedError


def azure_identity(subject: Subject) -> AzureIdentity:
    """Return the subject's identity, which is one of Azure's wherever this is asked."""
    identity = subject.identity
    assert isinstance(identity, AzureIdentity)  # noqa: S101 (the report chooses by the cloud)
    return identity


def azure_code(error: StorageDeniedError) -> str:
    """Return Azure's code for a refusal, empty when the store does not tell it."""
    return str(error.members.get("azure_code") or "")


class AzureRemedies:
    """Advise for a subject; `application` is ours, None where there is none."""

    def __init__(self, application: AzureApplication | None) -> None:
        self._application = application

    def denied(self, subject: Subject, code: str) -> Cause:
        """Advise on a refusal by the store: by its code, or by the identity where it has none."""
        if code == FIREWALL:
            return self.network(subject)
        if code == KEYS_OFF:
            return self.allow_keys(subject)
        if code == DISABLED:
            return self.enable()
        identity = subject.identity
        if isinstance(identity, ConsentedTenant | ServicePrincipal):
            return self.roles(subject) if code in {PERMISSION_MISMATCH, ""} else self._look(code)
        if code in {SIGNATURE_REFUSED, PERMISSION_MISMATCH, ""}:
            return self.renew("key" if isinstance(identity, AccountKey) else "SAS")
        return self._look(code)

    def roles(self, subject: Subject) -> Cause:
        """Assign both roles to the principal."""
        account, _, container = subject.bucket.partition("/")
        client_id = self._client_id(subject)
        commands = " && ".join(
            assignment_command(account, each, client_id) for each in assignments_for(container)
        )
        return Cause(
            CauseKind.ROLE_ASSIGNMENT,
            f"Assign the application {client_id} the role {READER} at the container, and the role"
            f" {DELEGATOR} at the storage account: at the container it does nothing. {PROPAGATION}"
            f" Run: {commands}",
            self._roles_document(subject, client_id),
        )

    def network(self, subject: Subject) -> Cause:
        """Let us in, and whoever views."""
        account = subject.bucket.partition("/")[0]
        return Cause(
            CauseKind.NETWORK_RULES,
            f"Under Networking of the storage account {account}, let in the addresses of Mooring;"
            " and those of everybody who shall view the files, since browsers fetch them from the"
            " account themselves.",
        )

    def allow_keys(self, subject: Subject) -> Cause:
        """Switch keys on, or do without them."""
        account = subject.bucket.partition("/")[0]
        return Cause(
            CauseKind.KEYS_OFF,
            "Use a credential of the method tenant_consent, or allow keys: az storage account"
            f" update --name {account} --allow-shared-key-access true",
        )

    def renew(self, what: str) -> Cause:
        """Rotate to a key or a SAS that is good."""
        return Cause(
            CauseKind.SIGNATURE_REFUSED,
            f"Rotate the credential to a {what} of this storage account that is valid now.",
        )

    def narrow(self) -> Cause:
        """Rotate to a SAS that is no wider than it must be."""
        return Cause(
            CauseKind.MAY_CHANGE,
            "Rotate the credential to a SAS of the container (sr=c) with sp=rl and spr=https.",
        )

    def connect(self) -> Cause:
        """Bring the tenant's administrator here."""
        return Cause(
            CauseKind.TENANT_NOT_BOUND,
            "Let an administrator of the tenant open the URL of GET /v1/azure/consent-url, consent"
            " and sign in.",
        )

    def enable(self) -> Cause:
        return Cause(CauseKind.ACCOUNT_DISABLED, "Ask Azure's support why the account is disabled.")

    def _look(self, code: str) -> Cause:
        return Cause(
            CauseKind.UNKNOWN, f"Look for what the account refuses: Azure calls it {code}."
        )

    def _client_id(self, subject: Subject) -> str:
        identity = subject.identity
        if isinstance(identity, ServicePrincipal):
            return str(identity.client_id)
        return "" if self._application is None else str(self._application.client_id)

    def _roles_document(self, subject: Subject, client_id: str) -> Documents:
        account, _, container = subject.bucket.partition("/")
        return {"role_assignments": assignments_document(account, container, client_id)}
