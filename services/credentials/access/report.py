"""The access report: does what the importer and the browser will do, and says how it went."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from services.credentials.access.browsers import BrowserChecks
from services.credentials.access.causes import CauseKind
from services.credentials.access.checks import (
    NOT_LISTED,
    Check,
    Finding,
    Status,
    ask_together,
    run_check,
    run_together,
    skip_check,
    skipped,
    warning,
)
from services.credentials.access.cloud_access import CloudAccess, Question
from services.credentials.access.depths import Depth
from services.credentials.access.objects import (
    FEW_SAMPLES,
    FOLDERS,
    SAMPLES,
    Listed,
    Reading,
    choose_samples,
    judge_archived,
    judge_page,
    look_around,
    read_samples,
    why_no_sample,
)
from services.credentials.access.subjects import Subject
from services.credentials.access.trials import LeaseTrials, ProbeUrls
from services.credentials.access.viewing import Viewing
from services.credentials.issuers.base import Identity, Issuer, Reach, Session
from shared.clock import Clock
from shared.egress import EgressGuard
from shared.errors import BucketNotFoundError, StorageDeniedError
from shared.leases import Bucket, Lease, Operation
from shared.storage.capabilities import Capabilities
from shared.storage.open import open_store

_UNANSWERED = {CauseKind.UNREACHABLE, CauseKind.THROTTLED, CauseKind.OUR_IDENTITY}
_NO_BUCKET = "The bucket was not found: see the check `region`."


@dataclass(frozen=True, slots=True)
class Report:
    """Named checks, and whether an import may begin. `region` is where the bucket is.

    `leases_refused` says that sessions which were lent out before do not work any more.
    """

    checks: tuple[Check, ...]
    valid: bool
    region: str | None
    leases_refused: bool
    verified_at: datetime

    @property
    def capabilities(self) -> Capabilities | None:
        """What was learned of an S3-compatible store, if it was asked and answered."""
        learned = (check.finding.capabilities for check in self.checks)
        return next((each for each in learned if each is not None), None)


@dataclass(frozen=True, slots=True)
class Tools:
    """What every report needs. `cloud_of` gives an identity's cloud."""

    issuer: Issuer[Identity]
    cloud_of: Callable[[Identity], CloudAccess]
    browsers: BrowserChecks
    urls: ProbeUrls
    trials: LeaseTrials
    egress: EgressGuard
    clock: Clock


