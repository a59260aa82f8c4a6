"""Role sessions: as long as the role grants, and a refusal says whose turn it is."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from deploy.local.clouds.aws import AwsCloud, Keys
from services.credentials.arns import parse_principal_arn, parse_role_arn
from services.credentials.issuers.base import CustomerRole, OrganizationRole
from services.credentials.issuers.clients import AwsAddress, AwsClients
from services.credentials.issuers.role_sessions import Assumption, RoleSessions, SessionLimit
from services.credentials.setup.policies import trust_policy
from shared.clock import SystemClock
from shared.errors import CloudIdentityError, StorageDeniedError
from tests.services.credentials.aws_clients import clients_of, sessions_of
from tests.services.credentials.customer import REGION, Customer

EXTERNAL_ID = "6f0f6a4e-2a53-4d3c-9a55-2f7a0f5d7a10"


def asked_of(customer: Customer, external_id: str | None = EXTERNAL_ID) -> Assumption:
    role = CustomerRole(parse_role_arn(customer.role_arn), EXTERNAL_ID)
    return Assumption(uuid4(), role, REGION, external_id)


def trust(customer: Customer, *, hours: int = 1) -> None:
    customer.make_role(trust_policy(customer.cloud.principal_arn, EXTERNAL_ID), hours * 3600)


@pytest.mark.parametrize(
    ("allowed", "granted", "limit"),
    [
        (12, 12, None),
        (8, 8, SessionLimit.ROLE),
        (7, 6, SessionLimit.ROLE),
        (1, 1, SessionLimit.ROLE),
    ],
)
async def test_the_longest_session_that_the_role_allows_is_found(
    sessions: RoleSessions,
    customer: Customer,
    allowed: int,
    granted: int,
    limit: SessionLimit | None,
) -> None:
    trust(customer, hours=allowed)
    found = await sessions.assume_longest(asked_of(customer))
    assert (found.length, found.limit) == (timedelta(hours=granted), limit)
    lasts = found.session.expires_at - found.session.issued_at
    assert abs(lasts - timedelta(hours=granted)) < timedelta(seconds=5)


async def test_what_a_role_granted_is_asked_first_the_next_time(
    sessions: RoleSessions, customer: Customer
) -> None:
    trust(customer, hours=2)
    await sessions.assume_longest(asked_of(customer))
    customer.iam.update_role(RoleName=customer.role_name, MaxSessionDuration=43_200)
    again = await sessions.assume_longest(asked_of(customer))
    assert (again.length, again.limit) == (timedelta(hours=2), None)
    afresh = await sessions.assume_longest(asked_of(customer), afresh=True)
    assert (afresh.length, afresh.limit) == (timedelta(hours=12), None)


async def test_a_role_that_grants_less_than_before_is_not_lost(
    sessions: RoleSessions, customer: Customer
) -> None:
    trust(customer, hours=12)
    await sessions.assume_longest(asked_of(customer))
    customer.iam.update_role(RoleName=customer.role_name, MaxSessionDuration=3_600)
    again = await sessions.assume_longest(asked_of(customer))
    assert (again.length, again.limit) == (timedelta(hours=1), SessionLimit.ROLE)


async def test_a_role_that_assumes_a_role_gets_an_hour(
    cloud: AwsCloud, customer: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The vault runs as a role: the SDK finds keys of a session, which AWS calls chaining."""
    iam = cloud.client("iam", cloud.vendor)
    name = f"vault-{uuid4().hex}"
    as_user = trust_policy(cloud.principal_arn, EXTERNAL_ID)
    chained = Customer(cloud)
    chained.iam, chained.role_name = iam, name
    chained.make_role(as_user)
    chained.permit(
        {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}],
        }
    )
    role_arn = f"arn:aws:iam::111111111111:role/{name}"
    session = cloud.client("sts", cloud.vault).assume_role(
        RoleArn=role_arn, RoleSessionName="vault", ExternalId=EXTERNAL_ID
    )["Credentials"]
    customer.make_role(trust_policy(role_arn, EXTERNAL_ID), 43_200)
    address = AwsAddress("us-east-1", cloud.endpoint, cloud.endpoint, cloud.endpoint)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", session["AccessKeyId"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", session["SecretAccessKey"])
    monkeypatch.setenv("AWS_SESSION_TOKEN", session["SessionToken"])
    async with AwsClients(address, None, None) as clients:
        found = [
            await RoleSessions(
                clients, parse_principal_arn(principal), "us-east-1", SystemClock()
            ).assume_longest(asked_of(customer))
            for principal in (role_arn, cloud.principal_arn)  # known beforehand, or found out
        ]
    assert [(each.length, each.limit) for each in found] == [
        (timedelta(hours=1), SessionLimit.CHAINING)
    ] * 2


@pytest.mark.parametrize("external_id", [None, "another"])
async def test_a_wrong_external_id_is_denied_with_the_three_candidates(
    sessions: RoleSessions, customer: Customer, external_id: str | None
) -> None:
    trust(customer)
    with pytest.raises(StorageDeniedError) as denied:
        await sessions.assume_longest(asked_of(customer, external_id))
    for candidate in ("does not exist", "does not name Mooring's principal", "another ExternalId"):
        assert candidate in denied.value.detail
    assert denied.value.members == {"role_arn": customer.role_arn}


async def test_an_absent_role_is_denied_alike(sessions: RoleSessions, customer: Customer) -> None:
    with pytest.raises(StorageDeniedError):
        await sessions.assume_longest(asked_of(customer))


async def test_a_role_is_open_only_to_who_its_trust_policy_lets_in(
    sessions: RoleSessions, customer: Customer
) -> None:
    trust(customer)
    assert await sessions.is_open(asked_of(customer))
    assert not await sessions.is_open(asked_of(customer, None))
    assert not await sessions.is_open(asked_of(customer, "another"))


async def test_our_own_role_that_refuses_us_is_the_operators_matter(
    sessions: RoleSessions,
) -> None:
    role = OrganizationRole(parse_role_arn("arn:aws:iam::111111111111:role/mooring/none"), "id")
    with pytest.raises(CloudIdentityError, match="its own role"):
        await sessions.assume_longest(Assumption(UUID(int=1), role, REGION, "id"))


@pytest.mark.parametrize(
    "keys", [Keys("AKIA0000000000000000", "none"), Keys("", "none")], ids=["unknown", "empty"]
)
async def test_keys_that_aws_does_not_know_are_the_operators_matter(
    cloud: AwsCloud, customer: Customer, keys: Keys
) -> None:
    async with clients_of(cloud, keys) as clients:
        with pytest.raises(CloudIdentityError):
            await sessions_of(cloud, clients).assume_longest(asked_of(customer))


async def test_a_wrong_secret_of_ours_is_the_operators_matter(
    cloud: AwsCloud, customer: Customer
) -> None:
    async with clients_of(cloud, Keys(cloud.vault.access_key_id, "wrong")) as clients:
        with pytest.raises(CloudIdentityError, match="does not accept"):
            await sessions_of(cloud, clients).assume_longest(asked_of(customer))


async def test_who_we_are_is_compared_with_who_customers_trust(
    cloud: AwsCloud, clients: AwsClients, sessions: RoleSessions
) -> None:
    assert await sessions.find_mismatch() is None
    other = parse_principal_arn("arn:aws:iam::111111111111:user/other")
    mismatch = await RoleSessions(clients, other, "us-east-1", SystemClock()).find_mismatch()
    assert mismatch == cloud.principal_arn
