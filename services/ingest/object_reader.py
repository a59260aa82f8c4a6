"""Reading objects: with a location's lease, and through the guard where the endpoint is theirs."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from http import HTTPStatus
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit
from uuid import UUID

import httpx

from services.ingest.object_bytes import (
    ANSWERS,
    FIRST_PAUSE,
    ObjectBytes,
    changed_source,
    translated_transport_errors,
)
from shared.clock import Clock
from shared.egress import EgressGuard
from shared.errors import InvalidInputError, StorageDeniedError
from shared.lease_cache import LeaseCache
from shared.leases import Lease, Operation
from shared.storage.answers import refusal_of
from shared.storage.guarding import is_guarded, require_allowed
from shared.storage.s3_errors import translated_address_errors
from shared.storage.signing.base import UrlRequest
from shared.uris import Provider
from shared.url_signer import UrlSigner

_TIMEOUT = httpx.Timeout(60.0, connect=10.0)  # between two packets; the caller limits the whole
_URL_LIFE = timedelta(minutes=15)  # to send the request in: the answer may take longer
_SECOND = timedelta(seconds=1)
# Cloud Storage unpacks what is stored in gzip, and then ignores Range, for who does not take gzip
# ("Transcoding of gzip-compressed files"). The bytes are wanted as they are stored.
_ENCODINGS = {Provider.S3: "identity", Provider.GCS: "gzip", Provider.AZURE: "identity"}
_LARGEST_REFUSAL = 64 * 1024


class ObjectReader:
    """Open objects of locations with their leases to read. Use it as an async context manager."""

    def __init__(
        self,
        leases: LeaseCache,
        signer: UrlSigner,
        egress: EgressGuard,
        clock: Clock,
        *,
        first_pause: timedelta = FIRST_PAUSE,
    ) -> None:
        self._leases = leases
        self._signer = signer
        self._egress = egress
        self._clock = clock
        self._first_pause = first_pause
        self._clients: dict[bool, httpx.AsyncClient] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        for client in self._clients.values():
            await client.aclose()

    @asynccontextmanager
    async def open(
        self,
        org_id: UUID,
        location_id: UUID,
        key: str,
        *,
        largest: int,
        start: int = 0,
        etag: str | None = None,
    ) -> AsyncIterator[ObjectBytes]:
        """Open an object of at most `largest` bytes, to be read from `start` on.

        With an `etag` it must still be that object. Raise SourceTooLargeError, SourceChangedError,
        InvalidInputError for a key outside of the location, and what the object store answers.
        """
        opened = ObjectBytes(
            partial(self._ask, org_id, location_id, key),
            start=start,
            etag=etag,
            first_pause=self._first_pause,
        )
        try:
            await opened.begin(largest=largest)
            yield opened
        finally:
            await opened.close()

    async def read(self, org_id: UUID, location_id: UUID, key: str, *, largest: int) -> bytes:
        """Return a small object whole; it raises what `open` and its chunks raise."""
        async with self.open(org_id, location_id, key, largest=largest) as opened:
            return b"".join([chunk async for chunk in opened])

    async def probe(self, lease: Lease, key: str, *, version_id: str | None = None) -> None:
        """Read the first byte of an object, asked for once, or raise what the store answers."""
        first = {"Range": "bytes=0-0"}
        answer = await self._ask_with(lease, key, first, version_id=version_id)
        try:
            if answer.headers.get("content-length") == "1":
                with translated_transport_errors():
                    # To its end, so that the connection serves the next request. What is longer,
                    # of a server that reads no ranges, is left.
                    async for _ in answer.aiter_raw():
                        pass
        finally:
            await answer.aclose()

    async def _ask(
        self, org_id: UUID, location_id: UUID, key: str, headers: Mapping[str, str]
    ) -> httpx.Response:
        """Return the answer, its body to be read; a lease that is refused is replaced once."""
        lease = await self._leases.get(org_id, location_id, Operation.READ)
        try:
            return await self._ask_with(lease, key, headers)
        except StorageDeniedError:
            fresh = await self._leases.renew_refused(lease)
            if fresh.issued_at == lease.issued_at:
                raise
        return await self._ask_with(fresh, key, headers)

    async def _ask_with(
        self,
        lease: Lease,
        key: str,
        headers: Mapping[str, str],
        *,
        version_id: str | None = None,
    ) -> httpx.Response:
        if not key or not key.startswith(lease.prefix):
            raise InvalidInputError("The object's key is outside of the location's prefix.")
        url = urlsplit(await self._sign(lease, key, version_id))
        client = self._client_for(lease)
        request = client.build_request(
            "GET",
            f"{url.scheme}://{url.netloc}/",
            headers={**headers, "Accept-Encoding": _ENCODINGS[lease.bucket.provider]},
            # httpx would take `a/../b` for `b`, and the signature is for `a/../b`.
            extensions={"target": f"{url.path}?{url.query}".encode()},
        )
        with translated_transport_errors():
            answer = await client.send(request, stream=True)
            if answer.status_code in ANSWERS:
                return answer
            try:
                body = await _read_refusal(answer)
            finally:
                await answer.aclose()
        if answer.status_code == HTTPStatus.PRECONDITION_FAILED:
            raise changed_source()
        raise refusal_of(lease.bucket.provider, answer.status_code, answer.headers, body)

    async def _sign(self, lease: Lease, key: str, version_id: str | None) -> str:
        now = self._clock.now().replace(microsecond=0)
        with translated_address_errors(lease.bucket):
            (url,) = await self._signer.sign(
                lease,
                [UrlRequest(key, version_id=version_id)],
                signed_at=now,
                expires_in=max(
                    min(_URL_LIFE, (lease.expires_at - now) // _SECOND * _SECOND), _SECOND
                ),
            )
        return url

    def _client_for(self, lease: Lease) -> httpx.AsyncClient:
        """Return the client for a customer's own endpoint, which is guarded, or for a cloud's."""
        require_allowed(lease.bucket, self._egress)
        guarded = is_guarded(lease.bucket)
        if guarded not in self._clients:
            self._clients[guarded] = (
                self._egress.client(timeout=_TIMEOUT)
                if guarded
                else httpx.AsyncClient(timeout=_TIMEOUT, follow_redirects=False)
            )
        return self._clients[guarded]


async def _read_refusal(answer: httpx.Response) -> bytes:
    body = b""
    async for chunk in answer.aiter_raw():
        body += chunk
        if len(body) > _LARGEST_REFUSAL:
            return b""  # the status says enough
    return body
