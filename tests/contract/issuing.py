"""A storage credential method as the issuers' suite tries it: the customer's side, and ours."""

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import Enum
from http import HTTPStatus
from typing import Any, ClassVar
from uuid import UUID

import aiohttp

from services.credentials.issuers.base import Identity, Reach, Session
from services.credentials.issuers.clouds import CloudIssuers
from shared.clock import Clock
from shared.egress import EgressGuard
from shared.errors import AppError, StorageDeniedError
from shared.leases import ANY_REGION, Bucket, Operation, RemoteSigning, SigningGrant
from shared.storage.base import ObjectStore
from shared.storage.open import open_store
from shared.storage.signing.base import UrlRequest
from shared.storage.signing.local import presign
from tests.fetching import fetch
from tests.hard_keys import HARD_KEYS

GUARD = EgressGuard(allow_private=True)
MINUTE = timedelta(minutes=1)
LONGEST_OBJECT = 2_048  # bytes

ASKS_NOBODY = "What the customer gave opens the store itself: no identity provider is asked."
SIGNED_BY_THE_VAULT = (
    "The vault signs each URL, for keys below the prefix alone, with the credential as it is then: "
    "see SignedUrls."
)


class Trouble(Enum):
    """What an identity provider may be in."""

    THROTTLED = "throttled"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True)
class Holder:
    """Who holds a session, and does with it what the importer and the gateway do.

    `clock` tells the cloud's time.
    """

    issuers: CloudIssuers
    clock: Clock
    org_id: UUID
    identity: Identity
    reach: Reach
    session: Session

    def at(self, bucket: Bucket) -> "Holder":
        """Return one who tries the same session at another bucket."""
        return replace(self, reach=replace(self.reach, bucket=bucket))

    async def list_keys(self, *prefixes: str) -> list[list[str]]:
        async with self._store() as store:
            return [await _keys_below(store, prefix) for prefix in prefixes]

    async def read(self, *keys: str) -> list[bytes]:
        async with self._store() as store:
            return [await store.read_range(key, 0, LONGEST_OBJECT) for key in keys]

    async def sign(
        self, *requests: UrlRequest, ago: timedelta = timedelta(), life: timedelta = MINUTE
    ) -> list[str]:
        """Sign as the gateway does, or have it done."""
        signed_at = self.clock.now().replace(microsecond=0) - ago
        bucket, signing = self.reach.bucket, self.session.signing
        assert signing is not None
        if isinstance(signing, RemoteSigning):
            return await self.issuers.sign_urls(
                self.org_id, self.identity, bucket, requests, signed_at=signed_at, expires_in=life
            )
        return presign(bucket, signing, requests, signed_at=signed_at, expires_in=life)

    # --- what is served, and what is denied ---------------------------------------------------

    async def may_list(self, *prefixes: str) -> list[bool]:
        async with self._store() as store:
            return [await _is_served(_keys_below(store, prefix)) for prefix in prefixes]

    async def may_read(self, *keys: str) -> list[bool]:
        async with self._store() as store:
            return [await _is_served(store.read_range(key, 0, LONGEST_OBJECT)) for key in keys]

    async def may_fetch(
        self,
        http: aiohttp.ClientSession,
        *keys: str,
        ago: timedelta = timedelta(),
        life: timedelta = MINUTE,
    ) -> list[bool]:
        urls = await self.sign(*map(UrlRequest, keys), ago=ago, life=life)
        statuses = [(await fetch(http, url))[0] for url in urls]
        assert set(statuses) <= {200, 400, 403}  # Cloud Storage says ExpiredToken with 400
        return [status == HTTPStatus.OK for status in statuses]

    async def gains(self, http: aiohttp.ClientSession, key: str) -> list[str]:
        """Return what it gets of a bucket: its keys, an object, and the object by a URL."""
        if self.reach.operation is Operation.LIST:
            return ["keys"] * all(await self.may_list(""))
        by_url = self.session.signing is not None and all(await self.may_fetch(http, key))
        return ["object"] * all(await self.may_read(key)) + ["url"] * by_url

    async def is_served_still(self, http: aiohttp.ClientSession, key: str) -> bool:
        """Say whether a lease would do, though its URLs were signed to live for longer."""
        if self.reach.operation is Operation.LIST:
            return all(await self.may_list(""))
        if self.session.signing is None:
            return all(await self.may_read(key))
        return all(await self.may_fetch(http, key, ago=2 * MINUTE, life=10 * MINUTE))

    async def use(self, key: str) -> None:
        """Do what the session is for; raise what the store raises."""
        if self.reach.operation is Operation.LIST:
            await self.list_keys("")
        else:
            await self.read(key)

    def _store(self) -> ObjectStore:
        return open_store(self.reach.bucket, self.session.access, egress=GUARD)


