"""Sessions of roles at a Ceph's STS: as narrow and as short as they are said to be."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import httpx
import pytest
from pydantic import SecretStr

from deploy.local.clouds.aws import Keys
from services.credentials.arns import parse_principal_arn, parse_role_arn
from services.credentials.issuers.aws import AwsIssuer
from services.credentials.issuers.base import CustomerRole, Reach
from services.credentials.issuers.clients import AwsAddress, AwsClients
from services.credentials.issuers.role_sessions import Assumption, RoleSessions, SessionLimit
from services.credentials.setup.policies import policy, read_statement, trust_policy
from shared.clock import SystemClock
from shared.egress import EgressGuard
from shared.errors import StorageDeniedError, StorageError
from shared.leases import Operation, SessionKeys
from shared.storage.base import ObjectStore
from shared.storage.open import open_store
from shared.storage.signing.s3 import derive_signing_key, presign_s3
from tests.integration.ceph import Ceph
from tests.integration.customers import REGION, Customer, open_trust

pytestmark = pytest.mark.integration

TENANT = "111111111111"
USER = "issuer"
OURS = f"arn:aws:iam::{TENANT}:user/{USER}"
ORG_ID = UUID("5b0c7e0e-3f0e-4c0e-9d1e-6f1f6d0c8a11")
EXTERNAL_ID = "6f0f6a4e-2a53-4d3c-9a55-2f7a0f5d7a10"


@pytest.fixture(scope="module")
async def sessions(ceph: Ceph) -> AsyncIterator[RoleSessions]:
    """The vault's part that assumes roles, as a user whom customers trust."""
    keys = ceph.make_user(USER, tenant=TENANT)
    address = AwsAddress("us-east-1", ceph.sts_endpoint, ceph.sts_endpoint, ceph.sts_endpoint)
    async with AwsClients(
        address, keys.access_key_id, SecretStr(keys.secret_access_key)
    ) as clients:
        yield RoleSessions(clients, parse_principal_arn(OURS), "us-east-1", SystemClock())


@pytest.fixture
def issuer(ceph: Ceph, sessions: RoleSessions) -> AwsIssuer:
    address = AwsAddress("us-east-1", ceph.sts_endpoint, ceph.sts_endpoint, ceph.sts_endpoint)
    return AwsIssuer(sessions, address, SystemClock())


@pytest.fixture
def customer(ceph: Ceph) -> Customer:
    customer = Customer.make(ceph, tenant=f"{uuid4().int % 10**12:012}")
    customer.put("a", "b")
    replace(customer, prefix="elsewhere/").put("c")
    return customer


def role_of(customer: Customer) -> CustomerRole:
    return CustomerRole(parse_role_arn(customer.role_arn), EXTERNAL_ID)


def reach_of(customer: Customer, operation: Operation) -> Reach:
    return Reach(customer.sts_place, customer.prefix, operation)


async def assume_to_read(sessions: RoleSessions, customer: Customer) -> Keys:
    """Assume the role with the policy for reading, but for its statement on KMS."""
    reads = policy(read_statement("aws", customer.bucket, customer.prefix))
    text = json.dumps(reads, separators=(",", ":"))  # no space is sent as a plus, which RGW keeps
    asked = Assumption(ORG_ID, role_of(customer), REGION, None, text)
    keys = (await sessions.assume_longest(asked)).session.access
    assert isinstance(keys, SessionKeys)
    assert keys.session_token is not None
    secret, token = keys.secret_access_key, keys.session_token
    return Keys(keys.access_key_id, secret.get_secret_value(), token.get_secret_value())


async def list_keys(store: ObjectStore, prefix: str) -> list[str]:
    return [row.key async for page in store.list_pages(prefix) for row in page.rows]


async def test_a_session_to_list_lists_the_prefix_and_reads_nothing(
    issuer: AwsIssuer, customer: Customer
) -> None:
    customer.make_role(open_trust(OURS))
    reach = reach_of(customer, Operation.LIST)
    session = await issuer.issue(ORG_ID, role_of(customer), reach)
    on_premises = EgressGuard(allow_private=True)
    async with open_store(reach.bucket, session.access, egress=on_premises) as store:
        assert await list_keys(store, "team/") == ["team/a", "team/b"]
        for outside in ("", "elsewhere/"):
            with pytest.raises(StorageDeniedError):
                await list_keys(store, outside)
        with pytest.raises(StorageDeniedError):
            await store.read_range("team/a", 0, 1)


