"""Changes: what a report shows otherwise than an earlier one did."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from pydantic import JsonValue

from services.credentials.access.checks import Status
from services.credentials.health.sentences import say_better, say_new, say_worse
from services.credentials.health.values import are_much_the_same, compare_values

Documents: TypeAlias = Sequence[Mapping[str, Any]]
"""Checks as they are kept (see Check.document). Those of earlier releases have fewer members."""

_RANKS = {Status.PASSED: 0, Status.WARNING: 1, Status.FAILED: 2}


@dataclass(frozen=True, slots=True)
class Side:
    """How a check ended, before or after."""

    status: Status
    finding: str

    def document(self) -> dict[str, JsonValue]:
        return {"status": self.status.value, "finding": self.finding}


@dataclass(frozen=True, slots=True)
class Change:
    """A check that ends otherwise. `before` is None where it was not asked.

    `who` must act is that of the check's remedy, if it has one. A change is for the `worse` or for
    the better.
    """

    check: str
    subject: str | None
    before: Side | None
    after: Side
    sentence: str
    who: str | None
    worse: bool

    def document(self) -> dict[str, JsonValue]:
        """Return the change as the API and webhooks show it."""
        return {
            "check": self.check,
            "subject": self.subject,
            "before": None if self.before is None else self.before.document(),
            "after": self.after.document(),
            "who": self.who,
            "sentence": self.sentence,
        }


def diff(before: Documents, after: Documents) -> list[Change]:
    """Return what is worse or better in the checks `after`, in their order.

    A check that was skipped tells nothing, and one that was not asked before is a change only when
    it fails, so that a release with new checks makes no location worse. A warning without a remedy
    asks nothing of anybody: it is as good as a check that passed.
    """
    known = {_name_of(check): check for check in before if _was_asked(check)}
    return list(_compare_all(known, [check for check in after if _was_asked(check)]))


def _compare_all(
    known: Mapping[tuple[str, str | None], Mapping[str, Any]], after: Documents
) -> Iterator[Change]:
    for new in after:
        old = known.get(_name_of(new))
        if old is None:
            if new["status"] == Status.FAILED:
                yield _change(None, new, say_new(new), worse=True)
            continue
        values = compare_values(old, new)
        if values is not None:
            yield _change(old, new, values.sentence, worse=values.worse)
            continue
        if are_much_the_same(old, new):
            continue
        steps = _rank(new) - _rank(old)
        if steps:
            sentence = say_worse(old, new) if steps > 0 else say_better(new)
            yield _change(old, new, sentence, worse=steps > 0)


def _change(
    old: Mapping[str, Any] | None, new: Mapping[str, Any], sentence: str, *, worse: bool
) -> Change:
    remedy = new["remedy"]
    return Change(
        check=new["name"],
        subject=new["subject"],
        before=None if old is None else _side(old),
        after=_side(new),
        sentence=sentence,
        who=None if remedy is None else remedy["who"],
        worse=worse,
    )


def _side(check: Mapping[str, Any]) -> Side:
    return Side(Status(check["status"]), check["finding"])


def _name_of(check: Mapping[str, Any]) -> tuple[str, str | None]:
    return check["name"], check["subject"]


def _was_asked(check: Mapping[str, Any]) -> bool:
    return bool(check["status"] != Status.SKIPPED)


def _rank(check: Mapping[str, Any]) -> int:
    status = Status(check["status"])
    is_calm = status is Status.WARNING and check["remedy"] is None
    return _RANKS[Status.PASSED if is_calm else status]
