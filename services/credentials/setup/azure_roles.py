"""Roles: the two that Mooring needs on a storage account, and where each is assigned."""

from dataclasses import dataclass
from shlex import quote

from services.credentials.setup.policies import Document

READER = "Storage Blob Data Reader"
DELEGATOR = "Storage Blob Delegator"

# "Azure built-in roles for Storage". Names can be translated, ids cannot.
ROLE_IDS = {
    READER: "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1",
    DELEGATOR: "db58b8e5-c6ad-4a2a-8342-4190687cbf4a",
}
PROPAGATION = "A role that was just assigned can need 10 minutes: then verify again."
"""Troubleshoot Azure RBAC, "Symptom - Role assignment changes are not being detected"."""


@dataclass(frozen=True, slots=True)
class Assignment:
    """A role for our principal; below the account's own id, `below` leads to its scope."""

    role: str
    below: str

    @property
    def role_id(self) -> str:
        return ROLE_IDS[self.role]


def assignments_for(container: str) -> tuple[Assignment, Assignment]:
    """Read the one container, and delegate at the account, where the keys are given out.

    "Create a user delegation SAS", Azure Storage: the key acts at the level of the account, so that
    the right to get one does at a container nothing.
    """
    return (
        Assignment(READER, f"/blobServices/default/containers/{container}"),
        Assignment(DELEGATOR, ""),
    )


def assignments_document(account: str, container: str, client_id: str) -> Document:
    """Return both assignments as a remedy shows them."""
    return {
        "principal": {"client_id": client_id},
        "assignments": [
            {
                "role": each.role,
                "role_id": each.role_id,
                "scope": f"Microsoft.Storage/storageAccounts/{account}{each.below}",
            }
            for each in assignments_for(container)
        ],
    }


def assignment_command(account: str, assignment: Assignment, client_id: str) -> str:
    """Return the one command of the Azure CLI that assigns a role."""
    shown = f'"$(az storage account show --name {quote(account)} --query id --output tsv)'
    return (
        f"az role assignment create --role {assignment.role_id} --assignee {quote(client_id)}"
        f' --scope {shown}{assignment.below}"'
    )
