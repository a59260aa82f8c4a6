"""Two organizations and a bucket of one of them, in Google Cloud and in Amazon S3.

Whatever Bob sends is refused, or the report about it says no; in neither is a key of the bucket's
to be seen, and what Alice has stays as it is.
"""

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TypeAlias
from uuid import uuid4

import pytest

from deploy.local.clouds.aws import Keys
from deploy.local.clouds.certificates import make_rsa_key
from deploy.local.clouds.google_keys import key_document
from deploy.local.demo.aws_customer import REGION
from tests.journeys.conftest import (
    MakeCustomer,
    MakeOrganization,
    Organization,
)
from tests.journeys.google_owner import GoogleOwner
from tests.journeys.intruders import KEPT_KEY, Intruder, Json, unchanged
from tests.journeys.owners import connect_owner
from tests.journeys.places import Reach, connect
from tests.journeys.running import Running

pytestmark = pytest.mark.xdist_group("journeys")

Watch: TypeAlias = Callable[[Reach], AbstractContextManager[None]]


@pytest.fixture(scope="module")
def alice(make_organization: MakeOrganization) -> Organization:
    return make_organization("Alice")


@pytest.fixture(scope="module")
def bob(make_organization: MakeOrganization) -> Organization:
    return make_organization("Bob")


@pytest.fixture
def watch(running: Running, alice: Organization) -> Watch:
    return lambda reach: unchanged(running, reach, alice)


@pytest.fixture
def google(running: Running) -> GoogleOwner:
    """Alice's customer, with a bucket in Google Cloud."""
    owner = GoogleOwner.make(running.google.world, running.stack.credentials_url)
    owner.put([KEPT_KEY])
    return owner


@pytest.fixture
def stranger(running: Running) -> GoogleOwner:
    """Bob's customer, with another one."""
    return GoogleOwner.make(running.google.world, running.stack.credentials_url)


# --- Google Cloud --------------------------------------------------------------------------------


def test_the_service_account_of_anothers_pool_opens_nothing(
    alice: Organization, bob: Organization, google: GoogleOwner, watch: Watch
) -> None:
    reach = connect_owner(alice.api, google, "workload_identity")
    with watch(reach):
        body = google.credential("workload_identity").to_dict()
        assert Intruder(bob, google.uri).failed(body) == {"identity"}


def test_a_pool_that_lets_everybody_in_is_refused_to_everybody(
    bob: Organization, google: GoogleOwner, alice: Organization
) -> None:
    """The customer has left the condition out: then each organization would be let in."""
    connect_owner(alice.api, google, "workload_identity")
    google.customer.trust_everybody()
    body = google.credential("workload_identity").to_dict()
    assert "subject_enforced" in Intruder(bob, google.uri).failed(body)


def test_bobs_own_pool_does_not_speak_for_anothers_service_account(
    alice: Organization,
    bob: Organization,
    google: GoogleOwner,
    stranger: GoogleOwner,
    watch: Watch,
) -> None:
    reach = connect_owner(alice.api, google, "workload_identity")
    assert connect_owner(bob.api, stranger, "workload_identity").verify().valid
    body = stranger.credential("workload_identity").to_dict() | {
        "service_account": google.customer.reader
    }
    with watch(reach):
        assert Intruder(bob, google.uri).failed(body) == {"identity"}


@pytest.mark.parametrize("method", ["service_account_grant", "service_account_key", "hmac_key"])
def test_bobs_own_accounts_are_not_let_into_anothers_bucket(  # noqa: PLR0917 - fixtures have names
    alice: Organization,
    bob: Organization,
    google: GoogleOwner,
    stranger: GoogleOwner,
    watch: Watch,
    method: str,
) -> None:
    reach = connect_owner(alice.api, google, method)
    with watch(reach):
        body = stranger.credential(method).to_dict()
        assert "list" in Intruder(bob, google.uri).failed(body)


def test_the_account_that_mooring_made_for_another_cannot_be_named(
    alice: Organization, bob: Organization, google: GoogleOwner, watch: Watch
) -> None:
    reach = connect_owner(alice.api, google, "service_account_grant")
    (ours,) = {
        grant.principal
        for grant in google.customer.world.grants
        if grant.bucket == google.customer.bucket
    }
    with watch(reach):
        body = {
            "method": "workload_identity",
            "service_account": ours,
            "workload_provider": google.customer.provider,
        }
        problem = Intruder(bob, google.uri).refused(body)
        assert (problem["status"], problem["field"]) == (422, "service_account")


def test_made_up_keys_of_anothers_account_are_no_keys(
    alice: Organization, bob: Organization, google: GoogleOwner, watch: Watch
) -> None:
    reach = connect_owner(alice.api, google, "hmac_key")
    reader = google.customer.reader
    (access_id,) = google.customer.world.accounts[reader].hmac_keys
    bodies: list[Json] = [
        {"method": "hmac_key", "access_id": access_id, "secret": "guessed"},
        {
            "method": "service_account_key",
            "key": key_document(reader, make_rsa_key()),
        },
    ]
    with watch(reach):
        for body in bodies:
            assert Intruder(bob, google.uri).failed(body) == {"identity"}


# --- Amazon S3: the roles are in test_two_organizations.py ---------------------------------------


def test_keys_of_bobs_account_are_not_let_into_anothers_bucket(
    running: Running,
    alice: Organization,
    bob: Organization,
    make_customer: MakeCustomer,
    watch: Watch,
) -> None:
    customer = make_customer("team/")
    place = connect(alice.api, customer)
    place.put(KEPT_KEY.removeprefix("team/"))
    iam = running.cloud.client("iam", Keys("333333333333", "root-of-bobs-customer"))
    name = f"bob-{uuid4()}"
    iam.create_user(UserName=name)
    everything = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [everything]})
    iam.put_user_policy(UserName=name, PolicyName="all", PolicyDocument=document)
    made = iam.create_access_key(UserName=name)["AccessKey"]
    body = {
        "method": "access_key",
        "endpoint": running.cloud.endpoint,
        "region": REGION,
        "access_key_id": made["AccessKeyId"],
        "secret_access_key": made["SecretAccessKey"],
    }
    with watch(place):
        assert "list" in Intruder(bob, customer.uri).failed(body)
