"""An ASGI layer in front of MiniStack: what S3 and KMS refuse on AWS, in AWS's words.

MiniStack lets through, and this layer refuses,

* reading an object whose KMS key the caller may not decrypt with, or that is not enabled:
  kms:Decrypt is judged by MiniStack's own evaluator from the policies of the caller and of the
  key, with the condition keys that S3 sends along ("Using server-side encryption with AWS KMS
  keys", S3 User Guide; "kms:ViaService" and "kms:EncryptionContext", KMS Developer Guide);
* a request that expects another account as the bucket's owner ("Verifying bucket ownership with
  bucket owner condition", S3 User Guide);
* a request to a Requester Pays bucket by another account that does not say that it pays ("Using
  Requester Pays buckets", S3 User Guide: bucket owners need not say it, and of a role its account
  is the requester);
* reading an object that another account wrote and did not share, in a bucket whose owner does not
  own all objects ("Controlling ownership of objects", S3 User Guide). Copies and multipart uploads
  count as written by who asks for them; grants in ACLs other than the canned
  bucket-owner-full-control are not looked at.

Reads are judged after MiniStack, which checks signatures and policies: who may not read at all is
told so first. Buckets are addressed by path.

It needs policy_words.py behind it, which knows the words of refusals. It runs in MiniStack's
process and environment, so it uses the standard library and MiniStack only (see
deploy/local/clouds/aws_server.py).
"""

import importlib
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]

KMS_KEY = "x-amz-server-side-encryption-aws-kms-key-id"
OWNER, PAYER, ACL = "x-amz-expected-bucket-owner", "x-amz-request-payer", "x-amz-acl"
DENIED = "Access Denied"
IDENTITY, RESOURCE = "identity-based policy", "resource-based policy"


@dataclass(frozen=True)
class Refusal:
    status: int
    code: str
    message: str


@dataclass(frozen=True)
class Request:
    """A request about a bucket of `owner`."""

    method: str
    bucket: str
    key: str
    owner: str
    headers: dict[str, str]
    query: dict[str, list[str]]


class S3Limits:
    def __init__(self, application: Application) -> None:
        self._application = application
        self._cloud = Cloud()
        self._writers: dict[tuple[str, str], str] = {}

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        request = self._cloud.request_of(scope)
        if request is None:
            await self._application(scope, receive, send)
            return
        refused = False

        async def judge(message: Message) -> None:
            nonlocal refused
            if message["type"] == "http.response.start" and 200 <= message["status"] < 300:
                headers = {
                    name.decode().lower(): text.decode("latin-1")
                    for name, text in message["headers"]
                }
                refusal = self._judge(request, headers)
                if refusal is not None:
                    refused = True
                    await answer(send, request.method, refusal)
            if not refused:
                await send(message)

        await self._application(scope, receive, judge)

    def _judge(self, request: Request, answered: Mapping[str, str]) -> Refusal | None:
        """Say why a request fails that MiniStack grants, None when it does not."""
        caller = self._cloud.caller_of(request)
        if request.method == "PUT" and request.key and caller is not None:
            shared = request.headers.get(ACL) == "bucket-owner-full-control"
            self._writers[request.bucket, request.key] = request.owner if shared else caller.account
        if request.method not in {"GET", "HEAD"}:
            return None
        if request.headers.get(OWNER, request.owner) != request.owner:
            return Refusal(403, "AccessDenied", DENIED)
        if self._must_pay(request, caller) or self._is_of_another(request, caller):
            return Refusal(403, "AccessDenied", DENIED)
        key_arn = answered.get(KMS_KEY)
        if key_arn is None or request.method == "HEAD":
            return None  # metadata is not encrypted
        return self._cloud.judge_key(request, caller, key_arn)

    def _must_pay(self, request: Request, caller: Any) -> bool:
        if not self._cloud.is_requester_pays(request):
            return False
        pays = [request.headers.get(PAYER), *request.query.get(PAYER, [])]
        return caller is None or (caller.account != request.owner and "requester" not in pays)

    def _is_of_another(self, request: Request, caller: Any) -> bool:
        writer = self._writers.get((request.bucket, request.key), request.owner)
        if writer == request.owner or (caller is not None and caller.account == writer):
            return False
        return request.method == "GET" and not self._cloud.owns_all_objects(request)


