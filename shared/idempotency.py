"""Idempotency-Key on POST: the second request with a key gets the first one's answer.

The answer is sealed with a key derived from the caller's own bearer token, which is not stored: a
copy of the database does not give back an API key that was shown once.
"""

import hashlib
import hmac
import json
import os
from base64 import b64decode, b64encode
from dataclasses import dataclass
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.auth import Authenticator
from shared.clock import Clock
from shared.database.idempotency_keys import release_key, reserve_key, store_answer
from shared.database.session import Database
from shared.errors import (
    AppError,
    IdempotencyConflictError,
    IdempotencyMismatchError,
    InvalidInputError,
)
from shared.problems import send_problem

LONGEST_KEY = 255
LARGEST_ANSWER = 1_048_576  # a larger one is not kept: the request is then simply run again
_NONCE = 12
_SUCCESS = range(200, 300)


@dataclass(frozen=True, slots=True)
class _Call:
    """One request with an Idempotency-Key, and the secret that seals its answer."""

    org_id: UUID
    route: str
    key: str
    request_hash: bytes
    sealing_key: bytes


@dataclass(slots=True)
class _Answer:
    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes


class IdempotencyMiddleware:
    """Keep the 2xx answers of POSTs under `/v1/` for a day, per organization, route and key."""

    def __init__(
        self, app: ASGIApp, *, authenticator: Authenticator, database: Database, clock: Clock
    ) -> None:
        self._app = app
        self._authenticator = authenticator
        self._database = database
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        key = _key_of(scope)
        if key is None:
            await self._app(scope, receive, send)
            return
        try:
            body = await _read(receive)
            call = await self._identify(scope, key, body)
            answer = await self._first_answer(call)
        except AppError as error:
            await send_problem(error, scope, receive, send)
            return
        if answer is not None:
            await _replay(answer, send)
            return
        await self._run(call, scope, body, send)

    async def _identify(self, scope: Scope, key: str, body: bytes) -> _Call:
        if not key.isascii() or not key.isprintable() or not 0 < len(key) <= LONGEST_KEY:
            raise InvalidInputError(
                f"An Idempotency-Key is 1 to {LONGEST_KEY} printable ASCII characters.",
                field="Idempotency-Key",
            )
        bearer = _bearer(Headers(scope=scope))
        principal = await self._authenticator.authenticate(bearer)
        secret = hashlib.sha256(b"mooring idempotency\0" + (bearer or "").encode()).digest()
        request = scope["path"].encode() + b"\0" + scope["query_string"] + b"\0" + body
        return _Call(
            org_id=principal.org_id,
            route=scope["path"],
            key=key,
            request_hash=hmac.digest(secret, request, "sha256"),
            sealing_key=hmac.digest(secret, b"answer", "sha256"),
        )

    async def _first_answer(self, call: _Call) -> _Answer | None:
        async with self._database.begin(call.org_id) as session:
            first = await reserve_key(
                session,
                org_id=call.org_id,
                route=call.route,
                key=call.key,
                request_hash=call.request_hash,
                now=self._clock.now(),
            )
        if first is None:
            return None
        if not hmac.compare_digest(first.request_hash, call.request_hash):
            raise IdempotencyMismatchError(
                "This Idempotency-Key came with another request or another API key before.",
                field="Idempotency-Key",
            )
        if first.answer is None:
            raise IdempotencyConflictError("The first request with this key is still running.")
        return _open(call, first.answer)

    async def _run(self, call: _Call, scope: Scope, body: bytes, send: Send) -> None:
        answer = _Answer(500, [], b"")

        async def keep(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer.status = message["status"]
                answer.headers = list(message["headers"])
            elif message["type"] == "http.response.body":
                answer.body += message.get("body", b"")
                if not message.get("more_body", False):
                    await self._settle(call, answer)
            await send(message)

        try:
            await self._app(scope, _once(body), keep)
        except BaseException:
            await self._release(call)
            raise

    async def _settle(self, call: _Call, answer: _Answer) -> None:
        if answer.status not in _SUCCESS or len(answer.body) > LARGEST_ANSWER:
            await self._release(call)
            return
        async with self._database.begin(call.org_id) as session:
            await store_answer(
                session,
                org_id=call.org_id,
                route=call.route,
                key=call.key,
                answer=_seal(call, answer),
            )

    async def _release(self, call: _Call) -> None:
        async with self._database.begin(call.org_id) as session:
            await release_key(session, org_id=call.org_id, route=call.route, key=call.key)


def _key_of(scope: Scope) -> str | None:
    if scope["type"] != "http" or scope["method"] != "POST":
        return None
    if not scope["path"].startswith("/v1/"):
        return None
    return Headers(scope=scope).get("idempotency-key")


def _bearer(headers: Headers) -> str | None:
    scheme, _, credentials = headers.get("authorization", "").partition(" ")
    return credentials if scheme.lower() == "bearer" and credentials else None


async def _read(receive: Receive) -> bytes:
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return bytes(body)
        body += message.get("body", b"")
        if not message.get("more_body", False):
            return bytes(body)


def _once(body: bytes) -> Receive:
    waiting = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Message:
        return waiting.pop() if waiting else {"type": "http.disconnect"}

    return receive


def _seal(call: _Call, answer: _Answer) -> bytes:
    headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in answer.headers]
    plain = json.dumps([answer.status, headers, b64encode(answer.body).decode()]).encode()
    nonce = os.urandom(_NONCE)
    return nonce + AESGCM(call.sealing_key).encrypt(nonce, plain, call.request_hash)


def _open(call: _Call, sealed: bytes) -> _Answer:
    plain = AESGCM(call.sealing_key).decrypt(sealed[:_NONCE], sealed[_NONCE:], call.request_hash)
    status, headers, body = json.loads(plain)
    pairs = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
    return _Answer(status, pairs, b64decode(body))


async def _replay(answer: _Answer, send: Send) -> None:
    headers = [*answer.headers, (b"idempotent-replayed", b"true")]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})
