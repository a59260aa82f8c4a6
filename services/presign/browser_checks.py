"""BrowserChecks: what a customer's browser is given to look at, and what it says of that."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol
from urllib.parse import urlsplit
from uuid import UUID

from services.presign.windows import term_of
from shared.browser_checks import OpenedCheckBody, SeenBody
from shared.clock import Clock
from shared.errors import NotFoundError
from shared.lease_cache import LeaseCache
from shared.leases import Operation
from shared.storage.signing.base import UrlRequest
from shared.tokens import BrowserToken, parse_browser_token
from shared.url_signer import UrlSigner

LIFE = timedelta(minutes=10)  # of the URLs, which are used at once
WINDOW = timedelta(minutes=1)  # in which a link that is opened again has nothing signed anew


class Vault(Protocol):
    """The vault, as browser checks know it: VaultClient, or what a test puts in its place."""

    async def open_browser_check(self, org_id: UUID, token: str) -> OpenedCheckBody: ...

    async def tell_browser_check(
        self, org_id: UUID, token: str, *, origin: str | None, seen: SeenBody
    ) -> None: ...


@dataclass(frozen=True, slots=True)
class Questions:
    """What a browser shall look at: an object, by URLs for GET and for HEAD.

    Scripts of pages at `origins` are to read it, as those of the application will.
    """

    get: str = field(repr=False)
    head: str = field(repr=False)
    is_image: bool
    origins: Sequence[str]

    @property
    def store(self) -> str:
        """Return the origin from which a page loads, for the page's policy."""
        url = urlsplit(self.get)
        return f"{url.scheme}://{url.netloc}"


class BrowserChecks:
    """Serve whoever has the token of a check. Signing is that of viewers."""

    def __init__(self, vault: Vault, leases: LeaseCache, signer: UrlSigner, clock: Clock) -> None:
        self._vault = vault
        self._leases = leases
        self._signer = signer
        self._clock = clock

    async def open(self, token: str) -> Questions:
        """Return what to look at. The token can be opened again until it is told.

        Raise NotFoundError for a token that is none, ConflictError for one that was used or has
        expired, and what a lease raises.
        """
        org_id = _parse(token).org_id
        opened = await self._vault.open_browser_check(org_id, token)
        lease = await self._leases.get(org_id, opened.location_id, Operation.READ)
        asked = min(LIFE, opened.expires_at - self._clock.now())
        term = term_of(lease, now=self._clock.now(), asked=asked, window=WINDOW)
        get, head = await self._signer.sign(
            lease,
            [UrlRequest(opened.key), UrlRequest(opened.key, "HEAD")],
            signed_at=term.signed_at,
            expires_in=term.expires_in,
        )
        return Questions(get, head, opened.is_image, opened.origins)

    async def tell(self, token: str, *, origin: str | None, seen: SeenBody) -> None:
        """Pass on what a browser saw on a page of `origin`. Raise as `open` does."""
        org_id = _parse(token).org_id
        await self._vault.tell_browser_check(org_id, token, origin=origin, seen=seen)


def _parse(text: str) -> BrowserToken:
    token = parse_browser_token(text)
    if token is None:
        raise NotFoundError("There is no such browser check.")
    return token
