"""The demo cloud's own process: MiniStack, corrected where it differs from AWS in what we rely on.

Run by `.venv-cloud`'s Python, which has MiniStack and nothing of ours, so this file imports only
the standard library and MiniStack. It reaches into MiniStack's inside, which is why it insists on
the one version that it was written for. What it corrects:

* a bucket policy that names a role of another account lets that role in (MiniStack asks again as
  the role's account and refuses, so that the access model `organization_role` could not be shown);
* HeadBucket tells the bucket's region to strangers too ("HeadBucket", Amazon S3 API Reference);
* a wildcard in a policy matches a key with a line break in it, and the policy variables `${*}`,
  `${?}` and `${$}` stand for the characters in them ("IAM policy variables", IAM User Guide);
* a policy is asked about the whole key, and not about one without its empty parts (`a//b`, `a/`);
* a policy's `aws:ResourceAccount` is the account of the bucket, and not that of the caller, who may
  ask for a bucket that nobody has ("AWS global condition context keys", IAM User Guide);
* a policy's `s3:authType` tells presigned requests from those with a header ("Amazon S3
  Signature Version 4 authentication specific policy keys", Amazon S3 API Reference);
* a policy's `aws:PrincipalArn` is the ARN of a role, and not that of its session (ibid.);
* a session ends with its role, and does not come back to life with another role of that name ("IAM
  identifiers", IAM User Guide);
* STS sessions survive a restart, like everything else does with PERSIST_STATE, so that URLs and
  leases of before it stay good.

`--layer FILE:CLASS` puts an ASGI layer in front: the tests add limits that way.
"""

import argparse
import functools
import importlib
import importlib.metadata
import importlib.util
import re
import sys
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any

VERSION = "1.5.33"

OK = 200
REGION_HEADER = b"x-amz-bucket-region"

PATTERN_PARTS = re.compile(r"\$\{[*?$]\}|.", re.DOTALL)
WILDCARDS = {"*": ".*", "?": "."}
SESSION_ARN = re.compile(r"arn:aws:sts::(?P<account>\d{12}):assumed-role/(?P<role>[^/]+)/[^/]+")
OWNER_KEYS = {"aws:resourceaccount", "s3:resourceaccount"}

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]


def main() -> None:
    options = argparse.ArgumentParser(prog="aws_server")
    options.add_argument("--layer", action="append", default=[], metavar="FILE:CLASS")
    layers = options.parse_args().layer
    del sys.argv[1:]  # MiniStack reads the command line too
    found = importlib.metadata.version("ministack")
    if found != VERSION:
        sys.exit(f"The demo cloud needs ministack {VERSION} and found {found}: run `make setup`.")
    sts = importlib.import_module("ministack.services.sts")
    keep_sessions(sts)
    end_sessions_with_their_role(importlib.import_module("ministack.services.iam"), sts)
    s3 = importlib.import_module("ministack.services.s3")
    evaluator = importlib.import_module("ministack.core.iam_evaluator")
    actions = importlib.import_module("ministack.core.iam_actions")
    name_every_key(actions)
    tell_how_signed(actions)
    match_every_key(evaluator)
    admit_named_roles(s3, evaluator)
    name_owners(s3, evaluator)
    name_roles(importlib.import_module("ministack.services.iam"), evaluator)
    server: Any = importlib.import_module("ministack.app")
    application: Application = BucketRegions(server.app, s3)
    for layer in layers:
        application = load_layer(layer)(application)
    server.app = application  # what its main() serves
    server.main()


def keep_sessions(sts: Any) -> None:
    """Put the sessions into the state that MiniStack saves at its end and loads at its start."""
    sts.get_state = lambda: {"sessions": sts._sessions}  # noqa: SLF001 - it has no other way in
    sts.load_persisted_state = lambda state: sts._sessions.update(state["sessions"])  # noqa: SLF001


def end_sessions_with_their_role(iam: Any, sts: Any) -> None:
    """Forget the sessions of a role that is deleted."""
    handlers = iam._IAM_HANDLERS  # noqa: SLF001 - it has no other way in
    delete = handlers["DeleteRole"]

    def delete_role(parameters: Any) -> Any:
        role = iam._roles.get(iam._p(parameters, "RoleName")) or {}  # noqa: SLF001
        answer = delete(parameters)
        if answer[0] == OK:
            ended = f"{role['RoleId']}:"
            for key, session in list(sts._sessions.items()):  # noqa: SLF001
                if str(session.get("UserId", "")).startswith(ended):
                    del sts._sessions[key]  # noqa: SLF001
        return answer

    handlers["DeleteRole"] = delete_role


def name_every_key(actions: Any) -> None:
    """Put every slash of a key into the resource that a request is about."""
    extract = actions.extract_resource_arn

    def named(service: str, method: str, path: str, *others: Any) -> str:
        bucket, _, key = path.removeprefix("/").partition("/")
        if service == "s3" and key:
            return f"arn:aws:s3:::{bucket}/{key}"
        return str(extract(service, method, path, *others))

    actions.extract_resource_arn = named


