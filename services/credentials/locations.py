"""ExternalLocations: which bucket and prefix a credential may reach."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from services.credentials.access.checks import Status, ask_check
from services.credentials.access.cloud_access import CloudAccess
from services.credentials.access.subjects import Subject
from services.credentials.credentials import StorageCredentials, require_active
from services.credentials.health.records import HealthRecords
from services.credentials.health.states import Health
from services.credentials.issuers.base import Identity
from services.credentials.region_names import is_region
from shared.clock import Clock
from shared.database.external_locations import (
    ExternalLocation,
    get_external_location,
    insert_external_location,
    list_external_locations,
    list_locations_of_credential,
)
from shared.database.location_health import forget_health, list_health_states
from shared.database.sealed_leases import delete_leases_of_location
from shared.database.session import Database, Session
from shared.database.storage_credentials import StorageCredential, get_storage_credential
from shared.errors import InvalidInputError, InvalidUriError, LocationNotVerifiedError
from shared.leases import Bucket
from shared.origins import parse_origin
from shared.storage.base import UndecodableKey, decode_key
from shared.uris import BucketUri

MOST_ORIGINS = 50  # far below what a CORS document of 64 KB holds
FIRST_LOOK = timedelta(minutes=5)  # who attaches a location verifies it, as a rule, before that


@dataclass(frozen=True, slots=True)
class AttachedLocation:
    """A location and how its access is."""

    location: ExternalLocation
    health: Health


@dataclass(frozen=True, slots=True)
class LocationPlan:
    """A location as it was asked for: what is verified before, and stored when it is created."""

    credential: StorageCredential
    uri: BucketUri
    origins: tuple[str, ...]
    region: str | None

    def subject(self, identity: Identity) -> Subject:
        """Return what is verified, with the opened credential."""
        return Subject(
            org_id=self.credential.org_id,
            identity=identity,
            bucket=self.uri.bucket,
            prefix=self.uri.prefix,
            origins=self.origins,
            region=self.region,
        )


class ExternalLocations:
    """Attach, change and detach locations."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        credentials: StorageCredentials,
        cloud_of: Callable[[Identity], CloudAccess],
        records: HealthRecords,
    ) -> None:
        self._database = database
        self._clock = clock
        self._credentials = credentials
        self._cloud_of = cloud_of
        self._records = records

    async def plan(
        self,
        org_id: UUID,
        credential_id: UUID,
        *,
        uri: str,
        origins: Sequence[str],
        region: str | None,
    ) -> LocationPlan:
        """Read what a caller asks for. Raise InvalidInputError, or NotFoundError."""
        accepted = parse_origins(origins)
        if region is not None and not is_region(region):
            raise InvalidInputError("A region looks like eu-central-1.", field="region")
        credential = await self._credentials.get(org_id, credential_id)
        require_active(credential)
        parsed = parse_reached_uri(uri, credential)
        return LocationPlan(credential, parsed, accepted, region)

    async def attach(self, name: str, plan: LocationPlan) -> AttachedLocation:
        """Store a planned location.

        Raise ConflictError when there is one already, and LocationNotVerifiedError when it would
        be reached through a role that does not enforce the ExternalId.
        """
        subject = plan.subject(await self._credentials.open(plan.credential))
        cloud = self._cloud_of(subject.identity)
        bucket = await _find_bucket(cloud, subject)
        await _require_apart(cloud, subject, bucket)
        async with self._database.begin(plan.credential.org_id) as session:
            credential = await get_storage_credential(
                session, plan.credential.credential_id, lock=True
            )
            require_active(credential)
            made = await insert_external_location(
                session,
                org_id=credential.org_id,
                credential_id=credential.credential_id,
                name=name,
                provider=plan.uri.provider.value,
                bucket=plan.uri.bucket,
                prefix=plan.uri.prefix,
                region=bucket.region,
                origins=plan.origins,
            )
            now = self._clock.now()
            await self._records.begin(session, made.org_id, made.location_id, now, now + FIRST_LOOK)
        return AttachedLocation(made, Health.UNKNOWN)

    async def get(self, org_id: UUID, location_id: UUID) -> AttachedLocation:
        """Return an attached location, or raise NotFoundError."""
        async with self._database.begin(org_id) as session:
            location = await get_external_location(session, location_id)
            (found,) = await _with_health(session, [location])
        return found

    async def list(
        self, org_id: UUID, *, after: UUID | None, limit: int
    ) -> Sequence[AttachedLocation]:
        """Return the organization's attached locations in order of their ids."""
        async with self._database.begin(org_id) as session:
            locations = await list_external_locations(session, after=after, limit=limit)
            return await _with_health(session, locations)

    async def change(
        self, org_id: UUID, location_id: UUID, *, name: str | None, origins: Sequence[str] | None
    ) -> AttachedLocation:
        """Change what is given."""
        accepted = None if origins is None else parse_origins(origins)
        async with self._database.begin(org_id) as session:
            location = await get_external_location(session, location_id)
            if name is not None:
                location.name = name
            if accepted is not None:
                location.origins = list(accepted)
            (changed,) = await _with_health(session, [location])
        return changed

    async def require_apart(self, credential: StorageCredential, identity: Identity) -> None:
        """Raise LocationNotVerifiedError for an identity that others could name as theirs.

        It shall take the place of a credential's. While that reaches no location nothing is asked.
        """
        async with self._database.begin(credential.org_id) as session:
            attached = await list_locations_of_credential(session, credential.credential_id)
        for location in attached[:1]:  # what others could name does not depend on the bucket
            subject = Subject(
                org_id=credential.org_id,
                identity=identity,
                bucket=location.bucket,
                prefix=location.prefix,
                origins=(),
                region=location.region,
            )
            cloud = self._cloud_of(identity)
            await _require_apart(cloud, subject, cloud.guess(subject))

    async def detach(self, org_id: UUID, location_id: UUID) -> None:
        """Reach this location no more; its assets stay known, and nothing is done in the bucket."""
        async with self._database.begin(org_id) as session:
            location = await get_external_location(session, location_id)
            await get_storage_credential(session, location.credential_id, lock=True)
            location.detached_at = self._clock.now()
            await delete_leases_of_location(session, location_id)
            await forget_health(session, [location_id])


