"""Values that checks measure: which of them are worse than others."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from services.credentials.access.checks import Status

LEAST_SHARE = 0.1  # by which the share of archived objects differs for it to be a change


@dataclass(frozen=True, slots=True)
class ValueChange:
    """A value that is another one, for the worse or for the better."""

    sentence: str
    worse: bool


def compare_values(old: Mapping[str, Any], new: Mapping[str, Any]) -> ValueChange | None:
    """Compare what a check measured; None when nothing counts, or it failed on either side."""
    compare = _COMPARED.get(new["name"])
    if compare is None or Status.FAILED in {old["status"], new["status"]}:
        return None
    return compare(old.get("measured", {}), new.get("measured", {}))


def are_much_the_same(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """Say whether a check of a sample ends otherwise by chance: some archived objects more."""
    measured = [each.get("measured", {}) for each in (old, new)]
    return new["name"] == "archived" and all("archived" in each for each in measured)


def _compare_sessions(old: Mapping[str, Any], new: Mapping[str, Any]) -> ValueChange | None:
    before, after = old.get("seconds"), new.get("seconds")
    if before is None or after is None or before == after:
        return None
    word = "shorter" if after < before else "longer"
    sentence = f"Sessions are {word}: {_length(after)} instead of {_length(before)}."
    return ValueChange(sentence, worse=after < before)


def _compare_regions(old: Mapping[str, Any], new: Mapping[str, Any]) -> ValueChange | None:
    """No bucket moves: one in another region is another bucket with the name of the first."""
    before, after = old.get("region"), new.get("region")
    if before is None or after is None or before == after:
        return None
    sentence = f"The region moved: the bucket is in {after} instead of {before}."
    return ValueChange(sentence, worse=True)


def _compare_archived(old: Mapping[str, Any], new: Mapping[str, Any]) -> ValueChange | None:
    """Compare shares: what was seen is a sample, in which one object more means nothing."""
    if "archived" not in old or "archived" not in new:
        return None
    before, after = (each["archived"] / max(each["seen"], 1) for each in (old, new))
    if abs(after - before) < LEAST_SHARE:
        return None
    word = "More" if after > before else "Fewer"
    sentence = f"{word} objects are archived: {after:.0%} of those seen instead of {before:.0%}."
    return ValueChange(sentence, worse=after > before)


def _length(seconds: int) -> str:
    length = timedelta(seconds=seconds)
    hours, rest = divmod(length, timedelta(hours=1))
    if rest:
        return f"{length // timedelta(minutes=1)} minutes"
    return "1 hour" if hours == 1 else f"{hours} hours"


_COMPARED: dict[str, Callable[[Mapping[str, Any], Mapping[str, Any]], ValueChange | None]] = {
    "session_duration": _compare_sessions,
    "region": _compare_regions,
    "archived": _compare_archived,
}
