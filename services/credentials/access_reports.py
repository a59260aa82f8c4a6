"""AccessReports: verify a location, planned or stored, and keep what was found."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import structlog
from pydantic import JsonValue

from services.credentials.access.checks import Status
from services.credentials.access.depths import Depth
from services.credentials.access.origin_checks import ORIGIN_CHECKS
from services.credentials.access.report import AccessVerifier, Report
from services.credentials.access.subjects import Subject
from services.credentials.credentials import StorageCredentials
from services.credentials.health.records import HealthRecords
from services.credentials.issuers.base import Identity
from services.credentials.leases import Leases
from services.credentials.locations import LocationPlan
from services.credentials.proofs.facts import FactFinder
from shared.clock import Clock
from shared.database.access_reports import AccessReport, find_newest_report
from shared.database.external_locations import (
    ExternalLocation,
    get_external_location,
    list_locations_of_credential,
)
from shared.database.sealed_leases import delete_leases_of_location
from shared.database.session import Database
from shared.database.storage_credentials import StorageCredential, get_storage_credential
from shared.errors import NotFoundError

log = structlog.get_logger()


class AccessReports:
    """Verify access, and give verdicts to who wants to import."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        credentials: StorageCredentials,
        leases: Leases,
        verifier: AccessVerifier,
        facts: FactFinder,
        records: HealthRecords,
    ) -> None:
        self._database = database
        self._clock = clock
        self._credentials = credentials
        self._leases = leases
        self._verifier = verifier
        self._facts = facts
        self._records = records

    async def dry_run(self, plan: LocationPlan) -> Report:
        """Verify a location that does not exist; nothing is stored."""
        identity = await self._credentials.open(plan.credential)
        granted = await self._granted(plan.credential, plan.uri.bucket, plan.uri.prefix)
        return await self._verifier.verify(replace(plan.subject(identity), granted=granted))

    async def verify(self, org_id: UUID, location_id: UUID) -> AccessReport:
        """Verify a stored location and store the report, and what it learned of the store.

        Stored leases that the cloud refuses are forgotten, so that what the report says is true of
        the next ones that the importer and the gateway get. The location's health follows.
        """
        location, credential = await self._look(org_id, location_id)
        identity = await self._credentials.open(credential)
        report = await self._ask(location, credential, identity, Depth.FULL)
        checks = [check.document() for check in report.checks]
        region = report.region or location.region
        facts = await self._facts.gather(location, credential, identity, region)
        row = AccessReport(
            org_id=org_id,
            location_id=location_id,
            valid=report.valid,
            checks=checks,
            facts=facts,
            created_at=report.verified_at,
        )
        async with self._database.begin(org_id) as session:
            location = await get_external_location(session, location_id)
            moved = report.region not in {None, location.region}
            location.region = report.region or location.region
            if report.capabilities is not None:
                location.capabilities = report.capabilities.document()
            if moved or report.leases_refused:
                await delete_leases_of_location(session, location_id)
            before = await find_newest_report(session, location_id)
            session.add(row)
            await session.flush()
            await self._records.record(session, row, before, self._clock.now())
        failed = [check.name for check in report.checks if check.status is Status.FAILED]
        log.info("access verified", location_id=str(location_id), valid=report.valid, failed=failed)
        return row

    async def glance(self, org_id: UUID, location_id: UUID) -> bool:
        """Verify a stored location quickly, and say whether all is as good as it was.

        No report is stored: what is not as it was needs a full one.
        """
        location, credential = await self._look(org_id, location_id)
        identity = await self._credentials.open(credential)
        report = await self._ask(location, credential, identity, Depth.QUICK)
        if report.leases_refused:
            return False
        async with self._database.begin(org_id) as session:
            await get_external_location(session, location_id)
            return await self._records.record_quick(
                session,
                location_id,
                # Of what is archived a quick look sees another share.
                [check.document() for check in report.checks if check.name != "archived"],
                valid=report.valid,
                verified_at=report.verified_at,
                now=self._clock.now(),
            )

    async def get_newest(self, org_id: UUID, location_id: UUID) -> AccessReport:
        """Return the newest report, or raise NotFoundError when there is none."""
        async with self._database.begin(org_id) as session:
            await get_external_location(session, location_id)
            found = await find_newest_report(session, location_id)
        if found is None:
            raise NotFoundError("Access to this location was never verified.")
        return found

    async def judge(self, org_id: UUID, location_id: UUID, *, max_age: timedelta) -> AccessReport:
        """Return the newest report if it is still good for a verdict, else verify anew.

        It is not when it is older than `max_age`, or when the credential or the origins changed,
        or when it is not valid: what it found may have been mended since.
        """
        location, credential = await self._look(org_id, location_id)
        async with self._database.begin(org_id) as session:
            newest = await find_newest_report(session, location_id)
        if newest is not None and newest.valid and self._clock.now() - newest.created_at <= max_age:
            rotated_since = credential.rotated_at is not None and (
                credential.rotated_at >= newest.created_at
            )
            if not rotated_since and _origins(newest.checks) == set(location.origins):
                return newest
        return await self.verify(org_id, location_id)

    async def _granted(
        self, credential: StorageCredential, bucket: str, prefix: str
    ) -> tuple[str, ...]:
        """Return the prefixes of the bucket that the credential reaches for other locations."""
        async with self._database.begin(credential.org_id) as session:
            rows = await list_locations_of_credential(session, credential.credential_id)
        found = {row.prefix for row in rows if row.bucket == bucket}
        return tuple(sorted(found - {prefix}))

    async def _ask(
        self,
        location: ExternalLocation,
        credential: StorageCredential,
        identity: Identity,
        depth: Depth,
    ) -> Report:
        subject = Subject(
            org_id=location.org_id,
            identity=identity,
            bucket=location.bucket,
            prefix=location.prefix,
            origins=tuple(location.origins),
            region=location.region,
            granted=await self._granted(credential, location.bucket, location.prefix),
        )
        leases = await self._leases.list_stored(location.org_id, location.location_id)
        return await self._verifier.verify(subject, leases, depth=depth)

    async def _look(
        self, org_id: UUID, location_id: UUID
    ) -> tuple[ExternalLocation, StorageCredential]:
        async with self._database.begin(org_id) as session:
            location = await get_external_location(session, location_id)
            return location, await get_storage_credential(session, location.credential_id)


def _origins(checks: list[dict[str, JsonValue]]) -> set[JsonValue]:
    return {check["subject"] for check in checks if check["name"] in ORIGIN_CHECKS} - {None}
