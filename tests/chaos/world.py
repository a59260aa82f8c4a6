"""The world around the workers, in a process of its own: a bucket with bad days, and a vault.

    with world(KeySpace("flat", 100_000), 1000, service_key=key, seed=1) as around:
        around.storm(seconds=2)

Some pages are cut off, reset or refused at any time. In a storm all are, as S3 does while it makes
room. The process ends when its standard input is closed.
"""

import asyncio
import json
import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx
from aiohttp import web
from pydantic import SecretStr

from shared.leases import Bucket
from shared.uris import Provider
from tests.emulators.faulty_store import (
    Fault,
    FaultyStore,
    cut_off,
    refuse,
    reset,
    slow_down,
)
from tests.emulators.key_space import KeySpace
from tests.emulators.lease_server import lease_server
from tests.emulators.listing_server import serve
from tests.emulators.page_server import render_page
from tests.services.ingest.conftest import BUCKET

BAD_PAGES = 0.01  # the SDK asks again for nearly all of them, so that few become a wait


@dataclass(frozen=True)
class World:
    """Where the two are."""

    bucket: str
    vault: str

    def storm(self, *, seconds: float) -> None:
        """Let the bucket refuse everything for a while."""
        httpx.put(f"{self.bucket}/_storm", params={"seconds": seconds}).raise_for_status()

    def count_spoiled(self) -> int:
        """Return how many pages were not given whole."""
        return int(httpx.get(f"{self.bucket}/_spoiled").text)


@contextmanager
def world(space: KeySpace, page_size: int, *, service_key: SecretStr, seed: int) -> Iterator[World]:
    """Start the process; end it with the block."""
    wanted = {
        "layout": space.layout,
        "length": space.length,
        "page_size": page_size,
        "service_key": service_key.get_secret_value(),
        "seed": seed,
    }
    with subprocess.Popen(
        [sys.executable, "-m", __name__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(f"{json.dumps(wanted)}\n")
        process.stdin.flush()
        yield World(**json.loads(process.stdout.readline()))
        process.stdin.close()


# --- in the process -------------------------------------------------------------------------------


def now_and_then(chance: random.Random) -> Fault:
    """Spoil some pages in some way."""
    faults = [reset, cut_off, refuse(500, "InternalError"), slow_down("1")]

    async def answer(request: web.Request, page: bytes) -> web.StreamResponse | None:
        if chance.random() >= BAD_PAGES:
            return None
        return await chance.choice(faults)(request, page)

    return answer


def storming(chance: random.Random) -> Fault:
    """Refuse all pages, with and without a word about when to come again."""
    kinds = [slow_down(), slow_down("1")]

    async def answer(request: web.Request, page: bytes) -> web.StreamResponse | None:
        return await chance.choice(kinds)(request, page)

    return answer


def application_of(store: FaultyStore, chance: random.Random) -> web.Application:
    weather = now_and_then(chance)
    store.fail(weather)

    async def storm(request: web.Request) -> web.Response:
        store.fail(storming(chance))
        seconds = float(request.query["seconds"])
        asyncio.get_running_loop().call_later(seconds, store.fail, weather)
        return web.Response()

    async def count(_request: web.Request) -> web.Response:
        return web.Response(text=str(store.spoiled))

    application = web.Application()
    application.router.add_put("/_storm", storm)
    application.router.add_get("/_spoiled", count)
    application.router.add_get("/{bucket}", store.answer)
    return application


async def main() -> None:
    """Serve what the first line of standard input says until it is closed."""
    wanted = json.loads(sys.stdin.readline())
    space = KeySpace(wanted["layout"], wanted["length"])

    async def list_objects(request: web.Request) -> web.Response:
        query = dict(request.query)
        query["max-keys"] = str(min(int(query["max-keys"]), wanted["page_size"]))
        return web.Response(body=b"".join(render_page(space, query)))

    store = FaultyStore(list_objects)
    chance = random.Random(wanted["seed"])  # noqa: S311 (no secret)
    async with serve(application_of(store, chance)) as store.endpoint:
        bucket = Bucket(Provider.S3, BUCKET, "eu-west-1", store.endpoint, path_style=True)
        async with lease_server(SecretStr(wanted["service_key"]), bucket) as vault:
            print(json.dumps({"bucket": store.endpoint, "vault": vault}), flush=True)  # noqa: T201
            await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main())