class AccessVerifier:
    """Verify access to a subject. Nothing is written, neither here nor in the bucket."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools

    async def verify(
        self, subject: Subject, leases: Sequence[Lease] = (), *, depth: Depth = Depth.FULL
    ) -> Report:
        """Return the report; what the customer's cloud refuses is a finding, never an error.

        `leases` are those that the importer and the gateway hold: they are tried too, since a
        session may end before its time while new ones can be had.
        """
        return await _Verification(self._tools, subject, leases, depth).run()


class _Verification:
    """One run: what a check finds out, the later ones use."""

    def __init__(
        self, tools: Tools, subject: Subject, leases: Sequence[Lease], depth: Depth
    ) -> None:
        self._tools = tools
        self._depth = depth
        self._cloud = tools.cloud_of(subject.identity)
        self._subject = subject
        self._viewing = Viewing(self._cloud, subject, tools.browsers, tools.urls, tools.clock)
        self._leases = leases
        self._leases_refused = False
        self._found: Bucket | None = None
        self._bucket = self._cloud.guess(subject)
        self._sessions: dict[Operation, Session] = {}
        self._listed: Listed | None = None
        self._reading = Reading(skipped(NOT_LISTED))

    async def run(self) -> Report:
        began_at = self._tools.clock.now()
        region = await run_check("region", self._region())
        identity, isolation = await self._ask_who()
        barred = self._bar(identity, isolation)
        rights, listing = await self._ask_what(barred)
        details, objects = await ask_together(self._ask_details(barred), self._ask_objects(barred))
        viewing = await self._ask_how(barred)
        apart = [] if isolation is None else [isolation]
        checks = (identity, *apart, *rights, region, listing, *details, *objects, *viewing)
        found = None if self._found is None else self._found.region
        valid = _is_valid(checks, isolation)
        return Report(checks, valid, found, self._leases_refused, began_at)

    # --- the stages: each asks its questions side by side ------------------------------------

    async def _ask_who(self) -> tuple[Check, Check | None]:
        question = self._cloud.ask_isolation(self._subject, self._bucket)
        if question is None:
            return await run_check("identity", self._identity()), None
        identity, isolation = await run_together(
            run_check("identity", self._identity()), run_check(question.name, question.ask())
        )
        proves_nothing = question.by_refusals and isolation.status is Status.PASSED
        if proves_nothing and identity.status is not Status.PASSED:
            isolation = skip_check(
                question.name,
                "Every session is refused, so refusing these ones proves nothing yet: see the check"
                " `identity`.",
            )
        if _is_unanswered(identity) and _is_unanswered(isolation):
            reason = "This could not be asked: see the check `identity`."
            isolation = skip_check(question.name, reason)
        return identity, isolation

    def _bar(self, identity: Check, isolation: Check | None) -> str | None:
        """Return why nothing more may be asked, or None.

        An identity that anybody may name can be somebody else's, whose bucket this organization
        must learn nothing about.
        """
        if identity.status is not Status.PASSED:
            return "Mooring is not let in: see the check `identity`."
        return None if _is_apart(isolation) else self._cloud.why_barred(self._subject)

    async def _ask_what(self, barred: str | None) -> tuple[list[Check], Check]:
        questions = self._choose(
            self._cloud.ask_rights(self._subject, self._bucket, self._sessions)
        )
        if barred is not None:
            skipped_ones = [skip_check(question.name, barred) for question in questions]
            return skipped_ones, skip_check("list", barred)
        *rights, listing = await run_together(
            *(run_check(question.name, self._answer(question)) for question in questions),
            run_check("list", self._list()),
        )
        return rights, listing

    async def _ask_details(self, barred: str | None) -> list[Check]:
        is_listed = self._listed is not None
        questions = self._choose(
            self._cloud.ask_details(
                self._subject, self._bucket, self._sessions, is_listed=is_listed
            )
        )
        if barred is not None:
            return [skip_check(question.name, barred) for question in questions]
        return await run_together(
            *(run_check(question.name, self._answer(question)) for question in questions)
        )

    def _choose(self, questions: Sequence[Question]) -> list[Question]:
        """Leave out what a quick look has no time for."""
        return [each for each in questions if self._is_full or not each.thorough]

    @property
    def _is_full(self) -> bool:
        return self._depth is Depth.FULL

    async def _answer(self, question: Question) -> Finding:
        if question.needs_bucket and self._found is None:
            return skipped(_NO_BUCKET)
        return await question.ask()

    async def _ask_objects(self, barred: str | None) -> list[Check]:
        """Read a sample, and judge what it tells beside that it can be read."""
        if self._listed is None:
            reason = barred or NOT_LISTED
            judged = self._cloud.judge_samples(self._subject, ())
            names = ["read", *dict.fromkeys(each.name for each in judged), "archived"]
            return [skip_check(name, reason) for name in names]
        read = await run_check("read", self._read(self._listed))
        samples = self._reading.samples
        judged = self._cloud.judge_samples(self._subject, samples)
        archived = judge_archived(self._listed.rows, samples)
        return [
            read,
            *(Check(each.name, each.about, timedelta(0), each.finding) for each in judged),
            Check("archived", None, timedelta(0), archived),
        ]

    async def _ask_how(self, barred: str | None) -> list[Check]:
        if self._listed is None:
            reason = barred or NOT_LISTED
            return self._viewing.skip(reason)
        async with asyncio.TaskGroup() as group:
            group.create_task(self._try_leases())
            grant = self._sessions[Operation.READ].signing
            return await self._viewing.ask(self._bucket, grant, self._reading.readable)

    # --- the questions -----------------------------------------------------------------------

    async def _region(self) -> Finding:
        place = await self._cloud.locate(self._subject)
        if place.bucket is not None:
            self._bucket = self._found = place.bucket
        return place.finding

    async def _identity(self) -> Finding:
        try:
            # One after the other: the second asks for the length that the first was granted.
            self._sessions = {operation: await self._issue(operation) for operation in Operation}
        except StorageDeniedError as error:
            return await self._cloud.explain_refusal(self._subject, error)
        return await self._cloud.recognize(self._subject, self._bucket, self._sessions)

    async def _list(self) -> Finding:
        if self._found is None:
            return skipped(_NO_BUCKET)
        session = self._sessions[Operation.LIST]
        async with open_store(self._bucket, session.access, egress=self._tools.egress) as store:
            try:
                folders = FOLDERS if self._is_full else 0
                listed = await look_around(store, self._subject.prefix, folders=folders)
            except (StorageDeniedError, BucketNotFoundError) as error:
                return await self._cloud.not_listed(self._subject, self._bucket, session, error)
        self._listed = listed
        return judge_page(listed.page)

    async def _read(self, listed: Listed) -> Finding:
        rounds = choose_samples(listed.rows, SAMPLES if self._is_full else FEW_SAMPLES)
        if not rounds:
            return warning(f"Reading could not be tried: {why_no_sample(listed.page)}.")
        explain = partial(self._cloud.not_read, self._subject)
        session = self._sessions[Operation.READ]
        async with self._cloud.open_reader(self._bucket, session) as read:
            self._reading = await read_samples(read, rounds, explain)
        return self._reading.finding

    async def _try_leases(self) -> None:
        now = self._tools.clock.now()
        for lease in self._leases:
            identity = self._subject.identity
            if await self._tools.trials.is_refused(lease, identity, self._reading.readable, now):
                self._leases_refused = True
                return

    # --- what they are asked with ------------------------------------------------------------

    async def _issue(self, operation: Operation) -> Session:
        reach = Reach(self._bucket, self._subject.prefix, operation)
        return await self._tools.issuer.issue(self._subject.org_id, self._subject.identity, reach)


def _is_apart(isolation: Check | None) -> bool:
    return isolation is None or isolation.status in {Status.PASSED, Status.SKIPPED}


def _is_valid(checks: Sequence[Check], isolation: Check | None) -> bool:
    proved = {check.name for check in checks if check.status is Status.PASSED}
    failed = any(check.status is Status.FAILED for check in checks)
    return {"identity", "list"} <= proved and _is_apart(isolation) and not failed


def _is_unanswered(check: Check) -> bool:
    """Say whether a check failed since the cloud could not be asked, or not by us."""
    cause = check.finding.likeliest
    return check.status is Status.FAILED and cause is not None and cause.kind in _UNANSWERED
