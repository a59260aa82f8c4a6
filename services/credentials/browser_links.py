"""BrowserLinks: links with which a customer's browser says, once, what it sees of a location."""

import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from pydantic import JsonValue

from services.credentials.access.cloud_access import CloudAccess
from services.credentials.access.cors_findings import CorsRule
from services.credentials.access.objects import first_page
from services.credentials.access.seen_checks import judge_seen
from services.credentials.access.subjects import Subject
from services.credentials.browser_samples import find_sample, is_image
from services.credentials.credentials import StorageCredentials
from services.credentials.issuers.base import Identity
from services.credentials.leases import Leases
from shared.browser_checks import OpenedCheckBody, SeenBody
from shared.clock import Clock
from shared.database.access_reports import find_newest_report
from shared.database.browser_checks import (
    BrowserCheck,
    delete_unused_checks,
    find_browser_check,
    list_told_checks,
    tell_browser_check,
)
from shared.database.external_locations import ExternalLocation, get_external_location
from shared.database.ids import new_id
from shared.database.session import Database
from shared.database.storage_credentials import get_storage_credential
from shared.egress import EgressGuard
from shared.errors import ConflictError, NotFoundError, UrlsNotSignableError
from shared.leases import AccessGrant, Operation
from shared.storage.base import ObjectRow
from shared.storage.open import open_store
from shared.tokens import BrowserToken, mint_browser_token, parse_browser_token

LIFE = timedelta(hours=1)  # it is sent to somebody, who opens it when they read it
KEPT = timedelta(days=1)  # after its end, so that whoever comes late is told so

UNKNOWN = "There is no such browser check."
USED = "This link was used: ask for another one."
EXPIRED = "This link has expired: ask for another one."
NOT_VERIFIED = "Access to this location was never verified: a browser's checks join a report."

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class BrowserLink:
    """Where a browser goes, and until when; whoever has it can see one object."""

    url: str = field(repr=False)
    module_url: str = field(repr=False)
    expires_at: datetime


class BrowserLinks:
    """Make links, and keep what browsers tell through them. `gateway` is where browsers come to."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        credentials: StorageCredentials,
        leases: Leases,
        cloud_of: Callable[[Identity], CloudAccess],
        egress: EgressGuard,
        gateway: str,
    ) -> None:
        self._database = database
        self._clock = clock
        self._credentials = credentials
        self._leases = leases
        self._cloud_of = cloud_of
        self._egress = egress
        self._gateway = gateway

    async def make(self, org_id: UUID, location_id: UUID) -> BrowserLink:
        """Choose an object to show and make a link.

        Raise NotFoundError, ConflictError where access was never verified or nothing can be shown,
        UrlsNotSignableError, and what a listing raises.
        """
        async with self._database.begin(org_id) as session:
            await get_external_location(session, location_id)
            if await find_newest_report(session, location_id) is None:
                raise ConflictError(NOT_VERIFIED)
        sample = await self._choose(org_id, location_id)
        now = self._clock.now()
        async with self._database.begin(org_id) as session:
            await delete_unused_checks(session, now - KEPT)
            check_id = await new_id(session)
            text = mint_browser_token(org_id, check_id).get_secret_value()
            token = parse_browser_token(text)
            assert token is not None  # noqa: S101 (it was just made)
            row = BrowserCheck(
                check_id=check_id,
                org_id=org_id,
                location_id=location_id,
                secret_hash=token.secret_hash,
                key=sample.key,
                is_image=is_image(sample.key),
                expires_at=now + LIFE,
            )
            session.add(row)
        log.info("browser check made", location_id=str(location_id), check_id=str(check_id))
        base = f"{self._gateway}/v1/browser-checks/{text}/"
        return BrowserLink(base, f"{base}check.js", now + LIFE)

    async def open(self, org_id: UUID, token: str) -> OpenedCheckBody:
        """Return what a browser with this token looks at; it may open the link again.

        Raise NotFoundError for a token that is none of the organization's, and ConflictError for
        one that was used or has expired.
        """
        row, location = await self._find(org_id, token)
        return OpenedCheckBody(
            location_id=row.location_id,
            key=row.key,
            is_image=row.is_image,
            origins=location.origins,
            expires_at=row.expires_at,
        )

    async def tell(self, org_id: UUID, token: str, *, origin: str | None, seen: SeenBody) -> None:
        """Keep what a browser saw with the newest report, and use the link up; raise as `open`."""
        row, location = await self._find(org_id, token)
        rule = await self._rule(location)
        checks = judge_seen(seen, origin, location.origins, rule)
        async with self._database.begin(org_id) as session:
            newest = await find_newest_report(session, row.location_id)
            assert newest is not None  # noqa: S101 (there was one when the link was made)
            told = await tell_browser_check(
                session,
                row.check_id,
                report_id=newest.report_id,
                checks=[check.document() for check in checks],
                seen_at=self._clock.now(),
            )
        if not told:
            raise ConflictError(USED)
        log.info("browser check told", location_id=str(row.location_id), reached=seen.reached.value)

    async def list_seen(self, org_id: UUID, report_id: UUID) -> Sequence[dict[str, JsonValue]]:
        """List the checks that browsers made while a report was the newest, the last of each."""
        async with self._database.begin(org_id) as session:
            rows = await list_told_checks(session, report_id)
        checks = [check for row in rows for check in row.checks or ()]
        return list({(check["name"], check["subject"]): check for check in checks}.values())

    async def _choose(self, org_id: UUID, location_id: UUID) -> ObjectRow:
        reading = await self._leases.get(org_id, location_id, Operation.READ)
        if isinstance(reading.grant, AccessGrant):
            raise UrlsNotSignableError("The location's credential can sign no URLs.")
        lease = await self._leases.get(org_id, location_id, Operation.LIST)
        assert isinstance(lease.grant, AccessGrant)  # noqa: S101 (what a lease to LIST is)
        async with open_store(lease.bucket, lease.grant, egress=self._egress) as store:
            page = await first_page(store, lease.prefix)
        sample = find_sample(page.rows)
        if sample is None:
            raise ConflictError("The location has no object yet that a browser could be shown.")
        return sample

    async def _find(self, org_id: UUID, token: str) -> tuple[BrowserCheck, ExternalLocation]:
        parsed = parse_browser_token(token)
        if parsed is None or parsed.org_id != org_id:
            raise NotFoundError(UNKNOWN)
        async with self._database.begin(org_id) as session:
            row = await find_browser_check(session, parsed.check_id)
            if row is None or not _is_right(row, parsed):
                raise NotFoundError(UNKNOWN)
            location = await get_external_location(session, row.location_id)
        if row.seen_at is not None:
            raise ConflictError(USED)
        if row.expires_at <= self._clock.now():
            raise ConflictError(EXPIRED)
        return row, location

    async def _rule(self, location: ExternalLocation) -> CorsRule:
        """Return the remedy for CORS, as a report of this location has it."""
        async with self._database.begin(location.org_id) as session:
            credential = await get_storage_credential(session, location.credential_id)
        identity = await self._credentials.open(credential)
        subject = Subject(
            org_id=location.org_id,
            identity=identity,
            bucket=location.bucket,
            prefix=location.prefix,
            origins=tuple(location.origins),
            region=location.region,
        )
        cloud = self._cloud_of(identity)
        return CorsRule(cloud.cors_advice(subject), cloud.cors(subject))


def _is_right(row: BrowserCheck, token: BrowserToken) -> bool:
    return hmac.compare_digest(row.secret_hash, token.secret_hash)
