"""What the emulated Cloud Storage knows: buckets, objects, who may do what, keys and tokens.

Its methods are the customer's and the operator's consoles: they put objects and grant roles at
once, without a request.
"""

from collections import deque
from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from hashlib import md5
from typing import Literal, TypeAlias
from uuid import uuid4

from cryptography.hazmat.primitives.asymmetric.rsa import (
    RSAPrivateKey,
    RSAPublicKey,
    generate_private_key,
)

from deploy.local.clouds.gcs_questions import Question

READ_ONLY = "https://www.googleapis.com/auth/devstorage.read_only"
CLOUD_PLATFORM = "https://www.googleapis.com/auth/cloud-platform"

# "IAM roles for Cloud Storage", as far as their permissions matter here.
ROLES: dict[str, frozenset[str]] = {
    "roles/storage.objectViewer": frozenset({"storage.objects.get", "storage.objects.list"}),
    "roles/storage.legacyBucketReader": frozenset({"storage.buckets.get", "storage.objects.list"}),
    "roles/storage.legacyObjectReader": frozenset({"storage.objects.get"}),
    "roles/storage.objectAdmin": frozenset(
        f"storage.objects.{verb}" for verb in ("create", "delete", "get", "list", "update")
    ),
}
_READS = frozenset({"storage.objects.get", "storage.objects.list", "storage.buckets.get"})

Fault: TypeAlias = Literal["throttle", "fail", "reset", "truncate", "html"]
_NEVER = datetime.max.replace(tzinfo=UTC)
KEPT_QUESTIONS = 1000  # it may stand in for days
FIRST_GENERATION = 1_760_000_000_000_000  # microseconds, as Google's are


@dataclass(frozen=True)
class Stored:
    """One generation of an object. A composite one has no MD5."""

    name: str
    body: bytes
    generation: int
    created: datetime
    updated: datetime
    metageneration: int = 1
    storage_class: str = "STANDARD"
    content_type: str = "application/octet-stream"
    content_encoding: str | None = None
    composite: bool = False

    @property
    def md5(self) -> bytes | None:
        return None if self.composite else md5(self.body, usedforsecurity=False).digest()


@dataclass(frozen=True)
class CorsRule:
    origins: tuple[str, ...]
    methods: tuple[str, ...] = ("GET", "HEAD")
    response_headers: tuple[str, ...] = ()
    max_age: int = 3600


@dataclass
class StoredBucket:
    """A bucket: the generations of each name, the live one first if there is one."""

    name: str
    versioned: bool = False
    uniform_access: bool = True
    requester_pays: bool = False
    location: str = "EUROPE-WEST4"
    cors: list[CorsRule] = field(default_factory=list)
    live: dict[str, Stored] = field(default_factory=dict)
    noncurrent: dict[str, list[Stored]] = field(default_factory=dict)


@dataclass(frozen=True)
class Grant:
    """Permissions of a principal on a bucket, maybe below a prefix alone, by an IAM condition."""

    bucket: str
    principal: str
    permissions: frozenset[str]
    prefix: str = ""

    def allows(self, bucket: str, permission: str, name: str) -> bool:
        return (
            self.bucket == bucket
            and permission in self.permissions
            and name.startswith(self.prefix)
        )


@dataclass(frozen=True)
class Caller:
    """Who asks, and what the token itself leaves of their permissions."""

    principal: str
    scopes: frozenset[str] = frozenset({CLOUD_PLATFORM})
    expires_at: datetime = _NEVER
    boundary: tuple[Grant, ...] | None = None

    def leaves(self, bucket: str, permission: str, name: str) -> bool:
        in_scope = CLOUD_PLATFORM in self.scopes or (
            READ_ONLY in self.scopes and permission in _READS
        )
        return in_scope and (
            self.boundary is None
            or any(rule.allows(bucket, permission, name) for rule in self.boundary)
        )


@dataclass
class ServiceAccount:
    """An identity with a key pair of Google's, HMAC keys, and those who may act as it.

    Those of `signers` may sign as it and get no token (iam.serviceAccounts.signBlob alone).
    """

    email: str
    private_key: RSAPrivateKey
    hmac_keys: dict[str, str] = field(default_factory=dict)
    token_creators: set[str] = field(default_factory=set)
    signers: set[str] = field(default_factory=set)

    def lets(self, who: str, method: str) -> bool:
        return who in self.token_creators or (method == "signBlob" and who in self.signers)


@dataclass(frozen=True)
class IdentityProvider:
    """An OIDC issuer that a workload identity pool trusts; `audience` names the pool's provider."""

    audience: str
    issuer: str
    public_key: RSAPublicKey

    def principal(self, subject: str) -> str:
        pool = self.audience.removeprefix("//").rpartition("/providers/")[0]
        return f"principal://{pool}/subject/{subject}"


