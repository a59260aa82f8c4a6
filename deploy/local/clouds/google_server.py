"""The emulated Cloud Storage with what of IAM a vault uses: service accounts and their policies.

    async with google_server() as google:
        google.world.add_bucket("acme")
        google.iam.admins.add("vault@vendor-project.iam.gserviceaccount.com")
        google.world.url

* `POST /v1/projects/{project}/serviceAccounts`: make an account;
* `POST …/serviceAccounts/{email}:getIamPolicy` and `:setIamPolicy`: who may act as it.
"""

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from deploy.local.clouds.gcs_identity import IdentityError
from deploy.local.clouds.gcs_questions import Question
from deploy.local.clouds.gcs_server import GcsServer
from deploy.local.clouds.gcs_world import CLOUD_PLATFORM, GcsWorld, IdentityProvider

_ACCOUNTS = re.compile(r"/v1/projects/(?!-/)([^/]+)/serviceAccounts(?:/([^/:]+):(\w+))?")
_IAM = "https://www.googleapis.com/auth/iam"


@dataclass
class Iam:
    """Makes service accounts for its admins, and changes policies whose etag is the present one."""

    world: GcsWorld
    admins: set[str] = field(default_factory=set)
    quota: int = 100
    unknown_for: int = 0  # how often an account that was made is not known yet
    overtaken: int = 0  # how often somebody else changes a policy first
    policies: dict[str, dict[str, Any]] = field(default_factory=dict)
    made: list[dict[str, Any]] = field(default_factory=list)

    def answer(self, question: Question) -> web.Response:
        match = _ACCOUNTS.fullmatch(question.path)
        assert match is not None
        try:
            self._require_admin(question.authorization.removeprefix("Bearer "))
            return web.json_response(self._answer(match[1], match[2], match[3], question))
        except IdentityError as error:
            document = {"code": error.status, "message": error.message, "status": error.code}
            return web.json_response({"error": document}, status=error.status)

    def _require_admin(self, token: str) -> None:
        caller = self.world.caller_of(token)
        if caller is None:
            raise IdentityError(401, "UNAUTHENTICATED", "The token is not valid.")
        if caller.principal not in self.admins or not caller.scopes & {CLOUD_PLATFORM, _IAM}:
            raise IdentityError(403, "PERMISSION_DENIED", "Permission 'iam.…' denied on resource.")

    def _answer(
        self, project: str, email: str | None, call: str, question: Question
    ) -> dict[str, Any]:
        if email is None:
            return self._make(project, json.loads(question.body))
        if call == "setIamPolicy":
            return self._set(email, json.loads(question.body)["policy"])
        if question.body:
            raise IdentityError(400, "INVALID_ARGUMENT", "The request body must be empty.")
        return self._get(email, question.parameters.get("options.requestedPolicyVersion", "1"))

    def _make(self, project: str, body: dict[str, Any]) -> dict[str, Any]:
        email = f"{body['accountId']}@{project}.iam.gserviceaccount.com"
        if email in self.world.accounts:
            raise IdentityError(409, "ALREADY_EXISTS", "Service account already exists.")
        if len(self.made) >= self.quota:
            message = "Maximum number of service accounts on project reached."
            raise IdentityError(429, "RESOURCE_EXHAUSTED", message)
        self.world.add_account(email)
        self.made.append(body)
        return {"email": email}

    def _get(self, email: str, version: str) -> dict[str, Any]:
        if self.unknown_for or email not in self.world.accounts:
            self.unknown_for = max(self.unknown_for - 1, 0)
            raise IdentityError(404, "NOT_FOUND", "Unknown service account")
        policy = self.policies.get(email, {"etag": "0"})
        conditional = any("condition" in binding for binding in policy.get("bindings", []))
        if conditional and version != "3":
            raise IdentityError(400, "INVALID_ARGUMENT", "The policy has conditions.")
        return policy

    def _set(self, email: str, policy: dict[str, Any]) -> dict[str, Any]:
        present = self.policies.get(email, {"etag": "0"})
        if self.overtaken or policy["etag"] != present["etag"]:
            self.overtaken = max(self.overtaken - 1, 0)
            raise IdentityError(409, "ABORTED", "There were concurrent policy changes.")
        self.policies[email] = {**policy, "etag": str(int(policy["etag"]) + 1)}
        members = {one for each in policy["bindings"] for one in each["members"]}
        creators = {one.removeprefix("serviceAccount:") for one in members}
        self.world.accounts[email].token_creators = creators
        return self.policies[email]


@dataclass(frozen=True)
class ConditionalProvider(IdentityProvider):
    """A provider whose attribute condition lets one subject in."""

    subject: str = ""

    def principal(self, subject: str) -> str:
        if subject != self.subject:
            message = "The given credential is rejected by the attribute condition."
            raise IdentityError(401, "unauthorized_client", message)
        return super().principal(subject)


class Everybody(set[str]):
    """Holds whoever is asked for, as a binding of a whole pool does."""

    def __contains__(self, who: object) -> bool:
        return True


@dataclass(frozen=True)
class EmulatedGoogle:
    """The world, and who makes service accounts in it."""

    world: GcsWorld
    iam: Iam


class GoogleServer(GcsServer):
    """Answer requests out of a world, and those to IAM."""

    def __init__(self, google: EmulatedGoogle) -> None:
        super().__init__(google.world)
        self._google = google

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        question = await Question.read(request)
        if _ACCOUNTS.fullmatch(question.path) and not self._google.world.faults:
            return self._google.iam.answer(question)
        return await super().answer(request)


@asynccontextmanager
async def google_server(world: GcsWorld | None = None) -> AsyncIterator[EmulatedGoogle]:
    """Serve a world on a free port."""
    world = world or GcsWorld()
    google = EmulatedGoogle(world, Iam(world))
    runner = web.ServerRunner(web.Server(GoogleServer(google).answer, access_log=None))
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        host, port = runner.addresses[0][:2]
        world.url = f"http://{host}:{port}"
        yield google
    finally:
        await runner.cleanup()
