"""What sessions of every storage credential method do: one suite for all issuers.

A new method is done when this passes with one more entry.
"""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from traceback import format_exception

import aiohttp
import pytest
from pydantic import SecretStr

from services.credentials.issuers.base import Identity
from shared.errors import (
    AppError,
    BucketNotFoundError,
    CloudIdentityError,
    StorageDeniedError,
    StorageThrottledError,
    StorageUnavailableError,
)
from shared.leases import Operation
from shared.storage.signing.base import UrlRequest
from tests.conftest import Tenant
from tests.contract.issuing import MINUTE, Method, Trouble
from tests.contract.issuing_azure import (
    ByAccountKey,
    BySasToken,
    ByServicePrincipal,
    ByTenantConsent,
)
from tests.contract.issuing_gcs import (
    ByHmacKey,
    ByServiceAccountGrant,
    ByServiceAccountKey,
    ByWorkloadIdentity,
)
from tests.contract.issuing_s3 import ByAccessKey, ByAssumedRole, ByOrganizationRole
from tests.fetching import fetch

METHODS: tuple[type[Method], ...] = (
    ByAssumedRole,
    ByOrganizationRole,
    ByAccessKey,
    ByServiceAccountGrant,
    ByWorkloadIdentity,
    ByServiceAccountKey,
    ByHmacKey,
    ByTenantConsent,
    ByServicePrincipal,
    ByAccountKey,
    BySasToken,
)
KEYS = ("a/1", "a/b", "a/b/2", "a/bc", "ab/3", "b/4")
LIST, READ = Operation.LIST, Operation.READ
SHOWS = 7  # characters; of less, any text may have some


@pytest.fixture(params=METHODS, ids=lambda kind: kind.name)
def method(request: pytest.FixtureRequest) -> Method:
    kind: type[Method] = request.param
    return kind(request.getfixturevalue(kind.scene))


each_that_signs = pytest.mark.parametrize(
    "method",
    [kind for kind in METHODS if kind.signing is not None],
    ids=lambda kind: kind.name,
    indirect=True,
)
each_operation = pytest.mark.parametrize("operation", Operation)


async def connect(method: Method, tenant: Tenant, *keys: str) -> tuple[Identity, str]:
    """Connect a new bucket with these objects."""
    bucket = await method.make_bucket(*keys)
    return await method.connect(tenant.org_id, bucket), bucket


# --- what a session does -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("prefix", "inside", "outside"),
    [
        ("a/", ("a/", "a/b", "a/b/"), ("", "a", "ab/", "b/")),
        ("a/b/", ("a/b/", "a/b/2"), ("", "a/", "a/b", "a/bc", "ab/")),
    ],
)
async def test_a_session_to_list_lists_what_is_below_its_prefix_and_nothing_else(
    method: Method, tenant: Tenant, prefix: str, inside: tuple[str, ...], outside: tuple[str, ...]
) -> None:
    identity, bucket = await connect(method, tenant, *KEYS)
    holder = await method.hold(tenant.org_id, identity, bucket, LIST, prefix=prefix)
    below = [[key for key in KEYS if key.startswith(each)] for each in inside]
    assert await holder.list_keys(*inside) == below
    assert await holder.may_list(*outside) == [LIST in method.wide] * len(outside)


async def test_a_session_to_list_signs_nothing(method: Method, tenant: Tenant) -> None:
    identity, bucket = await connect(method, tenant)
    holder = await method.hold(tenant.org_id, identity, bucket, LIST)
    assert holder.session.signing is None


async def test_a_session_to_read_reads_whatever_the_keys_are(
    method: Method, tenant: Tenant
) -> None:
    keys = method.hard_keys
    identity, bucket = await connect(method, tenant, *keys)
    holder = await method.hold(tenant.org_id, identity, bucket, READ)
    assert await holder.read(*keys) == [key.encode() for key in keys]
    assert isinstance(holder.session.signing, method.signing or type(None))


@each_that_signs
async def test_the_urls_that_a_session_signs_fetch_whatever_the_keys_are(
    method: Method, tenant: Tenant, http: aiohttp.ClientSession
) -> None:
    keys = method.hard_keys
    identity, bucket = await connect(method, tenant, *keys)
    holder = await method.hold(tenant.org_id, identity, bucket, READ)
    gets = await holder.sign(*(UrlRequest(key) for key in keys))
    heads = await holder.sign(*(UrlRequest(key, "HEAD") for key in keys))
    assert [(await fetch(http, url))[:2] for url in gets] == [(200, key.encode()) for key in keys]
    assert [(await fetch(http, url, "HEAD"))[:2] for url in heads] == [(200, b"")] * len(keys)


async def test_a_session_to_read_reads_what_is_below_its_prefix_and_nothing_else(
    method: Method, tenant: Tenant, http: aiohttp.ClientSession
) -> None:
    identity, bucket = await connect(method, tenant, *KEYS)
    holder = await method.hold(tenant.org_id, identity, bucket, READ, prefix="a/b/")
    everything = ["object"] if method.signing is None else ["object", "url"]
    assert await holder.gains(http, "a/b/2") == everything
    found = [await holder.gains(http, key) for key in ("a/bc", "a/1", "ab/3")]
    assert found == [everything if READ in method.wide else []] * 3


# --- for how long --------------------------------------------------------------------------------


@each_that_signs
async def test_a_url_fetches_nothing_once_its_time_is_over(
    method: Method, tenant: Tenant, http: aiohttp.ClientSession
) -> None:
    identity, bucket = await connect(method, tenant, "a")
    holder = await method.hold(tenant.org_id, identity, bucket, READ)
    assert await holder.may_fetch(http, "a", ago=2 * MINUTE, life=4 * MINUTE) == [True]
    assert await holder.may_fetch(http, "a", ago=2 * MINUTE, life=MINUTE) == [False]


