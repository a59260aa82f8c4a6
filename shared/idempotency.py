"""Idempotency-Key on POST: the second request with a key gets the first one's answer.

The answer is sealed with a key derived from the caller's own bearer token, which is not stored: a
copy of the database does not give back an API key that was shown once.
"""

import hashlib
import hmac
import json
import os
from base64 import b64decode, b64encode
from dataclasses import dataclass, field

import structlog
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.auth import Authenticator
from shared.clock import Clock
from shared.database.idempotency_keys import Reservation, release_key, reserve_key, store_answer
from shared.database.session import Database
from shared.errors import (
    DatabaseUnavailableError,
    IdempotencyConflictError,
    IdempotencyMismatchError,
    InvalidInputError,
)
from shared.request_bodies import STREAMED, replay

LONGEST_KEY = 255
LARGEST_ANSWER = 1_048_576  # a larger one is not kept: the request is then simply run again
_NONCE = 12
_SUCCESS = range(200, 300)

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Call:
    """One request with an Idempotency-Key, and the secret that seals its answer."""

    reservation: Reservation
    request_hash: bytes
    sealing_key: bytes


@dataclass(slots=True)
class _Answer:
    """An answer as far as it has come."""

    status: int = 0
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytes = b""
    complete: bool = False

    @property
    def may_be_kept(self) -> bool:
        return self.status in _SUCCESS and len(self.body) <= LARGEST_ANSWER

    def add(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = list(message["headers"])
        else:
            self.body += message.get("body", b"")
            self.complete = not message.get("more_body", False)

    async def send(self, send: Send) -> None:
        start = {"type": "http.response.start", "status": self.status, "headers": self.headers}
        await send(start)
        if self.body or self.complete:
            more = not self.complete
            await send({"type": "http.response.body", "body": self.body, "more_body": more})


class IdempotencyMiddleware:
    """Keep the 2xx answers of POSTs under `/v1/` for a day, per organization, path and key.

    An answer is kept before its first byte leaves, so that whoever never saw it can ask again. It
    needs the whole body at once: it stands inside RequestBodyMiddleware, and refuses a key for a
    body that is streamed, since it could not tell whether a second one is the same.
    """

    def __init__(
        self, app: ASGIApp, *, authenticator: Authenticator, database: Database, clock: Clock
    ) -> None:
        self._app = app
        self._authenticator = authenticator
        self._database = database
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request. Raise what the authenticator raises, or why the key is refused."""
        key = _key_of(scope)
        if key is None:
            await self._app(scope, receive, send)
            return
        if scope.get(STREAMED):
            raise InvalidInputError("Uploads take no Idempotency-Key.", field="Idempotency-Key")
        body: bytes = (await receive())["body"]
        call = await self._identify(scope, key, body)
        answer = await self._first_answer(call)
        if answer is None:
            await self._run(call, scope, replay(body, receive), send)
        else:
            answer.headers.append((b"idempotent-replayed", b"true"))
            await answer.send(send)

    async def _identify(self, scope: Scope, key: str, body: bytes) -> _Call:
        if not key.isascii() or not key.isprintable() or not 0 < len(key) <= LONGEST_KEY:
            raise InvalidInputError(
                f"An Idempotency-Key is 1 to {LONGEST_KEY} printable ASCII characters.",
                field="Idempotency-Key",
            )
        bearer = _bearer(Headers(scope=scope))
        principal = await self._authenticator.authenticate(bearer)
        secret = hashlib.sha256(b"mooring idempotency\0" + (bearer or "").encode()).digest()
        # A digest, since Postgres cannot hold every path, and cannot index a long one.
        route = hashlib.sha256(scope["path"].encode()).hexdigest()
        return _Call(
            reservation=Reservation(principal.org_id, route, key, made_at=self._clock.now()),
            request_hash=hmac.digest(secret, scope["query_string"] + b"\0" + body, "sha256"),
            sealing_key=hmac.digest(secret, b"answer", "sha256"),
        )

    async def _first_answer(self, call: _Call) -> _Answer | None:
        async with self._database.begin(call.reservation.org_id) as session:
            first = await reserve_key(session, call.reservation, call.request_hash)
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

    async def _run(self, call: _Call, scope: Scope, receive: Receive, send: Send) -> None:
        answer = _Answer()
        settled = False

        async def hold(message: Message) -> None:
            nonlocal settled
            if settled:
                await send(message)
                return
            answer.add(message)
            if answer.may_be_kept and not answer.complete:
                return
            settled = True
            await self._settle(call, answer)
            await answer.send(send)

        try:
            await self._app(scope, receive, hold)
        finally:
            if not settled:
                await self._settle(call, _Answer())

    async def _settle(self, call: _Call, answer: _Answer) -> None:
        """Keep the answer, or release the key; without the database it frees itself in time."""
        try:
            async with self._database.begin(call.reservation.org_id) as session:
                if answer.may_be_kept:
                    await store_answer(session, call.reservation, _seal(call, answer))
                else:
                    await release_key(session, call.reservation)
        except DatabaseUnavailableError as error:
            log.warning("idempotency key not settled", status=answer.status, code=error.code)


def _key_of(scope: Scope) -> str | None:
    if scope["type"] != "http" or scope["method"] != "POST":
        return None
    if not scope["path"].startswith("/v1/"):
        return None
    return Headers(scope=scope).get("idempotency-key")


def _bearer(headers: Headers) -> str | None:
    scheme, _, credentials = headers.get("authorization", "").partition(" ")
    credentials = credentials.strip()  # as FastAPI does for the routes
    return credentials if scheme.lower() == "bearer" and credentials else None


def _seal(call: _Call, answer: _Answer) -> bytes:
    headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in answer.headers]
    plain = json.dumps([answer.status, headers, b64encode(answer.body).decode()]).encode()
    nonce = os.urandom(_NONCE)
    return nonce + AESGCM(call.sealing_key).encrypt(nonce, plain, call.request_hash)


def _open(call: _Call, sealed: bytes) -> _Answer:
    plain = AESGCM(call.sealing_key).decrypt(sealed[:_NONCE], sealed[_NONCE:], call.request_hash)
    status, headers, body = json.loads(plain)
    pairs = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
    return _Answer(status, pairs, b64decode(body), complete=True)
