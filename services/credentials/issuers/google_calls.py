"""Calls of Google's services: one client, JSON in and out, and busy ones asked again."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from pydantic import SecretStr

from services.credentials.issuers.google_refusals import GoogleRefusalError, read_refusal
from shared.errors import StorageUnavailableError

# They answer within a second; a report may not hang on one question.
TIMEOUT = httpx.Timeout(10.0, connect=5.0)
ATTEMPTS = 3
PAUSE = 0.25  # seconds before the second attempt, doubled before the third

Sleep = Callable[[float], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class GoogleAddress:
    """Where Google's services are. `storage` is None for Google's own; stand-ins have others."""

    storage: str | None = None
    oauth: str = "https://oauth2.googleapis.com"
    sts: str = "https://sts.googleapis.com"
    iam: str = "https://iam.googleapis.com"
    iam_credentials: str = "https://iamcredentials.googleapis.com"


class GoogleCalls:
    """Ask, and raise GoogleRefusalError or StorageUnavailableError for what is not an answer."""

    def __init__(self, http: httpx.AsyncClient, sleep: Sleep = asyncio.sleep) -> None:
        self._http = http
        self._sleep = sleep

    async def get(
        self, url: str, *, bearer: SecretStr, parameters: Mapping[str, str | list[str]]
    ) -> dict[str, Any]:
        """Return what a resource holds."""
        return await self._ask("GET", url, headers=_bearing(bearer), params=parameters)

    async def post(self, url: str, body: object = None, *, bearer: SecretStr) -> dict[str, Any]:
        """Return the answer to a document, or to a call without one."""
        return await self._ask("POST", url, headers=_bearing(bearer), json=body)

    async def post_form(self, url: str, form: Mapping[str, str]) -> dict[str, Any]:
        """Return the answer to a form, as OAuth asks for tokens."""
        return await self._ask("POST", url, data=form)

    async def _ask(self, method: str, url: str, **request: Any) -> dict[str, Any]:
        for attempt in range(ATTEMPTS - 1):
            try:
                return await self._ask_once(method, url, **request)
            except GoogleRefusalError as refusal:
                if not refusal.passes:
                    raise
            pause = PAUSE * 2**attempt * (1 + random.random())  # noqa: S311 (apart, not secret)
            await self._sleep(pause)
        return await self._ask_once(method, url, **request)

    async def _ask_once(self, method: str, url: str, **request: Any) -> dict[str, Any]:
        try:
            response = await self._http.request(method, url, **request)
        except httpx.TransportError as error:
            raise StorageUnavailableError("Google Cloud cannot be reached.") from error
        if not response.is_success:
            raise read_refusal(response)
        try:
            answer = response.json()
        except ValueError as error:
            raise _not_an_answer() from error
        if not isinstance(answer, dict):
            raise _not_an_answer()
        return answer


@asynccontextmanager
async def open_google_calls() -> AsyncIterator[GoogleCalls]:
    """Open the client; it closes with the context."""
    async with httpx.AsyncClient(timeout=TIMEOUT, follow_redirects=False) as http:
        yield GoogleCalls(http)


def _bearing(token: SecretStr) -> dict[str, str]:
    return {"Authorization": f"Bearer {token.get_secret_value()}"}


def _not_an_answer() -> StorageUnavailableError:
    return StorageUnavailableError("Google Cloud answered with something other than JSON.")