async def _keys_below(store: ObjectStore, prefix: str) -> list[str]:
    return [row.key async for page in store.list_pages(prefix) for row in page.rows]


async def _is_served(asking: Awaitable[object]) -> bool:
    try:
        await asking
    except StorageDeniedError:
        return False
    return True


class Method(ABC):
    """One method: an entry of the suite.

    It is made with what the fixture `scene` gives. A session to READ signs with what `signing`
    says. What is not so for a method stands here with its reason, and is tried as well: operations
    that are `wide` reach beyond the prefix, those that are `lasting` go on after the session, and
    what opens the `whole_account` opens buckets that nobody granted. Where `asks_nobody` says why,
    no identity provider is in the way. `refusal` is what a refused identity comes to.
    """

    name: ClassVar[str]
    scene: ClassVar[str]
    signing: ClassVar[type[SigningGrant] | None]
    region: ClassVar[str] = ANY_REGION
    wide: ClassVar[Mapping[Operation, str]] = {}
    lasting: ClassVar[Mapping[Operation, str]] = {}
    whole_account: ClassVar[str] = ""
    asks_nobody: ClassVar[str] = ""
    refusal: ClassVar[type[AppError]] = StorageDeniedError
    hard_keys: ClassVar[tuple[str, ...]] = HARD_KEYS

    @abstractmethod
    def __init__(self, scene: Any) -> None:
        """Take what the fixture gives."""

    # --- the customer's console ---------------------------------------------------------------

    @abstractmethod
    async def make_bucket(self, *keys: str) -> str:
        """Make a bucket with objects, each of which holds its key, and return its name."""

    @abstractmethod
    async def remove_bucket(self, name: str) -> None:
        """Remove a bucket that holds nothing."""

    @abstractmethod
    async def connect(self, org_id: UUID, *buckets: str) -> Identity:
        """Give an organization an identity that lists and reads all of the customer's buckets.

        Without buckets it is one of another customer's, which was granted none of them.
        """

    @abstractmethod
    async def withdraw(self, identity: Identity) -> None:
        """Delete the identity, or what proves it, at the cloud."""

    # --- the vault ----------------------------------------------------------------------------

    @abstractmethod
    def claim(self, org_id: UUID, identity: Identity) -> Identity:
        """Return what the vault holds for an organization that names another one's identity.

        It knows everything but the secrets.
        """

    @property
    @abstractmethod
    def issuers(self) -> CloudIssuers:
        """Return the issuers as the vault has them."""

    @property
    @abstractmethod
    def clock(self) -> Clock:
        """Return what tells the cloud's time."""

    @abstractmethod
    def troubled(self, trouble: Trouble) -> AbstractAsyncContextManager[CloudIssuers]:
        """Give issuers whose identity provider is in trouble."""

    @abstractmethod
    def aged(
        self, org_id: UUID, bucket: str, operation: Operation, left: timedelta
    ) -> AbstractAsyncContextManager[Holder]:
        """Connect, and give a session of which this is left: less than nothing, when it is over."""

    def bucket(self, identity: Identity, name: str) -> Bucket:
        return self.issuers.bucket(identity, name, self.region)

    async def hold(
        self,
        org_id: UUID,
        identity: Identity,
        bucket: str,
        operation: Operation,
        *,
        prefix: str = "",
        issuers: CloudIssuers | None = None,
    ) -> Holder:
        """Issue a session."""
        issuers = issuers or self.issuers
        reach = Reach(self.bucket(identity, bucket), prefix, operation)
        session = await issuers.issue(org_id, identity, reach)
        return Holder(issuers, self.clock, org_id, identity, reach, session)
