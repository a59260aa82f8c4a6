"""A store that fails in the middle of an import: survived, or told with a code where it stands."""

import os
import re
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from pydantic import SecretStr

from deploy.local.ports import free_port
from deploy.local.postgres import start_postgres
from services.ingest import worker
from shared.database import migrate
from tests.emulators.faulty_store import (
    Fault,
    Hold,
    cut_off,
    expire,
    refuse,
    reset,
    rewrite,
    slow_down,
)
from tests.emulators.listing_server import ListingServer
from tests.journeys.faulty_imports import FaultyImports, counts, faulty_imports

KEYS = [f"scans/{number:03}" for number in range(100)]
PAGE = 4
BEFORE = 12  # pages that are given before the fault; the first ten of them are one batch
APPLIED = 40
ALL = {"listed": len(KEYS), "added": len(KEYS)}
ALL_AVAILABLE = dict.fromkeys(KEYS, "available")
OBJECT_KEY = re.compile(rb"<Key>.*?</Key>")
OBJECT = re.compile(rb"<Contents>.*?</Contents>")
REGION_HEADER = {"x-amz-bucket-region": "eu-central-1"}


def listing() -> ListingServer:
    return ListingServer([key.encode() for key in KEYS], page_size=PAGE)


def swap_objects(page: bytes) -> bytes:
    """Put the first two objects of a page in the other order."""
    first, second, *_ = OBJECT.findall(page)
    return page.replace(first + second, second + first)


def put_last_first(page: bytes) -> bytes:
    """List the object with the last of all keys at the beginning of a page, too."""
    first, *_ = OBJECT.findall(page)
    last = OBJECT_KEY.sub(f"<Key>{KEYS[-1]}</Key>".encode(), first)
    return page.replace(first, last + first)


