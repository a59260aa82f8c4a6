"""The webhook sender: one message to one URL, and what came of it."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from http.cookiejar import DefaultCookiePolicy

import httpx

from shared.egress import EgressGuard
from shared.errors import EndpointNotAllowedError

LONGEST_ATTEMPT = timedelta(seconds=15)  # the least that the specification asks for
_AGENT = "Mooring-Webhooks"
_GONE = 410


@dataclass(frozen=True, slots=True)
class Answer:
    """The `status` of an answer, or the `code` of why there is none.

    `retry_after` is what the receiver asks for.
    """

    status: int | None = None
    code: str | None = None
    retry_after: timedelta = timedelta()

    @property
    def is_taken(self) -> bool:
        return self.status is not None and httpx.codes.is_success(self.status)

    @property
    def is_unwanted(self) -> bool:
        """Whether the receiver wants no more messages."""
        return self.status == _GONE


class WebhookSender:
    """Send messages where the guard allows, each by a connection of its own.

    Of an answer the status decides and its body is not read, so that nothing that it does takes
    time or memory. Redirects are not followed.
    """

    def __init__(self, egress: EgressGuard, *, longest: timedelta = LONGEST_ATTEMPT) -> None:
        self._egress = egress
        self._longest = longest.total_seconds()
        self._client = egress.client(timeout=httpx.Timeout(self._longest))
        # One receiver's cookies are not for another one of the same host.
        self._client.cookies.jar.set_policy(DefaultCookiePolicy(allowed_domains=[]))

    async def send(self, url: str, headers: dict[str, str], body: bytes) -> Answer:
        """Send a message and return the answer, whatever it is."""
        sent = {**headers, "Content-Type": "application/json", "User-Agent": _AGENT}
        try:
            self._egress.check_url(url)
            async with (
                asyncio.timeout(self._longest),
                self._client.stream("POST", url, headers=sent, content=body) as answer,
            ):
                return Answer(answer.status_code, retry_after=_retry_after(answer))
        except EndpointNotAllowedError:
            return Answer(code="not-allowed")
        except (TimeoutError, httpx.TimeoutException):
            return Answer(code="timeout")
        except httpx.ConnectError:
            return Answer(code="connect-failed")
        except (httpx.TransportError, httpx.InvalidURL):
            return Answer(code="no-answer")

    async def close(self) -> None:
        """Close all connections."""
        await self._client.aclose()


def _retry_after(answer: httpx.Response) -> timedelta:
    """Return the pause that an answer asks for in seconds; dates are rare and not looked at."""
    asked = answer.headers.get("Retry-After", "")
    if not asked.isascii() or not asked.isdigit():
        return timedelta()
    return timedelta(seconds=min(int(asked[:9]), 86_400))
