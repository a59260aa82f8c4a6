"""Google's identity as far as a vault uses it: tokens for keys, for other tokens, for accounts.

* `POST /token`: a service account's JWT for a token (OAuth 2.0, "jwt-bearer");
* `POST /v1/token`: the Security Token Service: a trusted issuer's JWT for a token of a workload
  identity pool, or a token for one with less access (a credential access boundary);
* `POST /v1/projects/-/serviceAccounts/{email}:generateAccessToken` and `:signBlob`: for those who
  may create tokens of the account, and nobody else.
"""

import json
import re
from base64 import b64decode, b64encode
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, unquote

import jwt
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from deploy.local.clouds.gcs_questions import Question
from deploy.local.clouds.gcs_world import (
    CLOUD_PLATFORM,
    ROLES,
    Caller,
    GcsWorld,
    Grant,
    ServiceAccount,
)

GOOGLE_TOKEN_URI = "https://oauth2.googleapis.com/token"  # noqa: S105 (an address)
JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"  # noqa: S105 (a kind of token)
_IAM = "https://www.googleapis.com/auth/iam"
_LONGEST = timedelta(hours=1)
_CALL = re.compile(r"/v1/projects/-/serviceAccounts/([^/:]+):(\w+)")
_BUCKET = "//storage.googleapis.com/projects/_/buckets/"
_BELOW = re.compile(
    r"resource\.name\.startsWith\((['\"])projects/_/buckets/[^/]+/objects/(?P<prefix>.*?)\1\)"
)


class IdentityError(Exception):
    """A refusal: in the form of OAuth 2.0 with `error`, else in that of Google's APIs."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


def answer_identity(world: GcsWorld, question: Question) -> web.Response:
    try:
        if call := _CALL.fullmatch(question.path):
            caller = _caller(world, question.authorization)
            given = json.loads(question.body)
            return _call_account(world, caller, unquote(call[1]), call[2], given)
        fields = _parameters(question.body)
        if question.path == "/token":
            return web.json_response(_exchange_assertion(world, fields))
        return web.json_response(_exchange_token(world, fields))
    except IdentityError as error:
        if error.code.isupper():
            document: Any = {"code": error.status, "message": error.message, "status": error.code}
            return web.json_response({"error": document}, status=error.status)
        return web.json_response(
            {"error": error.code, "error_description": error.message}, status=error.status
        )


def _parameters(body: bytes) -> dict[str, str]:
    """Return a form's fields, or those of a JSON document in camel case, in snake case."""
    if not body.lstrip().startswith(b"{"):
        return dict(parse_qsl(body.decode()))
    return {
        re.sub(r"([A-Z])", r"_\1", name).lower(): text for name, text in json.loads(body).items()
    }


def _exchange_assertion(world: GcsWorld, given: Mapping[str, str]) -> dict[str, Any]:
    """Return a token for what a service account has signed with its own key."""
    if given.get("grant_type") != JWT_BEARER:
        raise IdentityError(400, "unsupported_grant_type", "Invalid grant_type.")
    assertion = given.get("assertion", "")
    email = _unverified(assertion).get("iss", "")
    account = world.accounts.get(email)
    if account is None:
        raise IdentityError(400, "invalid_grant", "Invalid grant: account not found")
    try:
        claims = jwt.decode(
            assertion,
            account.private_key.public_key(),
            algorithms=["RS256"],
            audience=[GOOGLE_TOKEN_URI, f"{world.url}/token"],
            options={"require": ["exp", "iat", "aud", "iss"]},
        )
    except jwt.PyJWTError as error:
        raise IdentityError(400, "invalid_grant", "Invalid JWT Signature.") from error
    if claims["exp"] - claims["iat"] > _LONGEST.total_seconds():
        raise IdentityError(400, "invalid_grant", "Invalid JWT: Token must be short-lived.")
    scopes = str(claims.get("scope", "")).split()
    if not scopes:
        raise IdentityError(400, "invalid_scope", "Empty or missing scope not allowed.")
    return _bearer(world.issue_token(email, scopes=scopes))