def tell_how_signed(actions: Any) -> None:
    """Let policies know whether a request is presigned."""
    facts_of = actions.s3_service_context

    def facts(action: str, query: dict[str, Any] | None, *others: Any) -> dict[str, Any]:
        presigned = any(name.lower() == "x-amz-signature" for name in query or {})
        how = "REST-QUERY-STRING" if presigned else "REST-HEADER"
        return {**facts_of(action, query, *others), "s3:authType": how}

    actions.s3_service_context = facts


def match_every_key(evaluator: Any) -> None:
    """Let the wildcards stand for every character, and variables for what they escape."""

    @functools.cache
    def compile_pattern(pattern: str, ignore_case: bool) -> re.Pattern[str]:  # noqa: FBT001 - called so
        parts = PATTERN_PARTS.findall(pattern)
        # A variable is `${x}`: its third character is the one that it escapes.
        matched = (
            WILDCARDS.get(one) or re.escape(one[2] if len(one) > 1 else one) for one in parts
        )
        flags = re.DOTALL | (re.IGNORECASE if ignore_case else re.NOFLAG)
        return re.compile("".join(matched) + r"\Z", flags)

    evaluator._fnmatch_compile = compile_pattern  # noqa: SLF001 - it has no other way in


def admit_named_roles(s3: Any, evaluator: Any) -> None:
    """Let a bucket policy speak about the very caller, and not only about the caller's account.

    MiniStack has checked the caller's own policies by then: both sides must allow, as on AWS.
    """
    actions = importlib.import_module("ministack.core.iam_actions")
    allows_account = s3._foreign_bucket_allows  # noqa: SLF001 - it has no other way in

    def allows(  # noqa: PLR0917 - called so
        owner: str,
        bucket: str,
        key: str,
        method: str,
        query: dict[str, Any],
        caller: str,
        headers: dict[str, str] | None = None,
    ) -> bool:
        if allows_account(owner, bucket, key, method, query, caller, headers):
            return True
        policy = s3._bucket_policies.get_scoped(owner, None, bucket)  # noqa: SLF001
        if not policy or not caller:
            return False
        path = f"/{bucket}/{key}" if key else f"/{bucket}"
        action = f"s3:{actions._s3_action(method, path, query) or 'GetObject'}"  # noqa: SLF001
        facts = actions.s3_service_context(action, query, path, headers or {})
        request = evaluator.EvalContext(
            principal_arn=evaluator.caller_arn(),
            principal_type="AssumedRole",
            principal_account=caller,
            action=action,
            resource_arn=f"arn:aws:s3:::{path[1:]}",
            region=s3.get_region(),
            service_context={name.lower(): value for name, value in facts.items()},
        )
        return bool(evaluator.evaluate_resource_policy(policy, request).decision == "Allow")

    s3._foreign_bucket_allows = allows  # noqa: SLF001


def name_owners(s3: Any, evaluator: Any) -> None:
    """Let policies know whose bucket a request is about."""
    resolve = evaluator._resolve_condition_key  # noqa: SLF001 - it has no other way in

    def resolve_condition_key(key: str, request: Any) -> Any:
        _, _, resource = request.resource_arn.partition(":s3:::")
        if resource and key.lower() in OWNER_KEYS:
            return s3._bucket_owner_account(resource.partition("/")[0])  # noqa: SLF001
        return resolve(key, request)

    evaluator._resolve_condition_key = resolve_condition_key  # noqa: SLF001


def name_roles(iam: Any, evaluator: Any) -> None:
    """Let policies know a role's session by the role."""
    resolve = evaluator._resolve_condition_key  # noqa: SLF001 - it has no other way in

    def resolve_condition_key(key: str, request: Any) -> Any:
        found = SESSION_ARN.fullmatch(request.principal_arn)
        if found is None or key.lower() != "aws:principalarn":
            return resolve(key, request)
        role = iam._roles.get_scoped(found["account"], None, found["role"]) or {}  # noqa: SLF001
        return role.get("Arn", request.principal_arn)

    evaluator._resolve_condition_key = resolve_condition_key  # noqa: SLF001


class BucketRegions:
    """Adds x-amz-bucket-region to every answer to HEAD of a bucket that exists."""

    def __init__(self, application: Application, s3: Any) -> None:
        self._application = application
        self._s3 = s3

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        region = self._region(scope)

        async def send_with_region(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = [pair for pair in message["headers"] if pair[0].lower() != REGION_HEADER]
                message["headers"] = [*headers, (REGION_HEADER, region)]
            await send(message)

        await self._application(scope, receive, send_with_region if region else send)

    def _region(self, scope: Message) -> bytes | None:
        if scope["type"] != "http" or scope["method"] != "HEAD":
            return None
        bucket = scope["path"].strip("/")
        owner = self._s3._bucket_owner_account(bucket)  # noqa: SLF001
        if owner is None:
            return None
        record = self._s3._buckets.get_scoped(owner, None, bucket)  # noqa: SLF001
        return str(record.get("region") or "us-east-1").encode()


def load_layer(place: str) -> Callable[[Application], Application]:
    file, _, name = place.rpartition(":")
    spec = importlib.util.spec_from_file_location(Path(file).stem, file)
    if spec is None or spec.loader is None:
        sys.exit(f"There is no layer at {place}.")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    layer: Callable[[Application], Application] = getattr(module, name)
    return layer


if __name__ == "__main__":
    main()
