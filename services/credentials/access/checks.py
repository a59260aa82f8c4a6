"""Checks: what one question to the customer's cloud found, and who must do what about it."""

import asyncio
import time
from collections.abc import Awaitable, Coroutine
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from typing import Literal, Self, TypeAlias

from pydantic import JsonValue

from services.credentials.setup.policies import Document
from shared.errors import AppError, CloudIdentityError, EndpointNotAllowedError, StorageError
from shared.storage.capabilities import Capabilities

LONGEST_CHECK = timedelta(seconds=10)  # five steps in a row end within a client's minute

Who: TypeAlias = Literal["caller", "customer", "operator"]


class Status(StrEnum):
    """How a check ended. Skipped is not passed."""

    PASSED = "passed"
    FAILED = "failed"
    WARNING = "warning"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Remedy:
    """Say who must act and what they do; `documents` are exact, to be pasted as they are."""

    who: Who
    text: str
    documents: dict[str, Document]


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found: one sentence of ours, and a remedy unless all is well.

    `capabilities` is what it learned of the store beside that, to be kept with the location.
    """

    status: Status
    sentence: str
    remedy: Remedy | None = None
    capabilities: Capabilities | None = None

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

    @property
    def status(self) -> Status:
        return self.finding.status

    def document(self) -> dict[str, JsonValue]:
        """Return the check as the API shows it and the database keeps it."""
        remedy = self.finding.remedy
        shown: JsonValue = None
        if remedy is not None:
            documents: JsonValue = dict(remedy.documents)
            shown = {"who": remedy.who, "text": remedy.text, "documents": documents}
        return {
            "name": self.name,
            "subject": self.subject,
            "status": self.status.value,
            "duration_ms": round(self.duration.total_seconds() * 1000, 1),
            "finding": self.finding.sentence,
            "remedy": shown,
        }


def passed(sentence: str) -> Finding:
    return Finding(Status.PASSED, sentence)


def failed(sentence: str, remedy: Remedy) -> Finding:
    return Finding(Status.FAILED, sentence, remedy)


def warning(sentence: str, remedy: Remedy | None = None) -> Finding:
    return Finding(Status.WARNING, sentence, remedy)


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
            Remedy("customer", "Check that the endpoint is reachable, then verify again.", {}),
        )
    except (StorageError, CloudIdentityError, EndpointNotAllowedError) as error:
        return finding_of(error)


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
    return failed(error.detail, Remedy(_WHO.get(error.who, "operator"), _ADVICE[error.who], {}))


_WHO: dict[str, Who] = {"caller": "caller", "customer": "customer", "operator": "operator"}
_ADVICE = {
    "caller": "Correct the request.",
    "customer": "Compare the bucket's side with the setup kit, then verify again.",
    "operator": "Whoever runs Mooring must correct its own identity in the cloud.",
}
