"""Broken setups: what is wrong with one, what a report must say of it, and how it is mended."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from tests.services.credentials.access.scenes import Method, Scene

Breaks: TypeAlias = Callable[[Scene], Awaitable[None] | None]


@dataclass(frozen=True, slots=True)
class Reported:
    """How a check ends, and the code of the cause that it names first.

    `among` says that the cloud does not tell it from others, which are named before it.
    """

    status: str
    code: str | None
    among: bool = False


@dataclass(frozen=True, slots=True)
class Mend:
    """What is done where no customer mends it by pasting: `how`, in words, and as a step."""

    how: str
    step: Breaks


@dataclass(frozen=True, slots=True)
class BrokenSetup:
    """One mistake. Every check that `reports` does not name passes, or is skipped because of it.

    Checks are named as by `statuses`, with the scene's names filled in. `mend` None is the printed
    remedy, pasted in as many `rounds` as it takes until there is nothing to mend any more.
    """

    name: str
    breaks: Breaks
    reports: Mapping[str, Reported]
    mend: Mend | None = None
    rounds: int = 1
    method: Method = "assume_role"


def failed(code: str) -> Reported:
    return Reported("failed", code)


def failed_among(code: str) -> Reported:
    return Reported("failed", code, among=True)


def warned(code: str | None) -> Reported:
    return Reported("warning", code)
