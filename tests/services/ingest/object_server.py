"""A server of one object that breaks connections, refuses, and forgets what a test tells it to."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http import HTTPStatus
from uuid import UUID, uuid4

from pydantic import SecretStr

from services.ingest.object_reader import ObjectReader
from shared.clock import FrozenClock
from shared.egress import EgressGuard
from shared.lease_cache import LeaseCache
from shared.leases import Bucket, Lease, Operation, SigningKeys
from shared.storage.signing.s3 import derive_signing_key
from shared.uris import Provider
from tests.local_signing import local_signer

SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
ORG, LOCATION = uuid4(), uuid4()
NO_PAUSE = timedelta()


@dataclass(frozen=True)
class Asked:
    """One request: its target as it was sent, and its headers by lower-case name."""

    target: str
    headers: dict[str, str]

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def conditions(self) -> dict[str, str]:
        return {name: self.headers[name] for name in ("range", "if-match") if name in self.headers}


@dataclass
class ObjectServer:
    """What it serves, and what it was asked.

    Each of the next answers ends after as many bytes of the body as `cuts` says, and is one of
    `refusals` (status, code) when there are some. With a `part` that is all it answers.
    """

    body: bytes = b""
    etag: str | None = '"one"'
    headers: dict[str, str] = field(default_factory=dict)
    cuts: list[int] = field(default_factory=list)
    refusals: list[tuple[int, str]] = field(default_factory=list)
    part: tuple[dict[str, str], bytes] | None = None
    takes_ranges: bool = True
    takes_conditions: bool = True
    asked: list[Asked] = field(default_factory=list)
    url: str = ""

    async def converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        pairs = (line.split(": ", 1) for line in lines if line)
        request = Asked(head.split(" ")[1], {name.lower(): text for name, text in pairs})
        self.asked.append(request)
        status, headers, body = self._answer(request)
        length = headers.pop("Content-Length", str(len(body)))
        fields = {"Content-Length": length, "Connection": "close", **headers}
        start = f"HTTP/1.1 {status} {HTTPStatus(status).phrase}"
        texts = [start, *(f"{name}: {text}" for name, text in fields.items()), "", ""]
        with suppress(ConnectionError):  # the client had enough
            writer.write("\r\n".join(texts).encode() + body)
            await writer.drain()
            writer.close()

    def _answer(self, request: Asked) -> tuple[int, dict[str, str], bytes]:
        if self.refusals:
            status, code = self.refusals.pop(0)
            return status, {}, f"<Error><Code>{code}</Code></Error>".encode() if code else b""
        if self.part is not None:
            return 206, dict(self.part[0]), self.part[1]
        etag = {} if self.etag is None else {"ETag": self.etag}
        condition = request.headers.get("if-match")
        if self.takes_conditions and condition not in (None, self.etag):
            return 412, {}, b"<Error><Code>PreconditionFailed</Code></Error>"
        size, rest = len(self.body), self.body
        status, headers = 200, {"Content-Length": str(size), **etag, **self.headers}
        wanted = re.fullmatch(r"bytes=(\d+)-", request.headers.get("range", ""))
        if wanted and self.takes_ranges:
            start = int(wanted[1])
            if start >= size:
                return 416, {"Content-Range": f"bytes */{size}"}, b""
            status, rest = 206, self.body[start:]
            headers["Content-Range"] = f"bytes {start}-{size - 1}/{size}"
            headers["Content-Length"] = str(len(rest))
        return status, headers, rest[: self.cuts.pop(0)] if self.cuts else rest


@dataclass
class ReadVault:
    """Vend leases to read what the server has; another one after each that was refused."""

    endpoint: str
    clock: FrozenClock
    prefix: str = ""
    life: timedelta = timedelta(hours=1)
    renews: bool = True
    refused: list[datetime] = field(default_factory=list)

    async def __call__(
        self,
        org_id: UUID,
        location_id: UUID,
        operation: Operation,
        *,
        refused: datetime | None = None,
    ) -> Lease:
        if refused is not None:
            self.refused.append(refused)
        now = self.clock.now()
        renewals = len(self.refused) if self.renews else 0
        issued_at = now + timedelta(seconds=renewals)
        bucket = Bucket(Provider.S3, "customer-images", "eu-west-1", self.endpoint, path_style=True)
        key = derive_signing_key(SECRET, now.date(), bucket.region)
        return Lease(
            org_id=org_id,
            location_id=location_id,
            operation=operation,
            bucket=bucket,
            prefix=self.prefix,
            grant=SigningKeys("ASIAEXAMPLE", SecretStr("session"), {now.date(): key}),
            issued_at=issued_at,
            expires_at=issued_at + self.life,
            renew_at=issued_at + self.life / 2,
        )


@dataclass(frozen=True)
class Reading:
    """A server, and the reader of its object."""

    server: ObjectServer
    vault: ReadVault
    reader: ObjectReader

    async def read(
        self, key: str = "key", *, largest: int = 10**9, start: int = 0, etag: str | None = None
    ) -> bytes:
        async with self.reader.open(
            ORG, LOCATION, key, largest=largest, start=start, etag=etag
        ) as opened:
            return b"".join([chunk async for chunk in opened])


@asynccontextmanager
async def reading(
    server: ObjectServer, clock: FrozenClock, *, allow_private: bool = True
) -> AsyncIterator[Reading]:
    """Serve on loopback, and read."""
    async with await asyncio.start_server(server.converse, "127.0.0.1", 0) as listening:
        server.url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
        vault = ReadVault(server.url, clock)
        egress = EgressGuard(allow_private=allow_private)
        leases = LeaseCache(vault, clock)
        async with ObjectReader(
            leases, local_signer(), egress, clock, first_pause=NO_PAUSE
        ) as reader:
            yield Reading(server, vault, reader)
