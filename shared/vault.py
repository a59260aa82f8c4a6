"""How ingest and the gateway ask the vault: over HTTP, with a token for each call."""

from datetime import datetime, timedelta
from uuid import UUID

import httpx
from pydantic import AwareDatetime, BaseModel, JsonValue, SecretStr

from shared.clock import Clock
from shared.errors import VaultUnavailableError
from shared.leases import Lease, LeaseBody, LeaseRequestBody, Operation
from shared.problems import error_of
from shared.tokens import mint_service_token

AUDIENCE = "credentials"
TIMEOUT = httpx.Timeout(60.0, connect=5.0)  # a report asks the customer's cloud a dozen questions


class AccessVerdictBody(BaseModel):
    """Say whether a location's access is valid, and which checks failed."""

    valid: bool
    verified_at: AwareDatetime
    failed_checks: list[dict[str, JsonValue]]


class VerdictRequestBody(BaseModel):
    """Ask for a verdict that is not older than this."""

    max_age: timedelta


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

    async def request_lease(self, org_id: UUID, location_id: UUID, operation: Operation) -> Lease:
        """Return the one lease that all replicas share."""
        body = LeaseRequestBody(location_id=location_id, operation=operation)
        answer = await self._post(org_id, "/internal/leases", body)
        return LeaseBody.model_validate_json(answer).lease()

    async def verify_access(
        self, org_id: UUID, location_id: UUID, *, max_age: timedelta
    ) -> AccessVerdictBody:
        """Return the verdict on a location, verified anew when the last one is older."""
        path = f"/internal/locations/{location_id}/verdict"
        answer = await self._post(org_id, path, VerdictRequestBody(max_age=max_age))
        return AccessVerdictBody.model_validate_json(answer)

    async def _post(self, org_id: UUID, path: str, body: BaseModel) -> bytes:
        try:
            response = await self._http.post(
                path,
                content=body.model_dump_json(),
                headers={
                    "Authorization": f"Bearer {self._token(org_id, self._clock.now())}",
                    "Content-Type": "application/json",
                },
            )
        except httpx.TransportError as error:
            raise VaultUnavailableError("The vault does not answer.") from error
        if response.is_success:
            return response.content
        if response.headers.get("content-type", "").startswith("application/problem+json"):
            raise error_of(response.json())
        raise VaultUnavailableError("The vault answered with something unexpected.")

    def _token(self, org_id: UUID, now: datetime) -> str:
        return mint_service_token(
            self._service_key, issuer=self._service, audience=AUDIENCE, org_id=org_id, now=now
        )


def vault_http(base_url: str) -> httpx.AsyncClient:
    """Open the HTTP client for a VaultClient; the caller closes it."""
    return httpx.AsyncClient(base_url=base_url, timeout=TIMEOUT, trust_env=False)