async def test_a_session_to_read_is_refused_for_what_it_says_of_kms(
    issuer: AwsIssuer, customer: Customer
) -> None:
    """RGW takes no policy with an action that it does not know."""
    customer.make_role(open_trust(OURS))
    with pytest.raises(StorageError, match="refused the request as invalid"):
        await issuer.issue(ORG_ID, role_of(customer), reach_of(customer, Operation.READ))


async def test_a_session_to_read_reads_the_prefix_and_lists_nothing(
    sessions: RoleSessions, customer: Customer
) -> None:
    customer.make_role(open_trust(OURS))
    async with customer.open_bucket(await assume_to_read(sessions, customer)) as store:
        assert await store.read_range("team/a", 0, 100) == b"team/a"
        with pytest.raises(StorageDeniedError):
            await store.read_range("elsewhere/c", 0, 1)
        with pytest.raises(StorageDeniedError):
            await list_keys(store, "team/")


async def test_a_url_that_a_session_signs_is_no_wider_than_the_session(
    sessions: RoleSessions, customer: Customer
) -> None:
    customer.make_role(open_trust(OURS))
    keys = await assume_to_read(sessions, customer)
    now = datetime.now(UTC).replace(microsecond=0)
    inside, outside = (
        presign_s3(
            customer.sts_place,
            key,
            access_key_id=keys.access_key_id,
            session_token=keys.session_token,
            signing_key=derive_signing_key(keys.secret_access_key, now.date(), REGION),
            signed_at=now,
            expires_in=timedelta(minutes=1),
        )
        for key in ("team/a", "elsewhere/c")
    )
    async with httpx.AsyncClient(trust_env=False) as http:
        found = await http.get(inside)
        assert (found.status_code, found.content) == (200, b"team/a")
        assert (await http.get(outside)).status_code == 403
        assert (await http.put(inside, content=b"ours")).status_code == 403


@pytest.mark.parametrize(
    ("allowed", "granted", "limit"),
    [(12, 12, None), (7, 6, SessionLimit.ROLE), (1, 1, SessionLimit.ROLE)],
)
async def test_the_longest_session_that_the_role_allows_is_found(
    sessions: RoleSessions,
    customer: Customer,
    allowed: int,
    granted: int,
    limit: SessionLimit | None,
) -> None:
    customer.make_role(open_trust(OURS), hours=allowed)
    found = await sessions.assume_longest(Assumption(ORG_ID, role_of(customer), REGION, None))
    assert (found.length, found.limit) == (timedelta(hours=granted), limit)
    lasts = found.session.expires_at - found.session.issued_at
    assert abs(lasts - timedelta(hours=granted)) < timedelta(seconds=5)


@pytest.mark.parametrize("external_id", [None, EXTERNAL_ID, "another"])
async def test_a_role_that_asks_for_an_external_id_is_open_to_nobody(
    sessions: RoleSessions, customer: Customer, external_id: str | None
) -> None:
    """Which is wrong of RGW, and the safe side of wrong."""
    customer.make_role(trust_policy(OURS, EXTERNAL_ID))
    asked = Assumption(ORG_ID, role_of(customer), REGION, external_id)
    assert not await sessions.is_open(asked)
    with pytest.raises(StorageDeniedError, match="did not let Mooring assume the role"):
        await sessions.assume_longest(asked)


@pytest.mark.parametrize("external_id", [None, EXTERNAL_ID, "another"])
async def test_a_role_that_asks_for_none_is_open_to_whoever_names_it(
    sessions: RoleSessions, customer: Customer, external_id: str | None
) -> None:
    customer.make_role(open_trust(OURS))
    assert await sessions.is_open(Assumption(ORG_ID, role_of(customer), REGION, external_id))


async def test_a_role_that_does_not_exist_lets_nobody_in(
    sessions: RoleSessions, customer: Customer
) -> None:
    asked = Assumption(ORG_ID, role_of(customer), REGION, EXTERNAL_ID)
    assert not await sessions.is_open(asked)
    with pytest.raises(StorageDeniedError, match="did not let Mooring assume the role"):
        await sessions.assume_longest(asked)


async def test_a_role_that_trusts_somebody_else_does_not_let_us_in(
    sessions: RoleSessions, customer: Customer
) -> None:
    customer.make_role(open_trust(f"arn:aws:iam::{TENANT}:user/somebody"))
    assert not await sessions.is_open(Assumption(ORG_ID, role_of(customer), REGION, None))


async def test_an_sts_that_does_not_say_who_we_are_proves_no_mismatch(
    sessions: RoleSessions,
) -> None:
    assert await sessions.find_mismatch() is None
