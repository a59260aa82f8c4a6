"""The capability probe against a store with switches: each is seen, and nothing else changes."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from services.credentials.access import capability_probe
from services.credentials.access.capability_findings import CONSEQUENCES, judge_capabilities
from services.credentials.access.capability_probe import CapabilityProbe
from services.credentials.access.causes import CauseKind
from services.credentials.access.checks import Cause, failed, passed, warning
from services.credentials.access.probes import Probes
from shared.clock import FrozenClock
from shared.errors import BrokenListingError, StorageDeniedError, StorageThrottledError
from shared.leases import Bucket, SessionKeys, SigningKeys
from shared.storage.capabilities import Capabilities, resumes_behind_keys
from shared.storage.signing.s3 import derive_signing_key
from shared.uris import Provider
from tests.emulators.compatible_store import BUCKET, HOST, CompatibleStore

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
SECRET = "the-secret"
KEYS = SessionKeys("AKIAIOSFODNN7EXAMPLE", SecretStr(SECRET))
DAY = date(2026, 11, 29)
SIGNING = SigningKeys(KEYS.access_key_id, None, {DAY: derive_signing_key(SECRET, DAY, "auto")})
PLACE = Bucket(Provider.S3, BUCKET, "auto", f"https://{HOST}", path_style=True)
ALL = Capabilities(
    path_style=True,
    virtual_host=True,
    listing="v2",
    start_after=True,
    ordered=True,
    encoded=True,
    versions=True,
    sts=True,
    checksum_mode=True,
    overrides=True,
)


@contextmanager
def never_direct() -> Iterator[httpx.AsyncClient]:
    def refuse(_: httpx.Request) -> httpx.Response:
        raise AssertionError("An endpoint that somebody named is reached through the guard.")

    yield httpx.AsyncClient(transport=httpx.MockTransport(refuse))


async def probe(
    store: CompatibleStore, *, prefix: str = "", bucket: Bucket = PLACE
) -> Capabilities:
    with never_direct() as direct:
        async with httpx.AsyncClient(transport=store.transport()) as guarded:
            asking = CapabilityProbe(Probes(guarded, direct), FrozenClock(NOW))
            return await asking.ask(bucket, prefix, KEYS, SIGNING)


async def test_a_store_that_does_all_is_asked_eight_short_questions() -> None:
    store = CompatibleStore()
    assert await probe(store) == ALL
    assert sorted(store.asked) == [
        "checksum-mode",
        "list",
        "overrides",
        "read",
        "start-after",
        "sts",
        "versions",
        "virtual host",
    ]


@pytest.mark.parametrize(
    ("switches", "found"),
    [
        ({"start_after": "ignored"}, {"start_after": False}),
        ({"start_after": "refused"}, {"start_after": False}),
        ({"encoded": False}, {"encoded": False}),
        ({"versions": "ignored"}, {"versions": False}),
        ({"versions": "refused"}, {"versions": False}),
        ({"versions": "denied"}, {"versions": False}),
        ({"sts": "no"}, {"sts": False}),
        ({"sts": "as s3"}, {"sts": True}),
        ({"checksum_mode": False}, {"checksum_mode": False}),
        ({"overrides": "ignored"}, {"overrides": False}),
        ({"overrides": "refused"}, {"overrides": False}),
        ({"virtual_host": False}, {"virtual_host": False}),
        ({"readable": False}, {"checksum_mode": None, "overrides": None}),
        ({"listing": "v1"}, {"listing": "v1", "start_after": None}),
        ({"listing": "v1 only"}, {"listing": "v1", "start_after": None, "virtual_host": False}),
        ({"keys": ("one",)}, {"ordered": None}),
        (
            {"keys": ()},
            {"ordered": None, "start_after": None, "checksum_mode": None, "overrides": None},
        ),
        ({"broken": frozenset({"start-after"})}, {"start_after": None}),
        ({"broken": frozenset({"versions"})}, {"versions": None}),
        ({"broken": frozenset({"sts"})}, {"sts": None}),
        ({"broken": frozenset({"virtual host"})}, {"virtual_host": False}),
        ({"broken": frozenset({"read"})}, {"checksum_mode": None, "overrides": None}),
        ({"broken": frozenset({"checksum-mode"})}, {"checksum_mode": None}),
        ({"broken": frozenset({"overrides"})}, {"overrides": None}),
    ],
    ids=str,
)
async def test_each_switch_is_seen_by_itself(
    switches: dict[str, Any], found: dict[str, Any]
) -> None:
    assert await probe(CompatibleStore(**switches)) == replace(ALL, **found)


async def test_keys_out_of_order_are_seen() -> None:
    keys = tuple(f"{number:02}" for number in range(20))
    found = await probe(CompatibleStore(keys=keys, ordered=False))
    assert found.ordered is False


async def test_a_bucket_in_the_host_may_have_a_path_too() -> None:
    by_host = replace(PLACE, path_style=False)
    assert await probe(CompatibleStore(), bucket=by_host) == ALL


async def test_an_address_and_a_name_with_a_dot_have_no_virtual_host() -> None:
    at_address = replace(PLACE, endpoint="https://192.0.2.1")
    assert await probe(CompatibleStore(host="192.0.2.1"), bucket=at_address) == replace(
        ALL, virtual_host=False
    )


@pytest.mark.parametrize("key", ["a b", "a+b", "é/😀", "%2F", "c/d"])
async def test_hard_keys_are_asked_for_as_they_are(key: str) -> None:
    assert await probe(CompatibleStore(keys=(key, "￮"))) == ALL


async def test_only_the_prefix_is_looked_at() -> None:
    found = await probe(CompatibleStore(keys=("a/1", "b/1")), prefix="b/")
    assert found == replace(ALL, ordered=None)


async def test_a_store_that_denies_or_is_busy_says_nothing_of_itself() -> None:
    denied = httpx.MockTransport(lambda _: httpx.Response(403))
    busy = httpx.MockTransport(lambda _: httpx.Response(503))
    other = httpx.MockTransport(lambda _: httpx.Response(200, content=b"<html/>"))
    for transport, error in (
        (denied, StorageDeniedError),
        (busy, StorageThrottledError),
        (other, BrokenListingError),
    ):
        client = httpx.AsyncClient(transport=transport)
        with pytest.raises(error):
            await CapabilityProbe(Probes(client, client), FrozenClock(NOW)).ask(
                PLACE, "", KEYS, SIGNING
            )


async def test_a_question_that_is_never_answered_is_left_open(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(capability_probe, "PATIENCE", timedelta(milliseconds=50))
    store = CompatibleStore().transport()

    async def handle(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            await asyncio.Event().wait()
        return await store.handle_async_request(request)

    async with httpx.AsyncClient(transport=httpx.MockTransport(handle)) as client:
        found = await CapabilityProbe(Probes(client, client), FrozenClock(NOW)).ask(
            PLACE, "", KEYS, SIGNING
        )
    assert found == replace(ALL, sts=None)


async def test_no_secret_is_sent() -> None:
    store = CompatibleStore()
    sent: list[str] = []

    async def handle(request: httpx.Request) -> httpx.Response:
        sent.append(f"{request.url} {dict(request.headers)} {request.content!r}")
        return await inner.handle_async_request(request)

    inner = store.transport()
    async with httpx.AsyncClient(transport=httpx.MockTransport(handle)) as client:
        await CapabilityProbe(Probes(client, client), FrozenClock(NOW)).ask(
            PLACE, "", KEYS, SIGNING
        )
    assert len(sent) == 8
    assert not [each for each in sent if SECRET in each]


# --- what is made of it --------------------------------------------------------------------------


def test_a_store_that_does_all_passes() -> None:
    assert judge_capabilities(ALL) == passed("The store does what Mooring needs.").learning(ALL)


def test_what_cannot_be_tried_without_an_object_is_no_fault() -> None:
    found = replace(ALL, ordered=None, start_after=None, checksum_mode=None, overrides=None)
    sentence = "The store does what Mooring needs, as far as it can be tried without an object."
    assert judge_capabilities(found) == passed(sentence).learning(found)


def test_a_store_of_the_older_listing_fails() -> None:
    found = replace(ALL, listing="v1", start_after=None)
    sentence = "The store answers ListObjects and not ListObjectsV2, so nothing can be imported."
    remedy = Cause(CauseKind.NOT_V2, "Update the store to a version with ListObjectsV2.")
    assert judge_capabilities(found) == failed(sentence, remedy).learning(found)


@pytest.mark.parametrize("name", CONSEQUENCES)
def test_what_does_not_work_is_a_warning_with_what_follows(name: str) -> None:
    without: dict[str, Any] = {name: False}
    found = replace(ALL, **without)
    assert judge_capabilities(found) == warning(CONSEQUENCES[name]).learning(found)


@pytest.mark.parametrize("name", ["virtual_host", "sts", "checksum_mode"])
def test_what_mooring_does_without_is_no_fault(name: str) -> None:
    without: dict[str, Any] = {name: False}
    found = replace(ALL, **without)
    assert judge_capabilities(found) == passed("The store does what Mooring needs.").learning(found)


@pytest.mark.parametrize("start_after", [True, False, None])
@pytest.mark.parametrize("ordered", [True, False, None])
def test_ranges_need_an_order_and_a_start(start_after: bool | None, ordered: bool | None) -> None:  # noqa: FBT001
    document = replace(ALL, start_after=start_after, ordered=ordered).document()
    assert resumes_behind_keys(document) == (start_after is not False and ordered is not False)
    assert resumes_behind_keys(None)
