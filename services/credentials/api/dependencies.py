"""What routes ask for: the vault, the caller, a page's bounds."""

from typing import Annotated

from fastapi import Depends, Query, Request

from services.credentials.setup.kms import MOST_KEYS
from services.credentials.vault import Vault
from shared.auth import Principal, Requires, Scope
from shared.errors import (
    CloudIdentityError,
    ConflictError,
    CredentialRetiredError,
    ForbiddenError,
    InvalidInputError,
    NotFoundError,
    SealBrokenError,
    SetupTooLargeError,
    StorageDeniedError,
    StorageThrottledError,
    StorageUnavailableError,
    UnauthorizedError,
)
from shared.paging import LARGEST_LIMIT


def get_vault(request: Request) -> Vault:
    """Return the vault of this application."""
    vault: Vault = request.app.state.vault
    return vault


VaultDep = Annotated[Vault, Depends(get_vault)]
Limit = Annotated[int, Query(ge=1, le=LARGEST_LIMIT)]
KeyArns = Annotated[
    list[str],
    Query(
        max_length=MOST_KEYS,
        description=(
            "The ARN of a KMS key that objects there are encrypted with; repeat it for several."
        ),
    ),
]
Cursor = Annotated[str | None, Query(max_length=100)]

KeysWriter = Annotated[Principal, Depends(Requires(Scope.KEYS_WRITE))]
CredentialsReader = Annotated[Principal, Depends(Requires(Scope.CREDENTIALS_READ))]
CredentialsWriter = Annotated[Principal, Depends(Requires(Scope.CREDENTIALS_WRITE))]
LocationsReader = Annotated[Principal, Depends(Requires(Scope.LOCATIONS_READ))]
LocationsWriter = Annotated[Principal, Depends(Requires(Scope.LOCATIONS_WRITE))]

CALLER = (UnauthorizedError, ForbiddenError)
MISSING = (*CALLER, NotFoundError)
CHANGING = (*MISSING, ConflictError, CredentialRetiredError)
OPENING = (CredentialRetiredError, SealBrokenError)
KIT = (*MISSING, *OPENING, InvalidInputError, SetupTooLargeError, CloudIdentityError)
CLOUD = (StorageDeniedError, StorageThrottledError, StorageUnavailableError, CloudIdentityError)