def _exchange_token(world: GcsWorld, given: Mapping[str, str]) -> dict[str, Any]:
    if given.get("grant_type") != EXCHANGE:
        raise IdentityError(400, "unsupported_grant_type", "Invalid grant_type.")
    subject = given.get("subject_token", "")
    if given.get("subject_token_type") == ACCESS_TOKEN:
        token = _narrow(world, subject, given.get("options", ""))
    else:
        provider = world.providers.get(given.get("audience", ""))
        if provider is None:
            raise IdentityError(400, "invalid_target", "The target service does not exist.")
        try:
            claims = jwt.decode(
                subject,
                provider.public_key,
                algorithms=["RS256"],
                audience=[f"https:{provider.audience}", provider.audience],
                issuer=provider.issuer,
                options={"require": ["exp", "iat", "sub"]},
            )
        except jwt.PyJWTError as error:
            raise IdentityError(400, "invalid_grant", "The ID Token is not valid.") from error
        scopes = given.get("scope", CLOUD_PLATFORM).split()
        token = world.issue_token(provider.principal(claims["sub"]), scopes=scopes)
    return {**_bearer(token), "issued_token_type": ACCESS_TOKEN}


def _narrow(world: GcsWorld, subject: str, options: str) -> str:
    """Return a token that has less access, and lives no longer."""
    caller = world.caller_of(subject)
    if caller is None:
        raise IdentityError(401, "invalid_grant", "The subject token is not valid.")
    if CLOUD_PLATFORM not in caller.scopes:
        raise IdentityError(400, "invalid_grant", "The subject token lacks a scope.")
    rules = json.loads(unquote(options))["accessBoundary"]["accessBoundaryRules"]
    return world.issue_token(
        caller.principal,
        scopes=caller.scopes,
        lifetime=caller.expires_at - world.now(),
        boundary=tuple(_read_rule(rule) for rule in rules),
    )


def _read_rule(rule: Mapping[str, Any]) -> Grant:
    """Return a rule of a credential access boundary; of its condition, only the prefix."""
    expression = rule.get("availabilityCondition", {}).get("expression", "")
    below = _BELOW.search(expression)
    if expression and below is None:
        raise IdentityError(400, "invalid_request", "The emulator cannot read this condition.")
    roles = [each.removeprefix("inRole:") for each in rule["availablePermissions"]]
    permissions = frozenset[str]().union(*(ROLES[role] for role in roles))
    prefix = below["prefix"] if below else ""
    return Grant(rule["availableResource"].removeprefix(_BUCKET), "", permissions, prefix)


def _caller(world: GcsWorld, authorization: str) -> Caller:
    caller = world.caller_of(authorization.removeprefix("Bearer "))
    if caller is None:
        raise IdentityError(
            401, "UNAUTHENTICATED", "Request had invalid authentication credentials."
        )
    if not caller.scopes & {CLOUD_PLATFORM, _IAM}:
        raise IdentityError(
            403, "PERMISSION_DENIED", "Request had insufficient authentication scopes."
        )
    return caller


def _call_account(
    world: GcsWorld, caller: Caller, email: str, method: str, given: Mapping[str, Any]
) -> web.Response:
    account = _impersonated(world, caller, email, given.get("delegates", []), method)
    if method == "signBlob":
        signature = account.private_key.sign(b64decode(given["payload"]), PKCS1v15(), SHA256())
        return web.json_response({"keyId": "emulated", "signedBlob": b64encode(signature).decode()})
    if method != "generateAccessToken":
        raise IdentityError(404, "NOT_FOUND", "The method is not found.")
    lifetime = timedelta(seconds=float(str(given.get("lifetime", "3600s")).removesuffix("s")))
    if not given.get("scope") or not timedelta() < lifetime <= _LONGEST:
        raise IdentityError(400, "INVALID_ARGUMENT", "Request contains an invalid argument.")
    token = world.issue_token(email, scopes=given["scope"], lifetime=lifetime)
    expires_at = f"{world.tokens[token].expires_at:%Y-%m-%dT%H:%M:%SZ}"
    return web.json_response({"accessToken": token, "expireTime": expires_at})


def _impersonated(
    world: GcsWorld, caller: Caller, email: str, delegates: list[str], method: str
) -> ServiceAccount:
    """Return the account at the end of a chain in which each may create tokens of the next."""
    who = caller.principal
    for name in [*delegates, email]:
        account = world.accounts.get(name.rpartition("/")[2])
        if account is None or not account.lets(who, method):
            right = "signBlob" if method == "signBlob" else "getAccessToken"
            raise IdentityError(
                403,
                "PERMISSION_DENIED",
                f"Permission 'iam.serviceAccounts.{right}' denied on resource (or it may not "
                "exist).",
            )
        who = account.email
    return world.accounts[email]


def _unverified(assertion: str) -> dict[str, Any]:
    try:
        return dict(jwt.decode(assertion, options={"verify_signature": False}))
    except jwt.PyJWTError as error:
        raise IdentityError(400, "invalid_grant", "Bad Request") from error


def _bearer(token: str) -> dict[str, Any]:
    return {"access_token": token, "token_type": "Bearer", "expires_in": 3600}
