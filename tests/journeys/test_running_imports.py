"""Imports while they run: followed, cancelled, and going on when what they need comes back."""

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from mooring_sdk.api.imports import cancel_import, follow_import, get_import
from mooring_sdk.models import ImportBody, ImportState

from deploy.local.demo.api import given
from tests.journeys.places import Place, counts, problem
from tests.journeys.running import Running

pytestmark = pytest.mark.xdist_group("journeys")

NOTHING = dict.fromkeys(
    [
        "added",
        "applied",
        "archived",
        "changed",
        "listed",
        "missing",
        "moved",
        "probed",
        "rejected",
        "restored",
        "skipped",
        "unchanged",
        "unreadable",
    ],
    0,
)


@contextmanager
def held_import(running: Running, place: Place) -> Iterator[ImportBody]:
    """Begin an import whose worker gets no answer from the bucket before the end of the block."""
    assert place.verify().valid
    with running.fault(place.customer.bucket, "hold"):
        begun = given(place.submit())
        running.await_held(place.customer.bucket)
        yield begun


def test_a_cancelled_import_writes_nothing_more(running: Running, place: Place) -> None:
    place.put("a")
    with held_import(running, place) as begun:
        cancelled = given(cancel_import.sync(begun.import_id, client=place.api.ingest))
        assert cancelled.state is ImportState.CANCELLED
    finished = place.run_import()  # behind the page that the cancelled one was given meanwhile
    assert counts(finished) == {"listed": 1, "added": 1}
    again = given(get_import.sync(begun.import_id, client=place.api.ingest))
    assert (again.state, again.counts.to_dict()) == (ImportState.CANCELLED, NOTHING)
    refused = problem(cancel_import.sync(finished.import_id, client=place.api.ingest))
    assert (refused.status, refused.code) == (409, "conflict")


def test_one_import_at_a_time_runs_from_a_location_into_a_dataset(
    running: Running, place: Place
) -> None:
    with held_import(running, place) as begun:
        refused = problem(place.submit())
    assert (refused.status, refused.code) == (409, "conflict")
    assert refused["import_id"] == str(begun.import_id)
    assert place.await_end(begun.import_id).state is ImportState.COMPLETED


@dataclass(frozen=True, slots=True)
class Event:
    """A server-sent event."""

    name: str
    data: dict[str, Any]


def read_events(lines: Iterator[str]) -> Iterator[Event]:
    """Read events as the HTML standard's "Interpreting an event stream" does, as far as we send."""
    fields: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition(": ")
        if line == "" and "data" in fields:
            yield Event(fields["event"], json.loads(fields["data"]))
            fields = {}
        elif name:
            fields[name] = value


def test_an_import_is_followed_to_its_end(running: Running, place: Place) -> None:
    place.put("a", "b")
    ingest = place.api.ingest.get_httpx_client()
    with held_import(running, place) as begun:
        path = f"/v1/imports/{begun.import_id}/events"
        response = ingest.send(ingest.build_request("GET", path), stream=True)
        events = read_events(response.iter_lines())
        first = next(events)
    rest = list(events)
    response.close()
    assert response.headers["content-type"].startswith("text/event-stream")
    assert (first.name, first.data["state"], first.data["counts"]) == (
        "progress",
        "running",
        NOTHING,
    )
    finished = given(get_import.sync(begun.import_id, client=place.api.ingest))
    assert (rest[-1].name, ImportBody.from_dict(rest[-1].data)) == ("finished", finished)
    assert {event.name for event in rest[:-1]} <= {"progress"}
    last = follow_import.sync_detailed(
        begun.import_id, client=place.api.ingest, last_event_id="finished"
    )
    assert (last.status_code, last.content) == (204, b"")


def test_a_bucket_that_asks_us_to_slow_down_is_waited_for(running: Running, place: Place) -> None:
    place.put("a")
    assert place.verify().valid
    with running.fault(place.customer.bucket, "slow-down"):
        begun = given(place.submit())
        waiting = until_waiting(place, begun)
    assert (waiting["state"], waiting["waiting_for"]) == ("running", "storage-throttled")
    assert counts(place.await_end(begun.import_id)) == {"listed": 1, "added": 1}


def until_waiting(place: Place, begun: ImportBody) -> dict[str, Any]:
    """Follow an import until it waits for something."""
    path = f"/v1/imports/{begun.import_id}/events"
    with place.api.ingest.get_httpx_client().stream("GET", path) as response:
        for event in read_events(response.iter_lines()):
            if event.data["waiting_for"] is not None:
                return event.data
    raise AssertionError("The import ended without waiting.")


def test_an_import_goes_on_when_the_database_comes_back(running: Running, place: Place) -> None:
    place.put("a", "b")
    with ExitStack() as away:
        with held_import(running, place) as begun:
            away.enter_context(running.database.away())
            refused = problem(get_import.sync(begun.import_id, client=place.api.ingest))
            assert (refused.status, refused.code) == (503, "database-unavailable")
        # The page is there now, and cannot be written.
        running.await_log("worker", str(begun.import_id))
    assert counts(place.await_end(begun.import_id)) == {"listed": 2, "added": 2}


def test_an_import_goes_on_when_the_worker_comes_back(running: Running, place: Place) -> None:
    place.put("a", "b")
    with running.killed("worker"):
        begun = given(place.submit())
    assert counts(place.await_end(begun.import_id)) == {"listed": 2, "added": 2}
