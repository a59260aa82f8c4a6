"""What a browser said, as checks: it names no origin that is not the location's."""

import pytest

from services.credentials.access.causes import CauseKind
from services.credentials.access.checks import Check
from services.credentials.access.cors_findings import CorsRule
from services.credentials.access.origin_checks import ORIGIN_CHECKS
from services.credentials.access.seen_checks import REACH_CHECK, judge_seen
from shared.browser_checks import PartRead, Reached, Read, SeenBody

ORIGIN = "https://app.example"
RULE = CorsRule("Give the bucket this CORS rule.", {"cors": {}})
GET, PREFLIGHT, RANGE, HEAD = ORIGIN_CHECKS


def judge(
    read: Read = Read.READ,
    *,
    reached: Reached = Reached.LOADED,
    part: PartRead | None = None,
    origin: str | None = ORIGIN,
) -> dict[str, Check]:
    seen = SeenBody(reached=reached, get=read, preflight=read, range=part or read, head=read)
    return {check.name: check for check in judge_seen(seen, origin, [ORIGIN], RULE)}


def kinds(check: Check) -> list[CauseKind]:
    return [cause.kind for cause in check.finding.causes]


@pytest.mark.parametrize(
    ("reached", "status", "expected"),
    [
        (Reached.LOADED, "passed", []),
        (Reached.ANSWERED, "passed", []),
        (Reached.REFUSED, "failed", [CauseKind.VIEWER_NETWORK, CauseKind.VIEWER_REFUSED]),
        (Reached.UNREACHABLE, "failed", [CauseKind.VIEWER_UNREACHABLE]),
    ],
)
def test_the_network_is_judged_by_what_came_back(
    reached: Reached, status: str, expected: list[CauseKind]
) -> None:
    check = judge(reached=reached)[REACH_CHECK]
    assert (check.subject, check.status, kinds(check)) == (None, status, expected)
    assert check.document()["seen_from"] == "browser"


@pytest.mark.parametrize(
    ("read", "status", "expected"),
    [
        (Read.READ, "passed", []),
        (Read.BLOCKED, "failed", [CauseKind.CORS_ABSENT, CauseKind.CORS_DROPPED]),
        (Read.REFUSED, "failed", [CauseKind.VIEWER_NETWORK]),
        (Read.SKIPPED, "skipped", []),
    ],
)
def test_reads_are_judged_for_the_origin_of_the_page(
    read: Read, status: str, expected: list[CauseKind]
) -> None:
    checks = judge(read)
    for name in ORIGIN_CHECKS:
        check = checks[name]
        assert (check.subject, check.status, kinds(check)) == (ORIGIN, status, expected)
        assert check.document()["seen_from"] == "browser"


@pytest.mark.parametrize(
    ("part", "kind"),
    [("hidden", CauseKind.CORS_EXPOSED), ("whole", CauseKind.RANGE_IGNORED)],
)
def test_a_part_that_is_not_told_or_no_part_is_a_warning(part: PartRead, kind: CauseKind) -> None:
    check = judge(part=part)[RANGE]
    assert (check.status, kinds(check)) == ("warning", [kind])


@pytest.mark.parametrize("origin", [None, "null", "https://evil.example", f"{ORIGIN}/"])
def test_pages_of_other_origins_say_nothing_of_cors_and_are_not_named(origin: str | None) -> None:
    checks = judge(Read.BLOCKED, origin=origin)
    assert checks[REACH_CHECK].status == "passed"
    for name in ORIGIN_CHECKS:
        assert (checks[name].subject, checks[name].status) == (None, "skipped")
        assert "evil" not in str(checks[name].document())


def test_what_a_browser_cannot_tell_apart_is_left_open() -> None:
    """A refusal without CORS headers looks like CORS, and an outage too."""
    refused = judge(Read.BLOCKED, reached=Reached.REFUSED)
    away = judge(Read.BLOCKED, reached=Reached.UNREACHABLE)
    for name in ORIGIN_CHECKS:
        assert refused[name].status == away[name].status == "skipped"
    error = judge(Read.REFUSED, reached=Reached.REFUSED)
    assert error[GET].status == "failed"
