"""Doubts: which failures may be over soon, without anybody's doing on the customer's side."""

from collections.abc import Mapping
from typing import Any

from services.credentials.access.causes import CauseKind
from services.credentials.access.checks import Status

_PASSING = {
    kind.code
    for kind in (
        CauseKind.UNREACHABLE,
        CauseKind.THROTTLED,
        CauseKind.SESSION_EXPIRED,
        CauseKind.OUR_IDENTITY,  # what the operator must mend is none of the location's
    )
}


def is_passing(check: Mapping[str, Any]) -> bool:
    """Say whether a check failed for what may be over by the next look.

    Those of earlier releases, which named no causes, did not.
    """
    causes = check.get("causes")
    return bool(check["status"] == Status.FAILED and causes and causes[0]["code"] in _PASSING)
