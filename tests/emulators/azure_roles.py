"""Azure's roles in front of Azurite, which knows none: whose an account is, and who may do what.

    async with azure_roles(azurite) as roles:
        roles.owners["acme"] = tenant_id
        roles.delegators.add(("acme", object_id))
        roles.readers.add(("acme/photos", object_id))
        roles.url

A delegation key is for a principal of the account's own tenant with the role Storage Blob Delegator
there, and what it signed opens the containers in which that principal has Storage Blob Data Reader
("Create a user delegation SAS", "Assign permissions with RBAC"). Azurite judges everything else.
"""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qsl
from uuid import UUID

import aiohttp
import jwt
from aiohttp import web
from yarl import URL

from deploy.local.clouds.azurite import ACCOUNT, Azurite
from tests.emulators.azure_server import error

_MISMATCH = "AuthorizationPermissionMismatch"
_OF_THE_HOP = {"Connection", "Host", "Keep-Alive", "Transfer-Encoding"}


@dataclass
class AzureRoles:
    """Accounts by their names, containers as `account/container`, principals by object ids.

    `renewed` are the accounts whose keys were made anew, so that nothing is good any more that was
    signed with one.
    """

    azurite: str
    owners: dict[str, UUID] = field(default_factory=dict)
    delegators: set[tuple[str, str]] = field(default_factory=set)
    readers: set[tuple[str, str]] = field(default_factory=set)
    renewed: set[str] = field(default_factory=set)
    url: str = ""

    def refusal_of(self, request: web.BaseRequest) -> web.Response | None:
        """Return what Azure refuses and Azurite does not."""
        path, _, query_text = request.raw_path.partition("?")
        query = dict(parse_qsl(query_text))
        account, container = [*path.split("/"), ""][1:3]
        if query.get("comp") == "userdelegationkey":
            token = request.headers["Authorization"].removeprefix("Bearer ")
            claims = jwt.decode(token, options={"verify_signature": False})
            if claims["tid"] != str(self.owners.get(account)):
                return error(401, "InvalidAuthenticationInfo")
            lets = (account, claims["oid"]) in self.delegators
            return None if lets else error(403, _MISMATCH)
        if "skoid" in query:
            lets = (f"{account}/{container}", query["skoid"]) in self.readers
            return None if lets else error(403, _MISMATCH)
        return error(403, "AuthenticationFailed") if account in self.renewed else None


@asynccontextmanager
async def azure_roles(azurite: Azurite) -> AsyncIterator[AzureRoles]:
    """Serve them on loopback, with the certificate that Azurite has."""
    roles = AzureRoles(azurite.endpoint.removesuffix(f"/{ACCOUNT}"))
    to_azurite = aiohttp.TCPConnector(ssl=ssl.create_default_context(cafile=azurite.certificate))
    async with aiohttp.ClientSession(connector=to_azurite, auto_decompress=False) as http:

        async def answer(request: web.BaseRequest) -> web.StreamResponse:
            return roles.refusal_of(request) or await _forward(http, roles.azurite, request)

        runner = web.ServerRunner(web.Server(answer, access_log=None))
        await runner.setup()
        try:
            tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            tls.load_cert_chain(azurite.certificate)  # its key is in it
            site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls)
            await site.start()
            host, port = runner.addresses[0][:2]
            roles.url = f"https://{host}:{port}"
            yield roles
        finally:
            await runner.cleanup()


async def _forward(
    http: aiohttp.ClientSession, origin: str, request: web.BaseRequest
) -> web.Response:
    """Ask Azurite the very same: what is signed are the texts of a request."""
    headers = [pair for pair in request.headers.items() if pair[0].title() not in _OF_THE_HOP]
    async with http.request(
        request.method,
        URL(f"{origin}{request.raw_path}", encoded=True),
        headers=headers,
        data=await request.read(),
        allow_redirects=False,
    ) as found:
        shown = [pair for pair in found.headers.items() if pair[0].title() not in _OF_THE_HOP]
        return web.Response(status=found.status, headers=shown, body=await found.read())
