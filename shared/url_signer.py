"""The URL signer: signs with a lease's own keys, or lets the vault sign what it alone can."""

from collections import OrderedDict
from collections.abc import Awaitable, Sequence
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from shared.leases import Lease, RemoteSigning
from shared.storage.signing.base import UrlRequest
from shared.storage.signing.local import presign

MOST_URLS = 1_000  # asked of the vault at a time
MOST_KEPT = 50_000  # URLs of a kilobyte each, which cost the vault or its cloud a signature

_Place = tuple[UUID, datetime, datetime, timedelta, UrlRequest]


class SignRemotely(Protocol):
    """Ask the vault for URLs, one for each request."""

    def __call__(
        self,
        org_id: UUID,
        location_id: UUID,
        requests: Sequence[UrlRequest],
        *,
        signed_at: datetime,
        expires_in: timedelta,
    ) -> Awaitable[list[str]]: ...


class UrlSigner:
    """Sign URLs. What the vault has signed is kept, since a window asks for it again and again."""

    def __init__(self, sign_remotely: SignRemotely) -> None:
        self._sign_remotely = sign_remotely
        self._kept: OrderedDict[_Place, str] = OrderedDict()

    async def sign(
        self,
        lease: Lease,
        requests: Sequence[UrlRequest],
        *,
        signed_at: datetime,
        expires_in: timedelta,
    ) -> list[str]:
        """Return a URL for each request, or raise what the vault answers.

        `signed_at` and `expires_in` are whole seconds.
        """
        if not isinstance(lease.grant, RemoteSigning):
            return presign(
                lease.bucket, lease.grant, requests, signed_at=signed_at, expires_in=expires_in
            )
        places = [
            (lease.location_id, lease.issued_at, signed_at, expires_in, each) for each in requests
        ]
        found = {place: self._kept[place] for place in places if place in self._kept}
        wanted = list(dict.fromkeys(place for place in places if place not in found))
        for start in range(0, len(wanted), MOST_URLS):
            some = wanted[start : start + MOST_URLS]
            urls = await self._sign_remotely(
                lease.org_id,
                lease.location_id,
                [place[-1] for place in some],
                signed_at=signed_at,
                expires_in=expires_in,
            )
            found.update(zip(some, urls, strict=True))
        self._keep(found)
        return [found[place] for place in places]

    def _keep(self, found: dict[_Place, str]) -> None:
        self._kept.update(found)
        for place in found:
            self._kept.move_to_end(place)
        while len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)
