"""Roles at a Ceph's STS, as reports on access see them.

RGW refuses everybody whose trust policy has a condition on the ExternalId, so that a role which can
be assumed at all can be assumed by whoever names it.
"""

from uuid import uuid4

import pytest
from mooring_sdk.api.credentials import get_setup_kit
from mooring_sdk.api.locations import verify_access
from mooring_sdk.models import AccessReportBody, NewAssumeRoleBody, NewLocationBody, SetupKitBody

from deploy.local.demo.api import Api, given
from deploy.local.demo.customer import document
from tests.integration.ceph import Ceph
from tests.integration.customers import REGION, Customer, open_trust
from tests.integration.places import documents, failed_check, statuses
from tests.journeys.owners import ORIGIN, add_credential

pytestmark = [pytest.mark.integration, pytest.mark.xdist_group("integration")]

UNASKED = (
    *("session_duration", "scope", "write_refused", "list", "bucket_owner", "versioning"),
    *("requester_pays", "read", "encryption", "archived", "sign", "browser"),
)
# A stranger sees no bucket that is in a tenant.
NOTHING_ASKED = dict.fromkeys(UNASKED, "skipped") | {"region": "failed"}


@pytest.fixture
def customer(ceph: Ceph) -> Customer:
    customer = Customer.make(ceph, tenant=f"{uuid4().int % 10**12:012}")
    customer.put("a file.txt")
    return customer


def connect(api: Api, customer: Customer) -> tuple[NewLocationBody, SetupKitBody]:
    """Name the customer's role to the vault; return the location to be, and the setup kit."""
    body = NewAssumeRoleBody(method="assume_role", name="role", role_arn=customer.role_arn)
    credential_id = add_credential(api, body).credential_id
    kit = given(
        get_setup_kit.sync(credential_id, client=api.vault, uri=customer.uri, origin=[ORIGIN])
    )
    location = NewLocationBody(
        credential_id=credential_id, uri=customer.uri, name="role", origins=[ORIGIN], region=REGION
    )
    return location, kit


def verify(api: Api, location: NewLocationBody) -> AccessReportBody:
    return given(verify_access.sync(client=api.vault, body=location))


def test_a_role_without_the_external_id_in_its_trust_policy_is_found(
    api: Api, customer: Customer
) -> None:
    location, kit = connect(api, customer)
    assert kit.principal_arn is not None
    customer.make_role(open_trust(kit.principal_arn), hours=12)
    report = verify(api, location)
    found = statuses(report)
    del found["identity"]  # see test_role_sessions.py: RGW does not take the policy for reading
    assert (report.valid, found) == (False, NOTHING_ASKED | {"external_id_enforced": "failed"})
    check = failed_check(report, "external_id_enforced")
    assert check.finding.startswith("The role can be assumed without any ExternalId")
    assert documents(check) == {"trust_policy": document(kit.trust_policy)}


def test_a_role_with_the_trust_policy_of_the_kit_lets_nobody_in(
    api: Api, customer: Customer
) -> None:
    location, kit = connect(api, customer)
    customer.make_role(document(kit.trust_policy), hours=12)
    report = verify(api, location)
    expected = NOTHING_ASKED | {"identity": "failed", "external_id_enforced": "skipped"}
    assert (report.valid, statuses(report)) == (False, expected)
    check = failed_check(report, "identity")
    assert check.finding.startswith("AWS did not let Mooring assume the role.")
    assert documents(check) == {"trust_policy": document(kit.trust_policy)}
