"""Seen checks: what a customer's browser said, as checks that stand beside our own.

Whoever holds the link can say what they like, so this never makes a report valid or not.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from services.credentials.access.causes import CauseKind
from services.credentials.access.checks import (
    Cause,
    Check,
    Confidence,
    Finding,
    SeenFrom,
    failed,
    passed,
    skipped,
    warning,
)
from services.credentials.access.cors_findings import CorsRule
from services.credentials.access.origin_checks import ORIGIN_CHECKS
from shared.browser_checks import PartRead, Reached, Read, SeenBody

REACH_CHECK = "browser_reach"
"""The name of the check that only a browser can make: from its own network, without CORS."""

_ELSEWHERE = (
    "The page was at none of the location's browser origins, whose pages alone the bucket lets"
    " read: load the check's module in a page of one of them."
)
_NOT_REACHED = "The store was not reached: see the check `browser_reach`."
_NO_FILE = "The store gave the browser no file at all: see the check `browser_reach`."
_LOOK_AT_NETWORK = (
    "Let in the addresses from which viewers come: conditions on aws:SourceIp or aws:SourceVpce in"
    " the bucket's policy, an IP filter, or the storage account's network rules."
)
_OPEN_THE_WAY = (
    "Open the link in the network where viewers are, with its VPN. If the store's name is not found"
    " there, or a proxy, a firewall or an extension of the browser blocks it, let it through."
)


def judge_seen(
    seen: SeenBody, origin: str | None, origins: Sequence[str], rule: CorsRule
) -> list[Check]:
    """Return the checks that a browser made on a page of this origin.

    What it says of reads with CORS counts on pages of the location's own `origins` alone.
    """
    reach = _check(REACH_CHECK, None, _judge_reach(seen.reached))
    if origin not in origins:
        return [reach, *(_check(name, None, skipped(_ELSEWHERE)) for name in ORIGIN_CHECKS)]
    if seen.reached is Reached.UNREACHABLE:
        return [reach, *(_check(name, origin, skipped(_NOT_REACHED)) for name in ORIGIN_CHECKS)]
    checks = [reach]
    reads = zip(ORIGIN_CHECKS, (seen.get, seen.preflight, seen.range, seen.head), strict=True)
    for name, read in reads:
        # Of a refusal that says nothing of CORS, a browser cannot tell which of the two it is.
        is_unclear = read is Read.BLOCKED and seen.reached is Reached.REFUSED
        finding = skipped(_NO_FILE) if is_unclear else _judge_read(name, read, rule)
        checks.append(_check(name, origin, finding))
    return checks


def _check(name: str, subject: str | None, finding: Finding) -> Check:
    return Check(name, subject, timedelta(0), finding, SeenFrom.BROWSER)


def _judge_reach(reached: Reached) -> Finding:
    match reached:
        case Reached.LOADED:
            return passed("A browser of the customer's loaded a file.")
        case Reached.ANSWERED:
            return passed("A browser of the customer's reached the store.")
        case Reached.REFUSED:
            return failed(
                "A browser of the customer's reached the store, which gave it no file.",
                Cause(CauseKind.VIEWER_NETWORK, _LOOK_AT_NETWORK, confidence=Confidence.LIKELY),
                Cause(
                    CauseKind.VIEWER_REFUSED,
                    "See whether the check `sign` has passed.",
                    confidence=Confidence.POSSIBLE,
                ),
            )
        case Reached.UNREACHABLE:
            return failed(
                "A browser of the customer's did not reach the store.",
                Cause(CauseKind.VIEWER_UNREACHABLE, _OPEN_THE_WAY),
            )


def _judge_read(name: str, read: PartRead, rule: CorsRule) -> Finding:
    match read:
        case Read.READ:
            return passed(f"In a browser of the customer's, a script {_DID[name]}.")
        case Read.BLOCKED:
            return failed(
                f"In a browser of the customer's, no script {_DID[name]}.",
                Cause(CauseKind.CORS_ABSENT, rule.advice, rule.documents, Confidence.LIKELY),
                Cause(
                    CauseKind.CORS_DROPPED,
                    "Where the same check of Mooring's own has passed, look at what stands between"
                    " that browser and the store.",
                    confidence=Confidence.POSSIBLE,
                ),
            )
        case Read.REFUSED:
            return failed(
                "In a browser of the customer's, the store answers a script with an error.",
                Cause(CauseKind.VIEWER_NETWORK, _LOOK_AT_NETWORK, confidence=Confidence.LIKELY),
            )
        case "hidden":
            return warning(
                "In a browser of the customer's, a script does not see every header that it needs.",
                Cause(CauseKind.CORS_EXPOSED, rule.advice, rule.documents),
            )
        case "whole":
            return warning(
                "In a browser of the customer's, a script that asks for a part gets everything.",
                Cause(CauseKind.RANGE_IGNORED, "Let the proxy before the store pass on Range."),
            )
        case _:
            return skipped("The browser did not try it.")


_DID: Mapping[str, str] = dict(
    zip(
        ORIGIN_CHECKS,
        (
            "reads a file",
            "sends the headers that viewers set",
            "reads a part of a file, and sees which",
            "asks for a file's headers alone",
        ),
        strict=True,
    )
)