class GcsWorld:
    """All of it, and the faults that the next requests meet."""

    def __init__(self, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.now = now
        self.url = ""
        self.buckets: dict[str, StoredBucket] = {}
        self.grants: list[Grant] = []
        self.tokens: dict[str, Caller] = {}
        self.accounts: dict[str, ServiceAccount] = {}
        self.providers: dict[str, IdentityProvider] = {}
        self.faults: deque[Fault] = deque()
        self.asked: deque[Question] = deque(maxlen=KEPT_QUESTIONS)
        self._generation = FIRST_GENERATION

    # --- The customer's console ---------------------------------------------------------------

    def add_bucket(self, name: str, **settings: bool) -> StoredBucket:
        self.buckets[name] = StoredBucket(name, **settings)  # type: ignore[arg-type]
        return self.buckets[name]

    def put(self, bucket: str, name: str, body: bytes = b"", **fields: str | bool) -> Stored:
        """Store a new generation; the one before is kept if the bucket keeps versions."""
        self._archive(bucket, name)
        self._generation += 1
        now = self.now()
        stored = Stored(name, body, self._generation, now, now, **fields)  # type: ignore[arg-type]
        self.buckets[bucket].live[name] = stored
        return stored

    def touch(self, bucket: str, name: str) -> None:
        """Edit an object's metadata, which makes no new generation."""
        old = self.buckets[bucket].live[name]
        self.buckets[bucket].live[name] = replace(
            old,
            metageneration=old.metageneration + 1,
            updated=self.now() + timedelta(seconds=1),
        )

    def remove(self, bucket: str, name: str) -> None:
        self._archive(bucket, name)
        self._generation += 1  # time goes by
        self.buckets[bucket].live.pop(name)

    def _archive(self, bucket: str, name: str) -> None:
        place = self.buckets[bucket]
        if place.versioned and name in place.live:
            place.noncurrent.setdefault(name, []).insert(0, place.live[name])

    def grant(
        self,
        bucket: str,
        principal: str,
        role: str = "roles/storage.objectViewer",
        prefix: str = "",
    ) -> None:
        self.grants.append(Grant(bucket, principal, ROLES[role], prefix))

    def revoke(self, bucket: str, principal: str) -> None:
        self.grants = [
            each for each in self.grants if (each.bucket, each.principal) != (bucket, principal)
        ]

    # --- The operator's console ---------------------------------------------------------------

    def add_account(self, email: str, *, token_creators: Collection[str] = ()) -> ServiceAccount:
        account = ServiceAccount(email, _key_pair(), token_creators=set(token_creators))
        self.accounts[email] = account
        return account

    def add_hmac_key(self, email: str) -> tuple[str, str]:
        """Return the access id and the secret of a new HMAC key of a service account."""
        access_id, secret = f"GOOG1E{uuid4().hex.upper()}", f"{uuid4().hex}+/="
        self.accounts[email].hmac_keys[access_id] = secret
        return access_id, secret

    def add_provider(self, audience: str, issuer: str, public_key: RSAPublicKey) -> None:
        self.providers[audience] = IdentityProvider(audience, issuer, public_key)

    def issue_token(
        self,
        principal: str,
        *,
        scopes: Collection[str] = (READ_ONLY,),
        lifetime: timedelta = timedelta(hours=1),
        boundary: tuple[Grant, ...] | None = None,
    ) -> str:
        token = f"ya29.{uuid4().hex}"
        expires_at = self.now() + lifetime
        self.tokens[token] = Caller(principal, frozenset(scopes), expires_at, boundary)
        return token

    def fail_next(self, fault: Fault, times: int = 1) -> None:
        """Let the next requests fail: for storage and identity alike."""
        self.faults.extend([fault] * times)

    # --- What the server asks -----------------------------------------------------------------

    def caller_of(self, token: str) -> Caller | None:
        caller = self.tokens.get(token)
        return caller if caller is not None and caller.expires_at > self.now() else None

    def allows(self, caller: Caller, bucket: str, permission: str, name: str = "") -> bool:
        """Say whether a caller has a permission; `name` is an object's, or a listing's prefix."""
        return caller.leaves(bucket, permission, name) and any(
            grant.principal == caller.principal and grant.allows(bucket, permission, name)
            for grant in self.grants
        )

    def owner_of(self, access_id: str) -> tuple[ServiceAccount, str] | None:
        """Return the account and the secret of an HMAC key."""
        for account in self.accounts.values():
            if access_id in account.hmac_keys:
                return account, account.hmac_keys[access_id]
        return None


@cache
def _key_pair() -> RSAPrivateKey:
    """Return one key pair for all accounts: to make another takes a tenth of a second."""
    return generate_private_key(public_exponent=65537, key_size=2048)
