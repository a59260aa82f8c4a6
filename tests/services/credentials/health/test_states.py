"""States: what clear answers and doubtful ones do to a location's health."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.credentials.access.checks import Status
from services.credentials.health.changes import Change, Side
from services.credentials.health.states import Health, Standing, Step, Verdict, follow, judge
from tests.conftest import NOW
from tests.services.credentials.health.checks import Check, check, report, warn

APART = timedelta(seconds=90)
BUSY = check("list", "failed", cause="throttled")
DENIED = check("list", "failed", cause="list-not-granted")


def one_change(name: str) -> Change:
    side = Side(Status.FAILED, "No.")
    return Change(name, None, None, side, f"`{name}` fails.", None, worse=True)


HEALTHY = Verdict(Health.HEALTHY, (), passing=False)
BROKEN = Verdict(Health.BROKEN, (one_change("list"),), passing=False)
DEGRADED = Verdict(Health.DEGRADED, (one_change("browser_range"),), passing=False)
DOUBTFUL = Verdict(Health.BROKEN, (one_change("list"),), passing=True)


def standing(state: Health, verdict: Verdict = HEALTHY) -> Standing:
    return Standing(state, NOW - timedelta(days=1), verdict.signs)


@pytest.mark.parametrize(
    ("checks", "valid", "state"),
    [
        (report(), True, Health.HEALTHY),
        (report(list=DENIED), False, Health.BROKEN),
        (report(sign=check("sign", "failed")), True, Health.DEGRADED),
        (report(sign=warn("sign")), True, Health.DEGRADED),
        (
            report(session_duration=warn("session_duration", seconds=3_600)),
            True,
            Health.DEGRADED,
        ),
        (report(session_duration=check("session_duration", seconds=50_000)), True, Health.HEALTHY),
        (report(read=check("read", "warning")), True, Health.HEALTHY),
    ],
)
def test_a_report_is_judged_by_the_last_good_one(
    checks: list[Check], state: Health, *, valid: bool
) -> None:
    assert judge(checks, report(), valid=valid).state is state


def test_warnings_that_were_there_from_the_first_are_no_reason_to_worry() -> None:
    warns = report(session_duration=warn("session_duration", seconds=3_600))
    assert judge(warns, None, valid=True) == HEALTHY
    assert judge(warns, warns, valid=True) == HEALTHY


def test_a_first_report_that_fails_says_what_fails() -> None:
    verdict = judge(report(list=DENIED), None, valid=False)
    assert verdict.state is Health.BROKEN
    assert [change.sentence for change in verdict.changes] == ["`list` fails."]


@pytest.mark.parametrize(
    ("found", "passing"),
    [
        (BUSY, True),
        (check("list", "failed", cause="unreachable"), True),
        (check("identity", "failed", cause="own-identity", who="operator"), True),
        (DENIED, False),
        ({**DENIED, "causes": [{"code": "unknown"}, {"code": "throttled"}]}, False),
        (warn("list", cause="throttled"), False),
    ],
)
def test_only_what_may_be_over_soon_makes_a_verdict_doubtful(
    found: Check, *, passing: bool
) -> None:
    assert judge(report(list=found), report(), valid=False).passing is passing


@pytest.mark.parametrize("before", list(Health))
@pytest.mark.parametrize("verdict", [HEALTHY, DEGRADED, BROKEN])
def test_a_clear_answer_counts_at_once(before: Health, verdict: Verdict) -> None:
    old = standing(before)
    step = follow(old, verdict, NOW, apart=APART)
    changed = verdict.state is not before
    assert step == Step(
        Standing(verdict.state, NOW if changed else old.since, verdict.signs),
        counts=True,
        news=changed or bool(verdict.signs),
    )


def test_one_doubtful_look_changes_nothing_and_a_second_one_later_does() -> None:
    healthy = standing(Health.HEALTHY)
    first = follow(healthy, DOUBTFUL, NOW, apart=APART)
    assert first == Step(
        Standing(Health.HEALTHY, healthy.since, healthy.signs, doubted_at=NOW),
        counts=False,
        news=False,
    )
    too_soon = follow(first.standing, DOUBTFUL, NOW + APART / 2, apart=APART)
    assert too_soon == first
    second = follow(too_soon.standing, DOUBTFUL, NOW + APART, apart=APART)
    assert second == Step(
        Standing(Health.BROKEN, NOW + APART, DOUBTFUL.signs, doubted_at=NOW),
        counts=True,
        news=True,
    )


def test_a_good_look_in_between_ends_the_doubt() -> None:
    doubted = follow(standing(Health.HEALTHY), DOUBTFUL, NOW, apart=APART).standing
    calm = follow(doubted, HEALTHY, NOW + APART, apart=APART).standing
    assert calm.doubted_at is None
    assert not follow(calm, DOUBTFUL, NOW + 2 * APART, apart=APART).counts


def test_other_signs_in_the_same_state_are_news_and_the_same_ones_are_not() -> None:
    broken = standing(Health.BROKEN, BROKEN)
    other = Verdict(Health.BROKEN, (one_change("identity"),), passing=False)
    same, more = (follow(broken, each, NOW, apart=APART) for each in (BROKEN, other))
    assert (same.news, more.news) == (False, True)
    assert same.standing == broken
    assert more.standing == Standing(Health.BROKEN, broken.since, other.signs)


# --- any course of looks --------------------------------------------------------------------

LOOKS = st.lists(
    st.tuples(
        st.sampled_from([HEALTHY, DEGRADED, BROKEN, DOUBTFUL]),
        st.integers(1, 400).map(lambda seconds: timedelta(seconds=seconds)),
    ),
    max_size=30,
)


def course(looks: Sequence[tuple[Verdict, timedelta]]) -> list[tuple[datetime, Verdict, Step]]:
    now, here = NOW, Standing(Health.UNKNOWN, NOW)
    steps: list[tuple[datetime, Verdict, Step]] = []
    for verdict, pause in looks:
        now += pause
        step = follow(here, verdict, now, apart=APART)
        steps.append((now, verdict, step))
        here = step.standing
    return steps


@given(LOOKS)
def test_the_state_is_that_of_the_last_look_that_counted(
    looks: list[tuple[Verdict, timedelta]],
) -> None:
    state = Health.UNKNOWN
    for _, verdict, step in course(looks):
        state = verdict.state if step.counts else state
        assert step.standing.state is state


@given(LOOKS)
def test_a_doubtful_look_counts_if_and_only_if_those_in_a_row_span_the_pause(
    looks: list[tuple[Verdict, timedelta]],
) -> None:
    first: datetime | None = None
    for now, verdict, step in course(looks):
        lone = verdict.passing and first is None
        first = (first or now) if verdict.passing else None
        spans = first is None or (not lone and now - first >= APART)
        assert step.counts is spans
        assert step.standing.doubted_at == first


@given(LOOKS)
def test_since_moves_with_the_state_and_every_new_state_is_news(
    looks: list[tuple[Verdict, timedelta]],
) -> None:
    here = Standing(Health.UNKNOWN, NOW)
    for now, _, step in course(looks):
        moved = step.standing.state is not here.state
        assert step.standing.since == (now if moved else here.since)
        assert step.news is (moved or step.standing.signs != here.signs)
        here = step.standing
