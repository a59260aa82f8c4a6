"""StoreProfiles: what kind of S3-compatible store is at an endpoint."""

from collections import OrderedDict

import httpx

from services.credentials.access.probes import Probes
from services.credentials.setup.stores import (
    OTHER,
    StoreProfile,
    profile_of_endpoint,
    profile_of_server,
)
from shared.errors import EndpointNotAllowedError

MOST_KEPT = 1_000  # endpoints, which callers name
_REQUEST_ID = "x-amz-request-id"


class StoreProfiles:
    """Tell stores by their public hosts, else by how they answer a stranger."""

    def __init__(self, probes: Probes) -> None:
        self._probes = probes
        self._found: OrderedDict[str, StoreProfile] = OrderedDict()

    async def find(self, endpoint: str) -> StoreProfile:
        """Return the profile, asking an unknown host once; OTHER when it does not tell."""
        known = profile_of_endpoint(endpoint) or self._found.get(endpoint)
        if known is not None:
            return known
        try:
            headers = await self._ask(endpoint)
        except (EndpointNotAllowedError, httpx.TransportError):
            return OTHER  # and asked again: it may only be away
        found = profile_of_server(headers.get("server", ""), headers.get(_REQUEST_ID, ""))
        self._found[endpoint] = found
        if len(self._found) > MOST_KEPT:
            self._found.popitem(last=False)
        return found

    def known(self, endpoint: str) -> StoreProfile:
        """Return the profile that was found already; OTHER when none was."""
        return profile_of_endpoint(endpoint) or self._found.get(endpoint, OTHER)

    async def _ask(self, endpoint: str) -> httpx.Headers:
        """Return the headers of what a stranger gets; the connection is closed with its body.

        Not by HEAD, to which RGW 16 answers with a body, the beginning of the next answer.
        """
        async with self._probes.guarded.stream("GET", f"{endpoint.rstrip('/')}/") as answer:
            return answer.headers
