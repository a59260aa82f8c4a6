"""Checks: what one question to the customer's cloud found, and who must do what about it."""

import asyncio
import time
from collections.abc import Awaitable, Coroutine, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import StrEnum
from typing import Self, TypeVar

from pydantic import JsonValue

from services.credentials.access.causes import CauseKind
from services.credentials.setup.policies import Document
from shared.errors import (
    AppError,
    CloudIdentityError,
    InvalidInputError,
    LeaseExpiredError,
    StorageDeniedError,
    StorageError,
    StorageThrottledError,
    StorageUnavailableError,
)
from shared.storage.capabilities import Capabilities

AnswerT = TypeVar("AnswerT")

NOT_LISTED = "The prefix could not be listed: see the check `list`."
LONGEST_CHECK = timedelta(seconds=10)  # five steps in a row end within a client's minute


class Status(StrEnum):
    """How a check ended. Skipped is not passed."""

    PASSED = "passed"
    FAILED = "failed"
    WARNING = "warning"
    SKIPPED = "skipped"


class SeenFrom(StrEnum):
    """Where a check was made: where Mooring runs, or in a browser of the customer's."""

    SERVER = "server"
    BROWSER = "browser"


class Confidence(StrEnum):
    """How sure a cause is: proved by what was answered, or one of several that fit."""

    CERTAIN = "certain"
    LIKELY = "likely"
    POSSIBLE = "possible"


@dataclass(frozen=True, slots=True)
class Cause:
    """Say what may be broken, and what whoever must act does about it.

    `documents` are exact, to be pasted as they are.
    """

    kind: CauseKind
    remedy: str
    documents: Mapping[str, Document] = field(default_factory=dict)
    confidence: Confidence = Confidence.CERTAIN

    def document(self) -> dict[str, JsonValue]:
        """Return the cause as the API shows it."""
        return {
            "code": self.kind.code,
            "confidence": self.confidence.value,
            "who": self.kind.who,
            "summary": self.kind.summary,
            "tell": self.kind.tell,
            "remedy": self.remedy,
            "documents": dict(self.documents),
        }


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found: one sentence of ours, and its causes in order of likelihood.

    `capabilities` is what it learned of the store beside that, to be kept with the location.
    `measured` are values in which a later report may differ.
    """

    status: Status
    sentence: str
    causes: tuple[Cause, ...] = ()
    capabilities: Capabilities | None = None
    measured: Mapping[str, JsonValue] = field(default_factory=dict)

    @property
    def is_failed(self) -> bool:
        return self.status is Status.FAILED

    @property
    def likeliest(self) -> Cause | None:
        """Return the cause that fits best, if something is to be mended."""
        return self.causes[0] if self.causes else None

    def measuring(self, **values: JsonValue) -> Self:
        """Return the finding with what was measured."""
        return replace(self, measured=values)

    def learning(self, capabilities: Capabilities) -> Self:
        """Return the finding with what was learned of the store."""
        return replace(self, capabilities=capabilities)


@dataclass(frozen=True, slots=True)
class Check:
    """A named finding. `subject` says which one it is about where a name comes several times."""

    name: str
    subject: str | None
    duration: timedelta
    finding: Finding
    seen_from: SeenFrom = SeenFrom.SERVER

    @property
    def status(self) -> Status:
        return self.finding.status

    def document(self) -> dict[str, JsonValue]:
        """Return the check as the API shows it and the database keeps it."""
        first = self.finding.likeliest
        return {
            "name": self.name,
            "subject": self.subject,
            "seen_from": self.seen_from.value,
            "status": self.status.value,
            "duration_ms": round(self.duration.total_seconds() * 1000, 1),
            "finding": self.finding.sentence,
            "measured": dict(self.finding.measured),
            "causes": [cause.document() for cause in self.finding.causes],
            "remedy": None if first is None else _remedy(first),
        }


def _remedy(cause: Cause) -> JsonValue:
    return {"who": cause.kind.who, "text": cause.remedy, "documents": dict(cause.documents)}


def passed(sentence: str) -> Finding:
    return Finding(Status.PASSED, sentence)


def failed(sentence: str, likeliest: Cause, *others: Cause) -> Finding:
    return Finding(Status.FAILED, sentence, (likeliest, *others))


def warning(sentence: str, *causes: Cause) -> Finding:
    return Finding(Status.WARNING, sentence, causes)


def skipped(reason: str) -> Finding:
    return Finding(Status.SKIPPED, reason)


async def ask_check(name: str, question: Awaitable[Finding], subject: str | None = None) -> Check:
    """Ask, and raise what goes wrong."""
    started = time.perf_counter()
    finding = await question
    return Check(name, subject, timedelta(seconds=time.perf_counter() - started), finding)


async def run_check(name: str, question: Awaitable[Finding], subject: str | None = None) -> Check:
    """Ask, and make what may go wrong a failed finding: a check never raises what was expected."""
    return await ask_check(name, _finding(question), subject)


async def _finding(question: Awaitable[Finding]) -> Finding:
    try:
        async with asyncio.timeout(LONGEST_CHECK.total_seconds()):
            return await question
    except TimeoutError:
        return failed(
            "The customer's cloud did not answer in time.",
            Cause(
                CauseKind.UNREACHABLE, "Check that the endpoint is reachable, then verify again."
            ),
        )
    except (StorageError, CloudIdentityError, InvalidInputError) as error:
        return finding_of(error)


async def ask_together(*questions: Awaitable[AnswerT]) -> list[AnswerT]:
    """Ask side by side, to the end of all of them; raise what one of them raised."""
    answers = await asyncio.gather(*questions, return_exceptions=True)
    for answer in answers:
        if isinstance(answer, BaseException):
            raise answer
    return [answer for answer in answers if not isinstance(answer, BaseException)]


async def run_together(*checks: Coroutine[None, None, Check]) -> list[Check]:
    """Run checks side by side; if one of them breaks, none of the others is left behind."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(check) for check in checks]
    return [task.result() for task in tasks]


def skip_check(name: str, reason: str, subject: str | None = None) -> Check:
    """Say why a question was not asked."""
    return Check(name, subject, timedelta(0), skipped(reason))


def finding_of(error: AppError) -> Finding:
    """Return an error as a failed finding, for the errors that a check does not know better."""
    kind = next((kind for error_type, kind in _KINDS if isinstance(error, error_type)), None)
    if kind is None:
        kind = CauseKind.INVALID_REQUEST if error.who == "caller" else CauseKind.UNKNOWN
    return failed(error.detail, Cause(kind, _ADVICE[kind]))


_KINDS: tuple[tuple[type[AppError], CauseKind], ...] = (
    (CloudIdentityError, CauseKind.OUR_IDENTITY),
    (LeaseExpiredError, CauseKind.SESSION_EXPIRED),
    (StorageThrottledError, CauseKind.THROTTLED),
    (StorageUnavailableError, CauseKind.UNREACHABLE),
    (StorageDeniedError, CauseKind.UNKNOWN),
)
_ADVICE = {
    CauseKind.OUR_IDENTITY: "Whoever runs Mooring must correct its own identity in the cloud.",
    CauseKind.SESSION_EXPIRED: "Verify again.",
    CauseKind.THROTTLED: "Verify again in a minute.",
    CauseKind.UNREACHABLE: "Check that the endpoint is reachable, then verify again.",
    CauseKind.INVALID_REQUEST: "Correct the request.",
    CauseKind.UNKNOWN: "Compare the bucket's side with the setup kit, then verify again.",
}