class Cloud:
    """MiniStack's inside."""

    def __init__(self) -> None:
        self.evaluator: Any = importlib.import_module("ministack.core.iam_evaluator")
        self._responses: Any = importlib.import_module("ministack.core.responses")
        self._router: Any = importlib.import_module("ministack.core.router")
        self._s3: Any = importlib.import_module("ministack.services.s3")
        self._kms: Any = importlib.import_module("ministack.services.kms")

    def request_of(self, scope: Message) -> Request | None:
        """Return a request about a bucket that exists, None for any other."""
        if scope["type"] != "http":
            return None
        bucket, _, key = scope["path"].removeprefix("/").partition("/")
        owner = self._s3._bucket_owner_account(bucket) if bucket else None
        if owner is None:
            return None
        headers = {name.decode().lower(): text.decode("latin-1") for name, text in scope["headers"]}
        query = parse_qs(scope["query_string"].decode(), keep_blank_values=True)
        return Request(scope["method"], bucket, key, owner, headers, query)

    def caller_of(self, request: Request) -> Any:
        """Return the principal that signed, None for a stranger."""
        key_id = self._router.extract_access_key_id(request.headers, request.query)
        if not key_id:
            return None
        account = self._responses._account_from_sts_session(key_id)
        account = account or self.evaluator.find_iam_access_key_account(key_id) or key_id
        with self._responses.request_scope(account, self._responses.get_region()):
            return self.evaluator.resolve_principal(key_id, account)

    def is_requester_pays(self, request: Request) -> bool:
        stored = self._s3._bucket_request_payment_config.get_scoped(
            request.owner, None, request.bucket
        )
        return "<Payer>Requester</Payer>" in (stored or "")

    def owns_all_objects(self, request: Request) -> bool:
        bucket = self._s3._buckets.get_scoped(request.owner, None, request.bucket)
        return bool(self._s3._bucket_owner_enforced(bucket))

    def judge_key(self, request: Request, caller: Any, key_arn: str) -> Refusal | None:
        """Say why S3 may not decrypt for the caller. Whoever may is told of the key's state."""
        _, _, _, region, account, name = key_arn.split(":")
        key = self._kms._keys.get_scoped(account, region, name.removeprefix("key/"))
        if key is None:
            return Refusal(400, "KMS.NotFoundException", f"Key '{key_arn}' does not exist")
        denial = self._deny_key(request, caller, key_arn, key)
        if denial is not None:
            return Refusal(403, "AccessDenied", denial.message(caller.arn, "kms:Decrypt", key_arn))
        if key["KeyState"] == "Disabled":
            return Refusal(400, "KMS.DisabledException", f"{key_arn} is disabled.")
        if key["KeyState"] == "PendingDeletion":
            said = f"{key_arn} is pending deletion."
            return Refusal(400, "KMS.KMSInvalidStateException", said)
        return None

    def _deny_key(self, request: Request, caller: Any, key_arn: str, key: Mapping[str, Any]) -> Any:
        _, _, _, region, account, _ = key_arn.split(":")
        asked = self.evaluator.EvalContext(
            principal_arn=caller.arn,
            principal_type=caller.type,
            principal_account=caller.account,
            action="kms:Decrypt",
            resource_arn=key_arn,
            region=region,
            service_context={
                "kms:viaservice": f"s3.{region}.amazonaws.com",
                "kms:calleraccount": caller.account,
                "kms:encryptioncontext:aws:s3:arn": f"arn:aws:s3:::{request.bucket}/{request.key}",
            },
            principal_keys=caller.keys,
        )
        decision, decided = self.evaluator.Decision, self.evaluator.decided
        decided.set(None)
        anything = [self.evaluator.parse_policy_document(ALL)]  # of a root user
        policies = anything if caller.policies is None else caller.policies
        own = self.evaluator.evaluate(asked, policies, *caller.limits)
        both = self.evaluator.combine_resource_policy(
            own, asked, key["Policy"], account, required=True, limits=tuple(caller.limits)
        )
        if both.decision == "Allow":
            return None
        if own.decision == "Deny":
            return decided.get() or decision(IDENTITY, explicit=True)
        of_key = self.evaluator.evaluate_resource_policy(key["Policy"], asked)
        if of_key.decision != "Allow":
            return decision(RESOURCE, explicit=of_key.decision == "Deny")
        return decided.get() or decision(IDENTITY, explicit=False)


ALL = {"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}


async def answer(send: Send, method: str, refusal: Refusal) -> None:
    body = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f"<Error><Code>{refusal.code}</Code><Message>{escape(refusal.message)}</Message></Error>"
    ).encode()
    headers = [(b"content-type", b"application/xml"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": refusal.status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if method == "HEAD" else body})
