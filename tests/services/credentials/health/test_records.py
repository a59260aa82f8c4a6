"""What looks at a location leave in the database: its health, its history, and events."""

from datetime import timedelta
from uuid import uuid4

import pytest

from services.credentials.access.checks import Finding
from services.credentials.health import records
from services.credentials.health.slots import next_slot
from shared.errors import ConflictError, NotFoundError
from tests.conftest import NOW, Tenant
from tests.services.credentials.health.watched import (
    BUSY,
    DENIED,
    PERIODS,
    SHORT,
    Watched,
    sentences,
    watch,
)
from tests.services.credentials.lease_house import House

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def watched(house: House) -> Watched:
    return watch(house)


async def test_a_location_that_nobody_looked_at_is_unknown(watched: Watched) -> None:
    view = await watched.see()
    assert (view.state, view.checked_at, view.next_check_at) == ("unknown", None, None)
    assert (view.changes, view.past) == ([], [])


async def test_the_first_good_look_makes_it_healthy_and_tells_nobody(watched: Watched) -> None:
    await watched.look()
    view = await watched.see()
    location_id = watched.house.location_id
    assert (view.state, view.since, view.checked_at) == ("healthy", NOW, NOW)
    assert view.next_check_at == next_slot(location_id, PERIODS.quick, NOW)
    assert (await watched.row()).next_full_at == next_slot(location_id, PERIODS.full, NOW)
    assert [(each.previous_state, each.state) for each in view.past] == [("unknown", "healthy")]
    assert await watched.events() == []


async def test_a_refusal_breaks_it_at_once_and_says_what_is_different(watched: Watched) -> None:
    await watched.look()
    watched.clock.advance(HOUR)
    await watched.look(list=DENIED)
    view = await watched.see()
    assert (view.state, view.since) == ("broken", NOW + HOUR)
    assert sentences(view.changes) == ["The prefix can no longer be listed."]
    assert view.next_check_at == NOW + HOUR + PERIODS.confirm
    (event,) = await watched.events()
    assert event == {
        "type": "location.health_changed",
        "location_id": str(watched.house.location_id),
        "report_id": str(view.past[0].report_id),
        "state": "broken",
        "previous_state": "healthy",
        "since": (NOW + HOUR).isoformat(),
        "changes": [
            {
                "check": "list",
                "subject": None,
                "before": {"status": "passed", "finding": "Listed."},
                "after": {"status": "failed", "finding": "Denied."},
                "who": "customer",
                "sentence": "The prefix can no longer be listed.",
            }
        ],
        "more_changes": 0,
    }
    assert view.past[0].changes == event["changes"]


async def test_the_same_bad_news_is_told_once_and_looked_at_hourly(watched: Watched) -> None:
    await watched.look()
    for _ in range(3):
        watched.clock.advance(HOUR)
        await watched.look(list=DENIED)
    now = watched.clock.now()
    assert await watched.states() == ["broken"]
    assert (await watched.see()).since == NOW + HOUR
    slot = next_slot(watched.house.location_id, PERIODS.quick, now)
    assert (await watched.row()).next_check_at == slot


async def test_more_bad_news_in_the_same_state_is_told_too(watched: Watched) -> None:
    await watched.look()
    await watched.look(list=DENIED)
    await watched.look(list=DENIED, sign=DENIED)
    first, second = await watched.events()
    assert (first["state"], second["previous_state"], second["state"]) == ("broken",) * 3
    assert sentences(second["changes"]) == [
        "The prefix can no longer be listed.",
        "Presigned URLs no longer work.",
    ]


async def test_one_busy_moment_changes_nothing_and_is_looked_at_again_soon(
    watched: Watched,
) -> None:
    await watched.look()
    watched.clock.advance(HOUR)
    await watched.look(list=BUSY)
    view = await watched.see()
    assert (view.state, view.next_check_at) == ("healthy", NOW + HOUR + PERIODS.confirm)
    watched.clock.advance(PERIODS.confirm)
    await watched.look()
    assert (await watched.row()).doubted_at is None
    assert (await watched.see()).state == "healthy"
    assert await watched.events() == []


async def test_a_store_that_stays_busy_breaks_it_at_the_second_look(watched: Watched) -> None:
    await watched.look()
    await watched.look(list=BUSY)
    await watched.look(list=BUSY)  # an import looked at the same moment
    assert (await watched.see()).state == "healthy"
    watched.clock.advance(PERIODS.confirm)
    await watched.look(list=BUSY)
    view = await watched.see()
    assert (view.state, sentences(view.changes)) == ("broken", ["`list` fails for now: Slow down."])
    assert await watched.states() == ["broken"]


async def test_what_works_again_is_told(watched: Watched) -> None:
    await watched.look()
    await watched.look(list=DENIED, session_duration=SHORT)
    watched.clock.advance(HOUR)
    await watched.look()
    view = await watched.see()
    assert (view.state, view.since, view.changes) == ("healthy", NOW + HOUR, [])
    assert sentences(view.past[0].changes) == [
        "Sessions are longer: 12 hours instead of 1 hour.",
        "`list` passes again.",
    ]
    assert await watched.states() == ["broken", "healthy"]


async def test_a_first_look_that_fails_is_told(watched: Watched) -> None:
    await watched.look(list=DENIED)
    (event,) = await watched.events()
    assert (event["previous_state"], event["state"]) == ("unknown", "broken")
    assert sentences(event["changes"]) == ["`list` fails."]


