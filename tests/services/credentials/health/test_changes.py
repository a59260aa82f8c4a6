"""Changes: what two reports differ in, and the sentence for each kind."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.credentials.access.catalogue import CATALOGUE, CheckKind
from services.credentials.access.checks import Status
from services.credentials.access.seen_checks import REACH_CHECK
from services.credentials.health.changes import Change, Side, diff
from services.credentials.health.sentences import _CORS, _FAILED, _WARNS
from tests.services.credentials.health.checks import ORIGIN, Check, check, report, warn

KEY = "arn:aws:kms:eu-central-1:222222222222:key/1"
STATUSES = [status.value for status in Status]


def sentences(before: list[Check], after: list[Check]) -> list[str]:
    return [change.sentence for change in diff(before, after)]


def test_a_change_says_what_the_check_found_before_and_now_and_who_must_act() -> None:
    before = report(list=check("list", finding="Listing works."))
    after = report(list=check("list", "failed", finding="Denied."))
    assert diff(before, after) == [
        Change(
            check="list",
            subject=None,
            before=Side(Status.PASSED, "Listing works."),
            after=Side(Status.FAILED, "Denied."),
            sentence="The prefix can no longer be listed.",
            who="customer",
            worse=True,
        )
    ]
    assert diff(before, after)[0].document() == {
        "check": "list",
        "subject": None,
        "before": {"status": "passed", "finding": "Listing works."},
        "after": {"status": "failed", "finding": "Denied."},
        "sentence": "The prefix can no longer be listed.",
        "who": "customer",
    }


@pytest.mark.parametrize(
    ("before", "after", "sentence"),
    [
        (
            check("external_id_enforced"),
            check("external_id_enforced", "failed"),
            "Trust policy: the ExternalId is no longer enforced.",
        ),
        (check("identity"), check("identity", "failed"), "Mooring is no longer let in."),
        (check("region", region="x"), check("region", "failed"), "The bucket is no longer found."),
        (
            check("browser_get", subject=ORIGIN),
            check("browser_get", "failed", subject=ORIGIN),
            f"CORS for {ORIGIN} gone: browser_get fails.",
        ),
        (
            check("browser_range", subject=ORIGIN),
            warn("browser_range", subject=ORIGIN, finding="Scripts cannot see ETag."),
            f"CORS for {ORIGIN} is weaker: Scripts cannot see ETag.",
        ),
        (
            check("session_duration", seconds=43_200),
            warn("session_duration", seconds=3_600),
            "Sessions are shorter: 1 hour instead of 12 hours.",
        ),
        (
            warn("session_duration", seconds=7_200),
            warn("session_duration", seconds=5_400),
            "Sessions are shorter: 90 minutes instead of 2 hours.",
        ),
        (
            check("region", region="eu-central-1"),
            check("region", "warning", region="us-west-2"),
            "The region moved: the bucket is in us-west-2 instead of eu-central-1.",
        ),
        (
            check("bucket_owner"),
            warn("bucket_owner"),
            "The bucket is no longer the account's whose role reaches it.",
        ),
        (check("archived"), warn("archived", archived=1, seen=9), "Objects are archived now."),
        (
            warn("archived", archived=1, seen=10),
            warn("archived", archived=20, seen=40),
            "More objects are archived: 50% of those seen instead of 10%.",
        ),
        (
            check("read", read=5, asked=5),
            check("read", "failed", read=3, asked=5),
            "Objects can no longer be read: 3 of 5 that were tried instead of 5 of 5.",
        ),
        (
            check("read", "warning"),
            check("read", "failed", read=0, asked=5),
            "Objects can no longer be read: 0 of 5 that were tried.",
        ),
        (check("read"), check("read", "failed"), "Objects can no longer be read."),
        (
            check("encryption", subject=KEY),
            check("encryption", "failed", subject=KEY),
            f"The KMS key {KEY} can no longer be used to decrypt.",
        ),
        (
            check("list"),
            check("list", "failed", cause="throttled"),
            "`list` fails for now: As found.",
        ),
        (check("tide"), check("tide", "failed"), "`tide` fails."),
        (check("tide"), warn("tide"), "`tide` has a warning that it had not."),
    ],
)
def test_what_is_worse_has_a_sentence_of_its_own(
    before: Check, after: Check, sentence: str
) -> None:
    (change,) = diff([before], [after])
    assert (change.sentence, change.worse) == (sentence, True)


@pytest.mark.parametrize(
    ("before", "after", "sentence"),
    [
        (
            warn("session_duration", seconds=3_600),
            check("session_duration", seconds=43_200),
            "Sessions are longer: 12 hours instead of 1 hour.",
        ),
        (
            check("browser_range", "failed", subject=ORIGIN),
            check("browser_range", subject=ORIGIN),
            f"`browser_range` for {ORIGIN} passes again.",
        ),
        (
            check("versioning", "failed"),
            warn("versioning"),
            "`versioning` no longer fails, with a warning.",
        ),
        (
            warn("archived", archived=9, seen=9),
            warn("archived", archived=1, seen=9),
            "Fewer objects are archived: 11% of those seen instead of 100%.",
        ),
    ],
)
def test_what_is_better_has_a_sentence_too(before: Check, after: Check, sentence: str) -> None:
    (change,) = diff([before], [after])
    assert (change.sentence, change.worse) == (sentence, False)


@pytest.mark.parametrize("name", sorted({*_FAILED, *_CORS} - {"read"}))
def test_every_known_check_that_fails_says_so_in_a_sentence(name: str) -> None:
    (sentence,) = sentences([check(name, subject="x")], [check(name, "failed", subject="x")])
    assert sentence.endswith(".")
    assert "{" not in sentence
    assert not sentence.startswith("`")


@pytest.mark.parametrize("name", sorted({*_WARNS, *_CORS}))
def test_every_known_check_that_warns_says_so_in_a_sentence(name: str) -> None:
    (sentence,) = sentences([check(name, subject="x")], [warn(name, subject="x")])
    assert sentence.endswith(".")
    assert not sentence.startswith("`")


# Of sessions it is said how long they are. What browsers tell stands beside reports, not in them.
SAID_OTHERWISE = {"session_duration", REACH_CHECK}


@pytest.mark.parametrize(
    "kind",
    [each for each in CATALOGUE if each.name not in SAID_OTHERWISE],
    ids=lambda kind: kind.name,
)
def test_every_check_of_the_catalogue_says_how_it_ends_when_all_is_wrong(kind: CheckKind) -> None:
    after = check(kind.name, kind.worst.value, subject="x", cause="unknown")
    (sentence,) = sentences([check(kind.name, subject="x")], [after])
    assert not sentence.startswith("`")


def test_what_was_not_asked_tells_nothing() -> None:
    shut = report(
        identity=check("identity", "failed"),
        list=check("list", "skipped"),
        read=check("read", "skipped"),
    )
    assert sentences(report(), shut) == ["Mooring is no longer let in."]
    assert sentences(shut, report()) == ["`identity` passes again."]


def test_an_emptied_prefix_is_no_change() -> None:
    """What could not be tried warns, and asks nothing of anybody."""
    empty = report(read=check("read", "warning"), sign=check("sign", "skipped"))
    assert diff(report(), empty) == []
    assert diff(empty, report()) == []


@pytest.mark.parametrize(("before", "after"), [(1, 2), (4, 4), (5, 1)])
def test_a_share_that_differs_by_little_is_no_change(before: int, after: int) -> None:
    """Or one that is better by little: a sample is a sample."""
    old, new = (warn("archived", archived=each, seen=50) for each in (before, after))
    assert diff([old], [new]) == []


def test_a_check_that_is_new_is_a_change_only_when_it_fails() -> None:
    new = [
        check("versioning"),
        warn("archived", archived=9, seen=9),
        check("browser_head", "failed", subject=ORIGIN, finding="No."),
    ]
    (change,) = diff(report(), [*report(), *new])
    assert (change.check, change.before) == ("browser_head", None)
    assert change.sentence == f"`browser_head` for {ORIGIN} fails."


def test_a_check_that_is_gone_is_no_change() -> None:
    quick = [each for each in report() if each["name"] != "external_id_enforced"]
    assert diff(report(), quick) == []


def test_reports_of_earlier_releases_have_no_values_and_can_be_compared() -> None:
    before = [
        {name: value for name, value in each.items() if name not in {"measured", "causes"}}
        for each in report()
    ]
    after = report(
        session_duration=warn("session_duration", seconds=3_600),
        archived=warn("archived", archived=5, seen=5),
        region=check("region", region="us-west-2"),
        read=check("read", "failed", read=0, asked=2),
    )
    assert sentences(before, after) == [
        "`session_duration` has a warning that it had not.",
        "Objects can no longer be read: 0 of 2 that were tried.",
    ]


names = st.sampled_from(
    ["identity", "session_duration", "region", "list", "read", "archived", "browser_get", "tide"]
)
subjects = st.sampled_from([None, ORIGIN, KEY])
measures = st.fixed_dictionaries(
    {},
    optional={
        "seconds": st.integers(900, 43_200),
        "region": st.sampled_from(["eu-central-1", "us-west-2"]),
    },
)
shares = st.fixed_dictionaries({"archived": st.integers(1, 9), "seen": st.just(9)})
causes = st.sampled_from([None, "unknown", "throttled"])


@st.composite
def checks_of_reports(draw: st.DrawFn) -> list[Check]:
    keys = draw(st.lists(st.tuples(names, subjects), unique=True, max_size=8))
    found: list[Check] = []
    for name, subject in keys:
        measured: dict[str, Any] = draw(shares if name == "archived" else measures)
        status, cause = draw(st.sampled_from(STATUSES)), draw(causes)
        found.append(check(name, status, subject=subject, cause=cause, **measured))
    return found


@given(checks_of_reports())
def test_nothing_differs_from_itself(checks: list[Check]) -> None:
    assert [change for change in diff(checks, checks) if change.before is not None] == []


@given(checks_of_reports(), checks_of_reports())
def test_changes_are_of_checks_that_were_tried_each_once_and_in_their_order(
    before: list[Check], after: list[Check]
) -> None:
    told = [(change.check, change.subject) for change in diff(before, after)]
    tried = [(each["name"], each["subject"]) for each in after if each["status"] != "skipped"]
    assert told == [each for each in tried if each in told]
    assert len(told) == len(set(told))


@given(checks_of_reports(), checks_of_reports())
def test_what_was_worse_is_better_on_the_way_back(before: list[Check], after: list[Check]) -> None:
    """But for values of which no other one is better: another region, another owner."""
    there = {
        (one.check, one.subject)
        for one in diff(before, after)
        if one.worse and one.before is not None and one.check != "region"
    }
    back = {(one.check, one.subject): one.worse for one in diff(after, before)}
    assert all(back[one] is False for one in there)
