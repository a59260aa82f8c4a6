"""How ingest and the gateway ask the vault: over HTTP, with a token for each call."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Self, TypeVar
from uuid import UUID

import httpx
from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    SecretStr,
    StringConstraints,
    TypeAdapter,
    ValidationError,
)
from structlog.contextvars import get_contextvars

from shared.browser_checks import OpenCheckBody, OpenedCheckBody, SeenBody, TellCheckBody, ToldBody
from shared.clock import Clock
from shared.errors import VaultUnavailableError
from shared.leases import Lease, LeaseBody, LeaseRequestBody, Operation
from shared.problems import error_of
from shared.request_ids import HEADER as REQUEST_ID
from shared.storage.signing.base import Method, ResponseOverrides, UrlRequest
from shared.tokens import mint_service_token
from shared.uris import LONGEST_KEY_BYTES
from shared.url_signer import MOST_URLS

AUDIENCE = "credentials"
TIMEOUT = httpx.Timeout(60.0, connect=5.0)  # a report asks the customer's cloud a dozen questions

_NOT_LET_IN = {httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN}
_UNEXPECTED = "The vault answered with something unexpected."
_DOCUMENT = TypeAdapter(dict[str, JsonValue], config=ConfigDict(hide_input_in_errors=True))

Reply = TypeVar("Reply", bound=BaseModel)


# A line break would let a text stand for several in what Azure signs.
Line = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]*$", max_length=1_024)]


class AccessVerdictBody(BaseModel):
    """Say whether a location's access is valid, and which checks failed."""

    model_config = ConfigDict(hide_input_in_errors=True)

    valid: bool
    verified_at: AwareDatetime
    failed_checks: list[dict[str, JsonValue]]


class VerdictRequestBody(BaseModel):
    """Ask for a verdict that is not older than this."""

    model_config = ConfigDict(extra="forbid")

    max_age: timedelta


class RecheckBody(BaseModel):
    """Say whether a location is looked at sooner than it would have been."""

    model_config = ConfigDict(hide_input_in_errors=True)

    hastened: bool


class UrlRequestBody(BaseModel):
    """Ask for a URL that allows one method on one object."""

    model_config = ConfigDict(extra="forbid")

    key: Annotated[str, Field(min_length=1, max_length=LONGEST_KEY_BYTES)]
    method: Method
    version_id: Line | None
    content_type: Line | None
    content_disposition: Line | None
    cache_control: Line | None

    @classmethod
    def of(cls, request: UrlRequest) -> Self:
        return cls(
            key=request.key,
            method=request.method,
            version_id=request.version_id,
            content_type=request.overrides.content_type,
            content_disposition=request.overrides.content_disposition,
            cache_control=request.overrides.cache_control,
        )

    @property
    def value(self) -> UrlRequest:
        overrides = ResponseOverrides(
            self.content_type, self.content_disposition, self.cache_control
        )
        return UrlRequest(self.key, self.method, self.version_id, overrides)


class UrlRequestsBody(BaseModel):
    """Ask for URLs of one location, all signed as of one time."""

    model_config = ConfigDict(extra="forbid")

    location_id: UUID
    requests: Annotated[list[UrlRequestBody], Field(min_length=1, max_length=MOST_URLS)]
    signed_at: AwareDatetime
    expires_in: timedelta


class SignedUrlsBody(BaseModel):
    """Carry presigned URLs, in the order in which they were asked for."""

    model_config = ConfigDict(hide_input_in_errors=True)

    urls: list[str] = Field(repr=False)