async def _with_health(
    session: Session, locations: Sequence[ExternalLocation]
) -> Sequence[AttachedLocation]:
    states = await list_health_states(session, [each.location_id for each in locations])
    return [
        AttachedLocation(each, Health(states.get(each.location_id, Health.UNKNOWN)))
        for each in locations
    ]


async def _find_bucket(cloud: CloudAccess, subject: Subject) -> Bucket:
    place = await cloud.locate(subject)
    if place.bucket is None:
        raise place.error or InvalidUriError(place.finding.sentence, field="uri")
    return place.bucket


async def _require_apart(cloud: CloudAccess, subject: Subject, bucket: Bucket) -> None:
    """Keep out identities that any organization could name as its own.

    AWS asks vendors not to use such a role (see IdentityChecks).
    """
    question = cloud.ask_isolation(subject, bucket)
    if question is None:
        return
    check = await ask_check(question.name, question.ask())
    if check.status is Status.FAILED:
        raise LocationNotVerifiedError(
            "A location is not reached through an identity that others could name as theirs.",
            failed_checks=[check.document()],
        )


def parse_location_uri(text: str) -> BucketUri:
    """Read a location's URI, or raise InvalidUriError (field `uri`)."""
    try:
        uri = BucketUri.parse_location(text)
    except InvalidUriError as error:
        raise InvalidUriError(error.detail, field="uri") from error
    if isinstance(decode_key(uri.prefix.encode()), UndecodableKey):
        raise InvalidUriError("The prefix holds a character that no key can have.", field="uri")
    return uri


def parse_reached_uri(text: str, credential: StorageCredential) -> BucketUri:
    """Read the URI of a location in the credential's cloud, or raise InvalidUriError."""
    uri = parse_location_uri(text)
    if uri.provider != credential.provider:
        raise InvalidUriError(
            f"This credential reaches buckets of {credential.provider}:// URIs.", field="uri"
        )
    return uri


def parse_origins(texts: Sequence[str]) -> tuple[str, ...]:
    """Read browser origins, each once, or raise InvalidInputError (field `origins`)."""
    accepted = tuple(dict.fromkeys(parse_origin(text) for text in texts))
    if len(accepted) > MOST_ORIGINS:
        raise InvalidInputError(f"A location has at most {MOST_ORIGINS} origins.", field="origins")
    return accepted
