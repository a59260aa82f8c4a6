"""The access report: does what the importer and the browser will do, and says how it went."""

import asyncio
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from datetime import datetime

from services.credentials.access.browsers import BrowserChecks, SignedUrl
from services.credentials.access.checks import (
    Check,
    Finding,
    Remedy,
    Status,
    failed,
    passed,
    run_check,
    run_together,
    skip_check,
    skipped,
    warning,
)
from services.credentials.access.identity import IdentityChecks
from services.credentials.access.objects import (
    choose_samples,
    first_page,
    judge_page,
    knows_key,
    not_listed,
    read_samples,
    why_no_sample,
)
from services.credentials.access.regions import BucketRegions
from services.credentials.access.subjects import Subject
from services.credentials.access.trials import LeaseTrials, sign_probe
from services.credentials.grants import grant_of
from services.credentials.issuers.base import AccessKey, CustomerRole, Issuer, Reach, Session
from shared.clock import Clock
from shared.egress import EgressGuard
from shared.errors import BucketNotFoundError, StorageDeniedError
from shared.leases import Bucket, Lease, Operation, SigningKeys
from shared.storage.base import ListingPage, ObjectRow, ObjectStore
from shared.storage.open import open_store

PROBE_NAME = "mooring-access-check"  # a key to ask about where there is none; it is never written


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


@dataclass(frozen=True, slots=True)
class Tools:
    """What every report needs."""

    issuer: Issuer
    identity: IdentityChecks
    regions: BucketRegions
    browsers: BrowserChecks
    trials: LeaseTrials
    egress: EgressGuard
    clock: Clock
    home_region: str


