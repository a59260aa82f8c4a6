"""An ASGI layer in front of MiniStack: what policies know of requests, and refusals of policies.

It gives policies the keys s3:authType, s3:signatureAge and s3:signatureversion ("Amazon S3
Signature Version 4 authentication specific policy keys", Amazon S3 API Reference: the age is that
of presigned requests only), and lets S3's refusals say which policy decided and about which
resource, as within an account ("Troubleshoot access denied error messages", IAM User Guide).
MiniStack knows of identity-based and resource-based policies there, and this layer adds the
permissions boundary and the session policy.

MiniStack's evaluator holds `Decision` then, and `decided`: that of the last evaluation, if it was a
boundary or a session policy that denied. It runs in MiniStack's process and environment, so it uses
the standard library and MiniStack only (see deploy/local/clouds/aws_server.py).
"""

import importlib
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]

BOUNDARY, SESSION, IDENTITY = "permissions boundary", "session policy", "identity-based policy"
VERSION = {"s3:signatureversion": "AWS4-HMAC-SHA256"}


@dataclass(frozen=True)
class Decision:
    """Which kind of policy denies, and whether by a statement that says so."""

    policy: str
    explicit: bool

    def message(self, principal: str, action: str, resource: str) -> str:
        reason = (
            f"with an explicit deny in {'an' if self.policy == IDENTITY else 'a'} {self.policy}"
            if self.explicit
            else f"because no {self.policy} allows the {action} action"
        )
        asked = f"not authorized to perform: {action} on resource: {resource}"
        return f"User: {principal} is {asked} {reason}"


# Of the request that is being answered.
signature: ContextVar[Mapping[str, str]] = ContextVar("signature")
decided: ContextVar[Decision | None] = ContextVar("decided", default=None)


class Limit(list[Any]):
    """What narrows a principal's policies, by the name that refusals give it."""

    def __init__(self, policy: str, statements: list[Any]) -> None:
        super().__init__(statements)
        self.policy = policy


class PolicyWords:
    def __init__(self, application: Application) -> None:
        self._application = application
        evaluator: Any = importlib.import_module("ministack.core.iam_evaluator")
        evaluator.decided, evaluator.Decision = decided, Decision
        know_signatures(evaluator)
        name_deciders(evaluator)
        say_who_decided(importlib.import_module("ministack.core.iam_actions"))

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            signature.set(signature_of(scope))
            decided.set(None)
        await self._application(scope, receive, send)


def signature_of(scope: Message) -> dict[str, str]:
    """Return the condition keys of a request's signature, by their names in lower case."""
    query = parse_qs(scope["query_string"].decode())
    if "X-Amz-Signature" in query:
        signed_at = datetime.strptime(f"{query['X-Amz-Date'][0]}+0000", "%Y%m%dT%H%M%SZ%z")
        age = int((datetime.now(UTC) - signed_at).total_seconds() * 1000)
        return {"s3:authtype": "REST-QUERY-STRING", "s3:signatureage": str(age), **VERSION}
    if dict(scope["headers"]).get(b"authorization", b"").startswith(b"AWS4-"):
        return {"s3:authtype": "REST-HEADER", **VERSION}
    return {}


def know_signatures(evaluator: Any) -> None:
    """Let policies know how a request is signed, and since when."""
    resolve = evaluator._resolve_condition_key

    def resolve_condition_key(key: str, request: Any) -> Any:
        found = signature.get({}).get(key.lower())
        return resolve(key, request) if found is None else found

    evaluator._resolve_condition_key = resolve_condition_key


def name_deciders(evaluator: Any) -> None:
    """Remember whether it is a limit that denies what the principal's own policies allow."""
    evaluate, boundary = evaluator.evaluate, evaluator._permissions_boundary
    session = evaluator._session_policy_limits

    def evaluate_and_tell(request: Any, policies: Any, *limits: Any) -> Any:
        found = evaluate(request, policies, *limits)
        if limits:
            decided.set(_find_decider(request, policies, limits))
        return found

    def _find_decider(request: Any, policies: Any, limits: Any) -> Decision | None:
        own = evaluate(request, policies).decision
        each = [(limit, evaluate(request, limit).decision) for limit in limits]
        if own != "Deny":
            for limit, decision in each:
                if decision == "Deny":
                    return Decision(limit.policy, explicit=True)
        if own == "Allow":
            for limit, decision in each:
                if decision != "Allow":
                    return Decision(limit.policy, explicit=False)
        return None

    evaluator.evaluate = evaluate_and_tell
    evaluator._permissions_boundary = lambda *of: [Limit(BOUNDARY, one) for one in boundary(*of)]
    evaluator._session_policy_limits = lambda *of: [Limit(SESSION, one) for one in session(*of)]


def say_who_decided(actions: Any) -> None:
    """Name the resource in S3's refusals, and the limit that decided."""
    respond = actions.access_denied_response

    def respond_in_full(
        service: str, action: str, principal: str, request_id: str, **said: Any
    ) -> Any:
        plain = service == "s3" and not said.get("error_code") and not said.get("message")
        if plain and not said.get("resource_policy_arn"):
            explicit = bool(said.get("explicit_deny"))
            decision = decided.get() or Decision(IDENTITY, explicit=explicit)
            resource = f'"{said.get("resource_arn")}"'
            said = {**said, "message": decision.message(principal, action, resource)}
        return respond(service, action, principal, request_id, **said)

    actions.access_denied_response = respond_in_full
