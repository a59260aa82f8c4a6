"""The demo's way to Mooring: the Python SDK, one client for each service."""

from dataclasses import dataclass
from types import TracebackType
from typing import Self, TypeVar

from mooring_sdk import AuthenticatedClient
from mooring_sdk.models import Problem

from deploy.local.errors import LocalStackError

Answer = TypeVar("Answer")

TIMEOUT_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Api:
    """The services as one caller sees them."""

    vault: AuthenticatedClient
    ingest: AuthenticatedClient
    gateway: AuthenticatedClient

    @classmethod
    def of(cls, key: str, *, vault: str, ingest: str, gateway: str) -> Self:
        """Open clients that send `key`."""
        return cls(*(_client(url, key) for url in (vault, ingest, gateway)))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for client in (self.vault, self.ingest, self.gateway):
            client.get_httpx_client().close()


def given(answer: Answer | Problem | None) -> Answer:
    """Return the answer, or raise LocalStackError with the problem's own words."""
    if isinstance(answer, Problem):
        raise LocalStackError(f"{answer.title} ({answer.code}): {answer.detail}")
    if answer is None:
        raise LocalStackError("Mooring answered with something that its SDK does not know.")
    return answer


def _client(url: str, key: str) -> AuthenticatedClient:
    client = AuthenticatedClient(base_url=url, token=key, httpx_args={"trust_env": False})
    return client.with_timeout(TIMEOUT_SECONDS)  # type: ignore[arg-type] # httpx takes a float