async def test_what_is_worse_though_valid_degrades_it_until_it_is_accepted(
    watched: Watched,
) -> None:
    await watched.look()
    for _ in range(2):
        watched.clock.advance(HOUR)
        await watched.look(session_duration=SHORT)
    view = await watched.see()
    assert (view.state, view.since) == ("degraded", NOW + HOUR)
    assert sentences(view.changes) == ["Sessions are shorter: 1 hour instead of 12 hours."]
    await watched.health.accept(watched.house.org_id, watched.house.location_id)
    view = await watched.see()
    assert (view.state, view.since, view.changes) == ("healthy", watched.clock.now(), [])
    await watched.look(session_duration=SHORT)
    assert (await watched.see()).state == "healthy"
    assert await watched.states() == ["degraded", "healthy"]


async def test_what_fails_is_not_accepted(watched: Watched, other_tenant: Tenant) -> None:
    org_id, location_id = watched.house.org_id, watched.house.location_id
    with pytest.raises(ConflictError):  # there is no report
        await watched.health.accept(org_id, location_id)
    for findings in ({"list": DENIED}, {"sign": DENIED}):
        await watched.look(**findings)
        with pytest.raises(ConflictError):
            await watched.health.accept(org_id, location_id)
    with pytest.raises(NotFoundError):
        await watched.health.accept(other_tenant.org_id, location_id)


async def test_accepting_what_is_healthy_is_no_news(watched: Watched) -> None:
    await watched.look()
    await watched.health.accept(watched.house.org_id, watched.house.location_id)
    assert len((await watched.see()).past) == 1
    assert await watched.events() == []


async def test_the_last_good_report_is_what_is_compared_with_however_long_ago(
    watched: Watched,
) -> None:
    await watched.look()
    good = (await watched.row()).good_report_id
    for days in range(1, 95):
        if days % 31 == 0:
            watched.clock.advance(timedelta(days=31))
            await watched.look(list=DENIED)
    assert (await watched.row()).good_report_id == good
    assert (await watched.see()).changes[0]["before"] == {
        "status": "passed",
        "finding": "Listed.",
    }


async def test_a_look_that_began_before_the_last_one_says_nothing_new(watched: Watched) -> None:
    await watched.look()
    watched.clock.advance(-MINUTE)
    await watched.look(list=DENIED)
    view = await watched.see()
    assert (view.state, view.checked_at) == ("healthy", NOW)


async def test_a_quick_look_at_what_is_well_leaves_no_report_and_no_history(
    watched: Watched,
) -> None:
    await watched.look()
    newest = await watched.reports.get_newest(watched.house.org_id, watched.house.location_id)
    watched.clock.advance(HOUR)
    watched.verifier.left_out = frozenset({"session_duration"})
    assert await watched.glance(session_duration=SHORT)
    view = await watched.see()
    assert (view.state, view.checked_at, len(view.past)) == ("healthy", NOW + HOUR, 1)
    again = await watched.reports.get_newest(watched.house.org_id, watched.house.location_id)
    assert again.report_id == newest.report_id
    row = await watched.row()
    assert row.next_full_at == next_slot(row.location_id, PERIODS.full, NOW)


@pytest.mark.parametrize("finding", [DENIED, BUSY, SHORT])
async def test_a_quick_look_that_finds_anything_worse_is_no_verdict(
    watched: Watched, finding: Finding
) -> None:
    await watched.look()
    watched.clock.advance(HOUR)
    assert not await watched.glance(list=finding)
    view = await watched.see()
    assert (view.state, view.checked_at) == ("healthy", NOW)


async def test_a_quick_look_neither_heals_nor_comes_first(watched: Watched) -> None:
    assert not await watched.glance()
    await watched.look(sign=DENIED)
    assert not await watched.glance()
    assert (await watched.see()).state == "degraded"


async def test_leases_that_are_refused_need_a_full_look(watched: Watched) -> None:
    await watched.look()
    watched.verifier.leases_refused = True
    assert not await watched.glance()


async def test_an_event_holds_what_fits(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "LONGEST_EVENT", 400)
    await watched.look()
    await watched.look(identity=DENIED, list=DENIED, sign=DENIED)
    (event,) = await watched.events()
    assert (len(event["changes"]), event["more_changes"]) == (1, 2)
    assert len((await watched.see()).changes) == 3


async def test_a_recheck_is_hastened_at_most_once_a_minute(watched: Watched) -> None:
    house = watched.house
    await watched.look()
    hastened = await watched.health.hasten(house.org_id, house.location_id)
    row = await watched.row()
    assert (hastened, row.next_check_at, row.next_full_at) == (True, NOW + MINUTE, NOW + MINUTE)
    watched.clock.advance(MINUTE / 2)
    assert not await watched.health.hasten(house.org_id, house.location_id)
    watched.clock.advance(10 * MINUTE)
    assert not await watched.health.hasten(house.org_id, house.location_id)
    await watched.look()
    watched.clock.advance(2 * MINUTE)
    assert await watched.health.hasten(house.org_id, house.location_id)
    assert (await watched.row()).next_check_at == watched.clock.now()


async def test_a_location_without_health_gets_one_when_somebody_is_refused(
    watched: Watched, other_tenant: Tenant
) -> None:
    house = watched.house
    assert await watched.health.hasten(house.org_id, house.location_id)
    row = await watched.row()
    assert (row.state, row.next_check_at) == ("unknown", NOW)
    for org_id, location_id in (
        (other_tenant.org_id, house.location_id),
        (house.org_id, uuid4()),
    ):
        with pytest.raises(NotFoundError):
            await watched.health.hasten(org_id, location_id)
