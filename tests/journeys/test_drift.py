"""Drift: what changes on the customer's side after a location was verified is noticed and told."""

from collections.abc import Iterator
from uuid import UUID

import psycopg
import pytest
from mooring_sdk.api.locations import get_location, get_location_health
from mooring_sdk.api.presigning import redirect_to_content
from mooring_sdk.api.webhooks import create_webhook
from mooring_sdk.models import LocationHealthBody, NewWebhookBody, WantedEvent

from deploy.local.demo.api import given
from deploy.local.demo.customer import document
from deploy.local.roles import DATABASE
from tests.journeys.conftest import MakeCustomer, MakeOrganization, Organization
from tests.journeys.drifts import DRIFTS, KEYS, Drift, delete_role, forbid_listing
from tests.journeys.places import Place, connect, problem
from tests.journeys.receivers import Inbox, remembering
from tests.journeys.running import Running

pytestmark = pytest.mark.xdist_group("journeys")


@pytest.fixture(scope="module")
def watcher(make_organization: MakeOrganization) -> Organization:
    return make_organization("Lookout")


@pytest.fixture(scope="module")
def inbox(watcher: Organization) -> Iterator[Inbox]:
    """What a webhook of the organization is sent."""
    with remembering() as inbox:
        body = NewWebhookBody(url=inbox.url, event_types=[WantedEvent.LOCATION_HEALTH_CHANGED])
        given(create_webhook.sync(client=watcher.api.ingest, body=body))
        yield inbox


@pytest.fixture(scope="module")
def drifted(
    running: Running, inbox: Inbox, watcher: Organization, make_customer: MakeCustomer
) -> dict[str, Place]:
    """For each drift a location that was well before it, and is due after it."""
    del inbox  # it must be there before anything happens
    places: dict[str, Place] = {}
    for drift in DRIFTS:
        place = places[drift.name] = well(watcher, make_customer)
        if drift.prepare is not None:
            drift.prepare(place)
            assert place.verify().valid
        drift.do(place)
    make_due(running, *(place.location_id for place in places.values()))
    return places


def well(watcher: Organization, make_customer: MakeCustomer) -> Place:
    """Return a location that was verified and is healthy."""
    place = connect(watcher.api, make_customer("team/"))
    place.put(*KEYS)
    assert place.verify().valid
    assert look(place).state.value == "healthy"
    return place


def look(place: Place) -> LocationHealthBody:
    return given(get_location_health.sync(place.location_id, client=place.api.vault))


def make_due(running: Running, *location_ids: UUID) -> None:
    """Let the time of their looks have come."""
    change(running, "next_check_at = now(), next_full_at = now()", *location_ids)


def change(running: Running, what: str, *location_ids: UUID) -> None:
    with psycopg.connect(running.database.postgres.superuser_url(DATABASE)) as connection:
        query = f"UPDATE location_health SET {what} WHERE location_id = ANY(%s)"  # noqa: S608
        connection.execute(query.encode(), [list(location_ids)])


@pytest.mark.parametrize("drift", DRIFTS, ids=lambda drift: drift.name)
def test_a_drift_is_noticed_and_told(drifted: dict[str, Place], inbox: Inbox, drift: Drift) -> None:
    place = drifted[drift.name]
    event = inbox.wait_for(location_id=str(place.location_id))
    assert (event["previous_state"], event["state"]) == ("healthy", drift.state)
    sentences = [each["sentence"] for each in event["changes"]]
    assert [each for each in sentences if each.startswith(drift.sentence)], sentences
    health = look(place)
    assert health.state.value == drift.state
    assert [each.sentence for each in health.changes] == sentences
    location = given(get_location.sync(place.location_id, client=place.api.vault))
    assert location.health is health.state


def test_what_is_mended_is_told_too(
    running: Running, inbox: Inbox, watcher: Organization, make_customer: MakeCustomer
) -> None:
    place = well(watcher, make_customer)
    name = str(place.location_id)
    forbid_listing(place)
    make_due(running, place.location_id)
    inbox.wait_for(location_id=name, state="broken")
    place.customer.permit(document(place.kit.permission_policy))
    make_due(running, place.location_id)
    event = inbox.wait_for(location_id=name, state="healthy")
    assert event["previous_state"] == "broken"
    assert [each["sentence"] for each in event["changes"]] == ["`list` passes again."]
    assert look(place).changes == []


def test_an_import_that_is_refused_has_its_location_looked_at(
    running: Running, inbox: Inbox, watcher: Organization, make_customer: MakeCustomer
) -> None:
    place = well(watcher, make_customer)
    change(running, "checked_at = now() - interval '1 minute'", place.location_id)
    forbid_listing(place)
    finished = place.run_import()  # what was verified a moment ago counts
    assert finished.failure is not None
    assert finished.failure.code == "storage-denied"
    event = inbox.wait_for(location_id=str(place.location_id))
    assert event["state"] == "broken"


def test_a_viewer_who_is_refused_has_the_location_looked_at(
    running: Running, inbox: Inbox, watcher: Organization, make_customer: MakeCustomer
) -> None:
    place = well(watcher, make_customer)
    place.run_import()
    asset = place.list_assets()[0]
    change(running, "checked_at = now() - interval '1 minute'", place.location_id)
    delete_role(place)
    answer = redirect_to_content.sync(place.dataset_id, asset.asset_id, client=place.api.gateway)
    assert problem(answer).code == "storage-denied"
    event = inbox.wait_for(location_id=str(place.location_id))
    assert [each["sentence"] for each in event["changes"]] == ["Mooring is no longer let in."]
