"""Storage accounts with roles, keys and networks, and tokens of tenants, all without a server."""

import socket
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import parse_qs
from uuid import UUID, uuid4

import httpx
import jwt
from lxml import etree
from pydantic import SecretStr

from services.credentials.issuers.azure_application import AzureAddress
from services.credentials.issuers.base import ConsentedTenant, ServicePrincipal
from services.credentials.issuers.entra import EntraTokens
from shared.errors import AppError
from tests.conftest import NOW

KEY_VALUE = "c2VjcmV0IG9mIGEgdXNlciBkZWxlZ2F0aW9uIGtleQ=="
SIGNING_KEY = "a key that only the tests have, of 32 bytes"


@dataclass(slots=True)
class Account:
    """An account of a tenant. `refuses` is the code with which it refuses, if it does."""

    tenant_id: UUID
    delegators: set[str] = field(default_factory=set)
    refuses: str | None = None
    signature_code: str | None = None
    is_public: bool = False
    fails_with: int | None = None
    grants_after: int = 0
    """So many refusals come before a role works."""


class AzureAccounts:
    """Accounts by their names; others' hosts are unknown."""

    def __init__(self) -> None:
        self.accounts: dict[str, Account] = {}
        self.asked: list[httpx.Request] = []

    def client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(transport=httpx.MockTransport(self._answer))

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        account = self.accounts.get(request.url.host.partition(".")[0])
        if account is None:
            raise httpx.ConnectError("unknown") from socket.gaierror(socket.EAI_NONAME, "unknown")
        if account.fails_with is not None:
            return httpx.Response(account.fails_with)
        if account.refuses is not None:
            return _refuse(403, account.refuses)
        query = {name: values[0] for name, values in parse_qs(request.url.query.decode()).items()}
        if query.get("comp") == "userdelegationkey":
            return self._delegate(account, request)
        if "sig" not in query:
            return httpx.Response(200) if account.is_public else _refuse(404, "ResourceNotFound")
        if account.signature_code is not None:
            return _refuse(403, account.signature_code)
        return httpx.Response(200)

    def _delegate(self, account: Account, request: httpx.Request) -> httpx.Response:
        token = request.headers["Authorization"].removeprefix("Bearer ")
        claims = jwt.decode(token, options={"verify_signature": False})
        if claims["tid"] != str(account.tenant_id):
            return _refuse(401, "InvalidAuthenticationInfo")
        if account.grants_after > 0 or claims["oid"] not in account.delegators:
            account.grants_after -= 1
            return _refuse(403, "AuthorizationPermissionMismatch")
        asked = etree.fromstring(request.content)
        body = (
            '﻿<?xml version="1.0" encoding="utf-8"?><UserDelegationKey>'
            f"<SignedOid>{claims['oid']}</SignedOid><SignedTid>{claims['tid']}</SignedTid>"
            f"<SignedStart>{asked.findtext('Start')}</SignedStart>"
            f"<SignedExpiry>{asked.findtext('Expiry')}</SignedExpiry>"
            "<SignedService>b</SignedService>"
            f"<SignedVersion>{request.headers['x-ms-version']}</SignedVersion>"
            f"<Value>{KEY_VALUE}</Value></UserDelegationKey>"
        )
        return httpx.Response(200, content=body.encode())


class FakeTokens(EntraTokens):
    """Tokens of any tenant, for one principal, or a refusal."""

    def __init__(self, refusal: AppError | None = None) -> None:
        super().__init__(None, AzureAddress())
        self.refusal = refusal
        self.object_id = str(uuid4())

    async def get(self, identity: ConsentedTenant | ServicePrincipal) -> SecretStr:
        if self.refusal is not None:
            raise self.refusal
        return SecretStr(token_of(identity.tenant_id, self.object_id))


def token_of(tenant_id: UUID, object_id: str, now: datetime = NOW) -> str:
    claims = {"tid": str(tenant_id), "oid": object_id, "exp": now + timedelta(hours=1)}
    return jwt.encode(claims, SIGNING_KEY, algorithm="HS256")


def _refuse(status: int, code: str) -> httpx.Response:
    return httpx.Response(status, headers={"x-ms-error-code": code})