@pytest.fixture(autouse=True)
def _quick_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the worker look often for jobs that are due: tests let their time pass at once."""
    monkeypatch.setattr(worker, "POLLING_SECONDS", 0.05)


@pytest.fixture
async def imports(own_database_url: SecretStr) -> AsyncIterator[FaultyImports]:
    async with faulty_imports(own_database_url, listing()) as served:
        yield served


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        pytest.param(slow_down(), "storage-throttled", id="slow down"),
        pytest.param(slow_down("1"), "storage-throttled", id="slow down for a second"),
        pytest.param(reset, "storage-unavailable", id="connection reset in a page"),
        pytest.param(cut_off, "storage-unavailable", id="page shorter than promised"),
        pytest.param(rewrite(lambda page: page[:-200]), "broken-listing", id="half a page"),
        pytest.param(
            rewrite(lambda _: b"<Error><Code>SlowDown</Code></Error>"),
            "storage-throttled",
            id="slow down in a 200",
        ),
        pytest.param(
            rewrite(lambda _: b"<Error><Code>InternalError</Code></Error>"),
            "storage-unavailable",
            id="error in a 200",
        ),
        pytest.param(rewrite(lambda _: b"\x1f\x8b\x08garbage"), "broken-listing", id="garbage"),
        pytest.param(
            rewrite(lambda _: b"<html><body>Sign in</body></html>"), "broken-listing", id="foreign"
        ),
        pytest.param(rewrite(lambda _: b""), "broken-listing", id="empty"),
    ],
)
async def test_an_import_waits_while_pages_do_not_come_whole_and_then_finds_exactly_the_keys(
    imports: FaultyImports, fault: Fault, code: str
) -> None:
    imports.store.fail(fault, after_pages=BEFORE)
    begun = await imports.submit()
    waits = await imports.until(begun, lambda body: body["waiting_for"] is not None)
    assert (waits["state"], waits["waiting_for"]) == ("running", code)
    assert counts(waits) == {"listed": APPLIED, "added": APPLIED}
    imports.store.recover()
    finished = await imports.finish(begun)
    assert (finished["state"], counts(finished)) == ("completed", ALL)
    assert await imports.states() == ALL_AVAILABLE


@pytest.mark.parametrize("fault", [slow_down("1"), reset, cut_off])
async def test_a_fault_that_the_next_request_does_not_meet_makes_no_import_wait(
    own_database_url: SecretStr, fault: Fault
) -> None:
    async with faulty_imports(own_database_url, listing(), attempts=3) as imports:
        imports.store.fail(fault, after_pages=BEFORE, times=1)
        finished = await imports.run()
        assert (finished["state"], counts(finished)) == ("completed", ALL)
        assert (imports.store.spoiled, imports.store.pages) == (1, len(KEYS) // PAGE)
        assert await imports.states() == ALL_AVAILABLE


@pytest.mark.parametrize("status", [400, 403])
async def test_a_lease_that_expires_in_mid_listing_is_replaced_and_the_listing_goes_on(
    imports: FaultyImports, status: int
) -> None:
    imports.store.fail(expire("session-1", status), after_pages=BEFORE)
    finished = await imports.run()
    assert (finished["state"], counts(finished)) == ("completed", ALL)
    assert imports.store.sessions == ["session-1", "session-2"]
    assert imports.store.spoiled == 1
    assert await imports.states() == ALL_AVAILABLE


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        pytest.param(refuse(404, "NoSuchBucket"), "bucket-not-found", id="bucket deleted"),
        pytest.param(
            refuse(301, "PermanentRedirect", headers=REGION_HEADER), "wrong-region", id="redirect"
        ),
        pytest.param(
            refuse(400, "AuthorizationHeaderMalformed", "<Region>eu-central-1</Region>"),
            "wrong-region",
            id="signature of another region",
        ),
        pytest.param(rewrite(lambda page: page[:-200]), "broken-listing", id="always half a page"),
        pytest.param(refuse(403, "AccessDenied"), "storage-denied", id="access taken away"),
    ],
)
async def test_an_import_that_cannot_go_on_fails_where_it_stands_and_a_retry_goes_on_from_there(
    imports: FaultyImports, fault: Fault, code: str
) -> None:
    imports.store.fail(fault, after_pages=BEFORE)
    begun = await imports.submit()
    failed = await imports.finish(begun)
    assert (failed["state"], failed["failure"]["code"]) == ("failed", code)
    assert counts(failed) == {"listed": APPLIED, "added": APPLIED}
    assert await imports.cursors(begun) == [KEYS[APPLIED - 1]]
    assert await imports.states() == dict.fromkeys(KEYS[:APPLIED], "available")
    again = await imports.finish(await imports.retry(failed))
    assert (again["state"], again["failure"], counts(again)) == (
        "failed",
        failed["failure"],
        counts(failed),
    )
    imports.store.recover()
    asked = len(imports.store.asked)
    finished = await imports.finish(await imports.retry(again))
    assert (finished["state"], finished["failure"]) == ("completed", None)
    assert imports.store.asked[asked]["start-after"] == KEYS[APPLIED - 1]
    assert counts(finished) == ALL
    assert await imports.states() == ALL_AVAILABLE


async def test_a_bucket_that_is_deleted_in_mid_sync_takes_no_asset_with_it(
    imports: FaultyImports,
) -> None:
    await imports.run()
    imports.store.fail(refuse(404, "NoSuchBucket"), after_pages=imports.store.pages + BEFORE)
    failed = await imports.run()
    assert (failed["state"], failed["failure"]["code"]) == ("failed", "bucket-not-found")
    assert counts(failed) == {"listed": APPLIED, "unchanged": APPLIED}
    assert await imports.states() == ALL_AVAILABLE
    imports.store.recover()
    finished = await imports.finish(await imports.retry(failed))
    assert (finished["state"], counts(finished)) == (
        "completed",
        {"listed": len(KEYS), "unchanged": len(KEYS)},
    )
    assert await imports.states() == ALL_AVAILABLE


@pytest.mark.parametrize("change", [swap_objects, put_last_first])
async def test_a_page_out_of_order_makes_no_asset_missing(
    imports: FaultyImports, change: Callable[[bytes], bytes]
) -> None:
    await imports.run()
    imports.store.fail(rewrite(change), after_pages=imports.store.pages + BEFORE)
    begun = await imports.submit()
    await imports.until(begun, lambda _: imports.store.spoiled > 1)
    imports.store.recover()
    finished = await imports.finish(begun)
    unchanged = {"listed": len(KEYS), "unchanged": len(KEYS)}
    assert (finished["state"], counts(finished)) == ("completed", unchanged)
    assert await imports.states() == ALL_AVAILABLE


@pytest.fixture
def folder() -> Iterator[Path]:
    """A directory that the server's user can get through to its files."""
    with TemporaryDirectory(prefix="mooring-faults-") as name:
        path = Path(name)
        path.chmod(0o711)
        yield path


@pytest.mark.parametrize("last_word", [signal.SIGQUIT, signal.SIGKILL])
async def test_an_import_survives_a_database_that_stops_without_a_word(
    folder: Path, last_word: signal.Signals
) -> None:
    serve = partial(start_postgres, folder / "postgres", port=free_port())
    hold = Hold()
    with ExitStack() as servers:
        postgres = servers.enter_context(serve())
        migrate.upgrade(SecretStr(postgres.owner_url()))
        async with faulty_imports(SecretStr(postgres.app_url()), listing()) as imports:
            imports.store.fail(hold, after_pages=BEFORE)
            begun = await imports.submit()
            await hold.reached.wait()
            os.kill(postgres.pid, last_word)
            servers.close()
            hold.gate.set()
            servers.enter_context(serve())
            finished = await imports.finish(begun)
            assert (finished["state"], counts(finished)) == ("completed", ALL)
            assert await imports.states() == ALL_AVAILABLE