class AccessVerifier:
    """Verify access to a subject. Nothing is written, neither here nor in the bucket."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools

    async def verify(self, subject: Subject, leases: Sequence[Lease] = ()) -> Report:
        """Return the report; what the customer's cloud refuses is a finding, never an error.

        `leases` are those that the importer and the gateway hold: they are tried too, since a
        session may end before its time while new ones can be had.
        """
        return await _Verification(self._tools, subject, leases).run()


class _Verification:
    """One run: what a check finds out, the later ones use."""

    def __init__(self, tools: Tools, subject: Subject, leases: Sequence[Lease]) -> None:
        self._tools = tools
        self._subject = subject
        self._leases = leases
        self._leases_refused = False
        self._bucket: Bucket | None = None
        self._sessions: dict[Operation, Session] = {}
        self._page: ListingPage | None = None
        self._sample: ObjectRow | None = None

    async def run(self) -> Report:
        began_at = self._tools.clock.now()
        region = await run_check("region", self._region())
        identity, external_id = await self._ask_who()
        barred = self._bar(identity, external_id)
        duration, listing = await self._ask_what(barred)
        viewing = await self._ask_how(barred)
        checks = (identity, external_id, duration, region, listing, *viewing)
        found = None if self._bucket is None else self._bucket.region
        return Report(checks, self._is_valid(checks), found, self._leases_refused, began_at)

    def _is_valid(self, checks: Sequence[Check]) -> bool:
        needed = {"identity", "list"}
        if isinstance(self._subject.identity, CustomerRole):
            needed.add("external_id_enforced")
        proved = {check.name for check in checks if check.status is Status.PASSED}
        return needed <= proved and all(check.status is not Status.FAILED for check in checks)

    # --- the stages: each asks its questions side by side ------------------------------------

    async def _ask_who(self) -> tuple[Check, Check]:
        enforced = self._tools.identity.external_id_enforced(
            self._subject.org_id, self._subject.identity, self._sts_region
        )
        identity, external_id = await run_together(
            run_check("identity", self._identity()), run_check("external_id_enforced", enforced)
        )
        if external_id.status is Status.PASSED and identity.status is not Status.PASSED:
            reason = "The role refuses every session, so refusing these two proves nothing yet."
            external_id = skip_check("external_id_enforced", reason)
        return identity, external_id

    def _bar(self, identity: Check, external_id: Check) -> str | None:
        """Return why nothing more may be asked, or None.

        A role that opens without our ExternalId may be somebody else's, whose bucket this
        organization must learn nothing about.
        """
        if identity.status is not Status.PASSED:
            return "Mooring is not let in: see the check `identity`."
        is_customers = isinstance(self._subject.identity, CustomerRole)
        if is_customers and external_id.status is not Status.PASSED:
            return (
                "Nothing is asked through a role that does not enforce the ExternalId: see the "
                "check `external_id_enforced`."
            )
        return None

    async def _ask_what(self, barred: str | None) -> tuple[Check, Check]:
        if barred is not None:
            return skip_check("session_duration", barred), skip_check("list", barred)
        lasting = self._tools.identity.session_duration(
            self._subject.org_id, self._subject.identity, self._sts_region
        )
        duration, listing = await run_together(
            run_check("session_duration", lasting), run_check("list", self._list())
        )
        return duration, listing

    async def _ask_how(self, barred: str | None) -> list[Check]:
        bucket, page = self._bucket, self._page
        if page is None or bucket is None:
            reason = barred or "The prefix could not be listed: see the check `list`."
            origins = self._subject.origins or (None,)
            cors = [skip_check("cors", reason, origin) for origin in origins]
            return [skip_check("read", reason), skip_check("sign", reason), *cors]
        read = await run_check("read", self._read(bucket, page))
        signed = self._presign(bucket)
        sign = run_check("sign", self._sign(signed))
        async with asyncio.TaskGroup() as group:
            group.create_task(self._try_leases())
            viewing = await run_together(sign, *self._cors(signed))
        return [read, *viewing]

    # --- the questions -----------------------------------------------------------------------

    async def _region(self) -> Finding:
        subject = self._subject
        try:
            region = await self._tools.regions.find(
                subject.identity, subject.bucket, subject.region
            )
        except BucketNotFoundError as error:
            advice = "Correct the bucket's name in the URI, or make the bucket."
            return failed(error.detail, Remedy("caller", advice, {}))
        if region is None:
            advice = "Give the bucket's region with the location."
            return failed("The bucket's region is not known.", Remedy("caller", advice, {}))
        self._bucket = self._tools.issuer.bucket(subject.identity, subject.bucket, region)
        if subject.region not in {None, region}:
            return warning(f"The bucket is in {region}, and not where it was said to be.")
        return passed(f"The bucket is in {region}.")

    async def _identity(self) -> Finding:
        subject = self._subject
        bucket = self._bucket or self._tools.issuer.bucket(
            subject.identity, subject.bucket, self._sts_region
        )
        try:
            # One after the other: the second asks for the length that the first was granted.
            self._sessions = {
                operation: await self._issue(bucket, operation) for operation in Operation
            }
        except StorageDeniedError as error:
            if not isinstance(subject.identity, CustomerRole):
                raise
            return await self._tools.identity.refused(subject.identity, error)
        if isinstance(subject.identity, AccessKey):
            async with self._open(bucket, Operation.LIST) as store:
                return await knows_key(store, subject)
        return passed(f"Mooring can assume {subject.identity.role_arn}.")

    async def _list(self) -> Finding:
        if self._bucket is None:
            return skipped("The bucket was not found: see the check `region`.")
        async with self._open(self._bucket, Operation.LIST) as store:
            try:
                page = await first_page(store, self._subject.prefix)
            except (StorageDeniedError, BucketNotFoundError) as error:
                return not_listed(self._subject, error)
        self._page = page
        return judge_page(page)

    async def _read(self, bucket: Bucket, page: ListingPage) -> Finding:
        rounds = choose_samples(page)
        if not rounds:
            return warning(f"Reading could not be tried: {why_no_sample(page)}.")
        self._sample = rounds[0][0]
        async with self._open(bucket, Operation.READ) as store:
            reading = await read_samples(store, rounds, self._subject)
        self._sample = reading.sample
        return reading.finding

    async def _sign(self, signed: SignedUrl) -> Finding:
        if self._sample is None:
            return warning("A presigned URL could not be tried without an object to read.")
        return await self._tools.browsers.sign(signed, self._subject)

    def _cors(self, signed: SignedUrl) -> list[Coroutine[None, None, Check]]:
        if not self._subject.origins:
            return [run_check("cors", _no_origins())]
        ask = self._tools.browsers.cors
        exists = self._sample is not None
        return [
            run_check("cors", ask(origin, signed, self._subject, object_exists=exists), origin)
            for origin in self._subject.origins
        ]

    async def _try_leases(self) -> None:
        now = self._tools.clock.now()
        for lease in self._leases:
            if await self._tools.trials.is_refused(lease, self._sample, now):
                self._leases_refused = True
                return

    # --- what they are asked with ------------------------------------------------------------

    @property
    def _sts_region(self) -> str:
        known = self._subject.region if self._bucket is None else self._bucket.region
        return known or self._tools.home_region

    async def _issue(self, bucket: Bucket, operation: Operation) -> Session:
        reach = Reach(bucket, self._subject.prefix, operation)
        return await self._tools.issuer.issue(self._subject.org_id, self._subject.identity, reach)

    def _open(self, bucket: Bucket, operation: Operation) -> ObjectStore:
        return open_store(bucket, self._sessions[operation].keys, egress=self._tools.egress)

    def _presign(self, bucket: Bucket) -> SignedUrl:
        """Sign as the gateway does, for an object if there is one."""
        sample = self._sample
        key = f"{self._subject.prefix}{PROBE_NAME}" if sample is None else sample.key
        grant = grant_of(self._sessions[Operation.READ], Operation.READ, bucket.region)
        assert isinstance(grant, SigningKeys)  # noqa: S101 (what a READ lease grants)
        return sign_probe(bucket, key, grant, self._tools.clock.now())


async def _no_origins() -> Finding:
    return skipped("The location has no browser origins.")