@each_operation
async def test_a_session_does_until_it_expires(
    method: Method, tenant: Tenant, operation: Operation, http: aiohttp.ClientSession
) -> None:
    bucket = await method.make_bucket("a")
    async with method.aged(tenant.org_id, bucket, operation, left=MINUTE) as holder:
        assert await holder.is_served_still(http, "a")


@each_operation
async def test_neither_a_session_nor_what_it_signed_does_for_longer_than_it_says(
    method: Method, tenant: Tenant, operation: Operation, http: aiohttp.ClientSession
) -> None:
    bucket = await method.make_bucket("a")
    async with method.aged(tenant.org_id, bucket, operation, left=-MINUTE) as holder:
        assert await holder.is_served_still(http, "a") == (operation in method.lasting)


# --- buckets -------------------------------------------------------------------------------------


@each_operation
async def test_a_session_opens_no_other_bucket(
    method: Method, tenant: Tenant, operation: Operation, http: aiohttp.ClientSession
) -> None:
    identity, bucket = await connect(method, tenant, "a")
    holder = await method.hold(tenant.org_id, identity, bucket, operation)
    other = method.bucket(identity, await method.make_bucket("a"))
    signed = ["url"] if operation is READ and method.whole_account else []
    assert await holder.at(other).gains(http, "a") == signed


@each_operation
async def test_a_bucket_that_nobody_granted_opens_to_no_session(
    method: Method, tenant: Tenant, operation: Operation, http: aiohttp.ClientSession
) -> None:
    identity, bucket = await connect(method, tenant, "a")
    other = await method.make_bucket("a")
    granted, found = [
        await (await method.hold(tenant.org_id, identity, each, operation)).gains(http, "a")
        for each in (bucket, other)
    ]
    assert granted
    assert found == (granted if method.whole_account else [])


@each_operation
async def test_a_bucket_that_is_gone_is_not_found(
    method: Method, tenant: Tenant, operation: Operation
) -> None:
    identity, bucket = await connect(method, tenant)
    await method.remove_bucket(bucket)
    holder = await method.hold(tenant.org_id, identity, bucket, operation)
    with pytest.raises(BucketNotFoundError):
        await holder.use("a")


# --- identities ----------------------------------------------------------------------------------


@each_operation
async def test_an_identity_that_was_withdrawn_is_denied_and_no_secret_shows(
    method: Method, tenant: Tenant, operation: Operation
) -> None:
    identity, bucket = await connect(method, tenant, "a")
    holder = await method.hold(tenant.org_id, identity, bucket, operation)
    secrets = {*secrets_of(identity), *secrets_of(holder.session)}
    assert secrets
    await method.withdraw(identity)
    with pytest.raises(method.refusal) as refused:
        await (await method.hold(tenant.org_id, identity, bucket, operation)).use("a")
    error = refused.value
    shown = [repr(identity), repr(holder.session), str(holder.session), error.detail]
    shown += [str(error), repr(error), repr(error.members), *format_exception(error)]
    assert not [text for text in shown if any(secret in text for secret in secrets)]


def secrets_of(value: object) -> list[str]:
    """Return every secret and derived key in a value as it would show, a PEM by its lines."""
    if isinstance(value, SecretStr):
        return [line for line in value.get_secret_value().splitlines() if len(line) >= SHOWS]
    if isinstance(value, bytes):
        return [repr(value), value.hex()]
    parts: list[object] = []
    if isinstance(value, Mapping):
        parts = [*value.values()]
    elif is_dataclass(value):
        parts = [getattr(value, each.name) for each in fields(value)]
    return [secret for part in parts for secret in secrets_of(part)]


@pytest.mark.parametrize(
    ("trouble", "error"),
    [
        (Trouble.THROTTLED, StorageThrottledError),
        (Trouble.UNREACHABLE, StorageUnavailableError),
    ],
)
async def test_an_identity_provider_in_trouble_is_told_as_such_by_who_asks_it(
    method: Method, tenant: Tenant, trouble: Trouble, error: type[AppError]
) -> None:
    identity, bucket = await connect(method, tenant, "a")
    for operation in Operation:
        async with method.troubled(trouble) as issuers:
            issuing = method.hold(tenant.org_id, identity, bucket, operation, issuers=issuers)
            if method.asks_nobody:
                await issuing
                continue
            with pytest.raises(error):
                await issuing


# --- two organizations ---------------------------------------------------------------------------


async def gains_of(
    method: Method, tenant: Tenant, identity: Identity, bucket: str, http: aiohttp.ClientSession
) -> list[str]:
    """Return what an organization gets out of a bucket by all that it may try."""
    found = []
    for operation in Operation:
        try:
            holder = await method.hold(tenant.org_id, identity, bucket, operation)
        except (StorageDeniedError, CloudIdentityError):
            continue
        found += await holder.gains(http, "a")
    return found


async def test_another_organization_gets_nothing_by_naming_the_identity(
    method: Method, tenant: Tenant, other_tenant: Tenant, http: aiohttp.ClientSession
) -> None:
    identity, bucket = await connect(method, tenant, "a")
    assert await gains_of(method, tenant, identity, bucket, http)
    claimed = method.claim(other_tenant.org_id, identity)
    assert await gains_of(method, other_tenant, claimed, bucket, http) == []


async def test_another_organization_gets_nothing_by_naming_the_bucket(
    method: Method, tenant: Tenant, other_tenant: Tenant, http: aiohttp.ClientSession
) -> None:
    _, bucket = await connect(method, tenant, "a")
    own = await method.connect(other_tenant.org_id)
    assert await gains_of(method, other_tenant, own, bucket, http) == []
