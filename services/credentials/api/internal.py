"""Routes for the other services: leases and verdicts."""

from uuid import UUID

from fastapi import APIRouter

from services.credentials.api.dependencies import CLOUD, OPENING, VaultDep
from services.credentials.location_schemas import verdict_of
from shared.auth import FromService
from shared.browser_checks import OpenCheckBody, OpenedCheckBody, TellCheckBody, ToldBody
from shared.errors import (
    ConflictError,
    ForbiddenError,
    InvalidInputError,
    NotFoundError,
    SealBrokenError,
    UnauthorizedError,
    UrlsNotSignableError,
)
from shared.leases import AccessGrant, LeaseBody, LeaseRequestBody, Operation
from shared.tokens import ServiceCaller
from shared.vault import (
    AccessVerdictBody,
    RecheckBody,
    SignedUrlsBody,
    UrlRequestsBody,
    VerdictRequestBody,
)
from shared.web import raises

router = APIRouter(prefix="/internal", tags=["internal"])

REFUSALS = (UnauthorizedError, NotFoundError, *OPENING, *CLOUD)

_HOLDERS = {Operation.LIST: {"ingest"}, Operation.READ: {"ingest", "presign"}}


@router.post(
    "/leases",
    summary="Vend a lease",
    responses=raises(*REFUSALS, ForbiddenError, ConflictError, UrlsNotSignableError),
)
async def vend_lease(body: LeaseRequestBody, caller: FromService, vault: VaultDep) -> LeaseBody:
    """Return the one lease that all replicas share for this location and operation.

    One that the customer's cloud refuses is replaced, at most once a minute. Ingest lists, and
    reads manifests and the first bytes of objects; the gateway signs and never lists.
    """
    _require_its_own(caller, body.operation)
    lease = await vault.leases.get(
        caller.org_id,
        body.location_id,
        body.operation,
        refused_issued_at=body.refused_issued_at,
    )
    if isinstance(lease.grant, AccessGrant) and body.operation is Operation.READ:
        raise UrlsNotSignableError("The location's credential can sign no URLs.")
    return LeaseBody.of(lease)


@router.post(
    "/signed-urls",
    summary="Sign URLs",
    responses=raises(*REFUSALS, ForbiddenError, InvalidInputError),
)
async def sign_urls(body: UrlRequestsBody, caller: FromService, vault: VaultDep) -> SignedUrlsBody:
    """Return URLs signed with what must not leave the vault, in the order asked.

    For locations whose lease to read says that the vault signs.
    """
    _require_its_own(caller, Operation.READ)
    urls = await vault.signed_urls.sign(
        caller.org_id,
        body.location_id,
        [request.value for request in body.requests],
        signed_at=body.signed_at,
        expires_in=body.expires_in,
    )
    return SignedUrlsBody(urls=urls)


@router.post(
    "/browser-checks/open",
    summary="Open a browser check",
    responses=raises(UnauthorizedError, ForbiddenError, NotFoundError, ConflictError),
)
async def open_browser_check(
    body: OpenCheckBody, caller: FromService, vault: VaultDep
) -> OpenedCheckBody:
    """Say what a browser that came to the gateway with this token shall look at."""
    _require_gateway(caller)
    return await vault.browser_links.open(caller.org_id, body.token)


@router.post(
    "/browser-checks/tell",
    summary="Tell what a browser saw",
    responses=raises(
        UnauthorizedError, ForbiddenError, NotFoundError, ConflictError, SealBrokenError
    ),
)
async def tell_browser_check(body: TellCheckBody, caller: FromService, vault: VaultDep) -> ToldBody:
    """Keep what a browser saw with the newest access report; the token is used up."""
    _require_gateway(caller)
    await vault.browser_links.tell(caller.org_id, body.token, origin=body.origin, seen=body.seen)
    return ToldBody()


def _require_its_own(caller: ServiceCaller, operation: Operation) -> None:
    if caller.service not in _HOLDERS[operation]:
        raise ForbiddenError("This service's work does not need such a lease.")


def _require_gateway(caller: ServiceCaller) -> None:
    if caller.service != "presign":
        raise ForbiddenError("Browsers come to the gateway alone.")


@router.post(
    "/locations/{location_id}/verdict", summary="Judge access", responses=raises(*REFUSALS)
)
async def judge_access(
    location_id: UUID, body: VerdictRequestBody, caller: FromService, vault: VaultDep
) -> AccessVerdictBody:
    """Return the verdict of the newest report, verified anew when that one is older."""
    report = await vault.reports.judge(caller.org_id, location_id, max_age=body.max_age)
    return verdict_of(report)


@router.post(
    "/locations/{location_id}/recheck",
    summary="Have access looked at again",
    responses=raises(UnauthorizedError, NotFoundError),
)
async def recheck_location(location_id: UUID, caller: FromService, vault: VaultDep) -> RecheckBody:
    """Look at a location soon, since the customer's cloud has refused something there.

    However often that is asked for, it is done once a minute at most.
    """
    return RecheckBody(hastened=await vault.health.hasten(caller.org_id, location_id))
