"""What routes ask for: ingest, the caller, a page's bounds."""

from typing import Annotated

from fastapi import Depends, Query, Request

from services.ingest.ingest import Ingest
from shared.auth import Principal, Requires, Scope
from shared.errors import (
    CloudIdentityError,
    CredentialRetiredError,
    ForbiddenError,
    LocationNotVerifiedError,
    NotFoundError,
    SealBrokenError,
    StorageDeniedError,
    StorageThrottledError,
    StorageUnavailableError,
    UnauthorizedError,
    VaultUnavailableError,
)
from shared.paging import LARGEST_LIMIT


def get_ingest(request: Request) -> Ingest:
    """Return the ingest of this application."""
    ingest: Ingest = request.app.state.ingest
    return ingest


IngestDep = Annotated[Ingest, Depends(get_ingest)]
Reader = Annotated[Principal, Depends(Requires(Scope.DATASETS_READ))]
Writer = Annotated[Principal, Depends(Requires(Scope.DATASETS_WRITE))]

Cursor = Annotated[str | None, Query(max_length=100, description="`next_cursor` of a page.")]
# It holds a key: Postgres indexes none of more than 2,704 bytes, S3 has none of more than 1,024.
KeyCursor = Annotated[str | None, Query(max_length=4_000, description="`next_cursor` of a page.")]
Limit = Annotated[int, Query(ge=1, le=LARGEST_LIMIT)]

CALLER = (UnauthorizedError, ForbiddenError)
MISSING = (*CALLER, NotFoundError)
ACCESS = (
    CredentialRetiredError,
    LocationNotVerifiedError,
    StorageDeniedError,
    StorageThrottledError,
    StorageUnavailableError,
    CloudIdentityError,
    SealBrokenError,
    VaultUnavailableError,
)
"""What may refuse or delay a request that has a location's access verified."""