class VaultClient:
    """Call the vault's internal routes for one organization at a time.

    Raises what the vault answered as the same error, and VaultUnavailableError when it does not.
    """

    def __init__(
        self, http: httpx.AsyncClient, *, service: str, service_key: SecretStr, clock: Clock
    ) -> None:
        self._http = http
        self._service = service
        self._service_key = service_key
        self._clock = clock

    async def request_lease(
        self,
        org_id: UUID,
        location_id: UUID,
        operation: Operation,
        *,
        refused: datetime | None = None,
    ) -> Lease:
        """Return the one lease that all replicas share; another one than was issued at `refused`.

        The vault replaces a refused lease when it is not very young.
        """
        body = LeaseRequestBody(
            location_id=location_id, operation=operation, refused_issued_at=refused
        )
        lease = (await self._ask(org_id, "/internal/leases", body, LeaseBody)).lease()
        if (lease.org_id, lease.location_id, lease.operation) != (org_id, location_id, operation):
            raise VaultUnavailableError(_UNEXPECTED)
        return lease

    async def sign_urls(
        self,
        org_id: UUID,
        location_id: UUID,
        requests: Sequence[UrlRequest],
        *,
        signed_at: datetime,
        expires_in: timedelta,
    ) -> list[str]:
        """Return a URL for each request, up to 1,000, signed with what never leaves the vault."""
        body = UrlRequestsBody(
            location_id=location_id,
            requests=[UrlRequestBody.of(request) for request in requests],
            signed_at=signed_at,
            expires_in=expires_in,
        )
        answer = await self._ask(org_id, "/internal/signed-urls", body, SignedUrlsBody)
        if len(answer.urls) != len(requests):
            raise VaultUnavailableError(_UNEXPECTED)
        return answer.urls

    async def verify_access(
        self, org_id: UUID, location_id: UUID, *, max_age: timedelta
    ) -> AccessVerdictBody:
        """Return the verdict on a location, verified anew when the last one is older."""
        path = f"/internal/locations/{location_id}/verdict"
        return await self._ask(org_id, path, VerdictRequestBody(max_age=max_age), AccessVerdictBody)

    async def open_browser_check(self, org_id: UUID, token: str) -> OpenedCheckBody:
        """Return what a browser that came with this token shall look at."""
        body = OpenCheckBody(token=token)
        return await self._ask(org_id, "/internal/browser-checks/open", body, OpenedCheckBody)

    async def tell_browser_check(
        self, org_id: UUID, token: str, *, origin: str | None, seen: SeenBody
    ) -> None:
        """Tell what a browser saw, which uses the token up; `origin` is that of its page."""
        body = TellCheckBody(token=token, origin=origin, seen=seen)
        await self._ask(org_id, "/internal/browser-checks/tell", body, ToldBody)

    async def request_recheck(self, org_id: UUID, location_id: UUID) -> bool:
        """Have a location's access looked at soon, and say whether that is sooner than planned."""
        path = f"/internal/locations/{location_id}/recheck"
        return (await self._ask(org_id, path, None, RecheckBody)).hastened

    async def _ask(
        self, org_id: UUID, path: str, body: BaseModel | None, kind: type[Reply]
    ) -> Reply:
        content = None if body is None else body.model_dump_json()
        try:
            response = await self._http.post(path, content=content, headers=self._headers(org_id))
        except httpx.RequestError as error:
            raise VaultUnavailableError("The vault does not answer.") from error
        if response.status_code in _NOT_LET_IN:
            raise VaultUnavailableError(
                "The vault refuses this service's tokens: MOORING_SERVICE_KEY must be the same for"
                " all services, and their clocks must agree."
            )
        try:
            if response.status_code == httpx.codes.OK:
                return kind.model_validate_json(response.content)
            document = _DOCUMENT.validate_json(response.content)
        except ValidationError as error:
            raise VaultUnavailableError(_UNEXPECTED) from error
        raise error_of(document, retry_after=response.headers.get("Retry-After", ""))

    def _headers(self, org_id: UUID) -> dict[str, str]:
        token = mint_service_token(
            self._service_key,
            issuer=self._service,
            audience=AUDIENCE,
            org_id=org_id,
            now=self._clock.now(),
        )
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        request_id = get_contextvars().get("request_id")
        return headers if request_id is None else {**headers, REQUEST_ID: request_id}


def vault_http(base_url: str) -> httpx.AsyncClient:
    """Open the HTTP client for a VaultClient; the caller closes it."""
    return httpx.AsyncClient(base_url=base_url, timeout=TIMEOUT, trust_env=False)
