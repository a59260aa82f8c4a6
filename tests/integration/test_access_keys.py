"""Customers of a Ceph who give a user's access key: what is verified, and how it is mended."""

from dataclasses import replace

import pytest
from mooring_sdk.api.locations import get_location
from mooring_sdk.models import NewAccessKeyBody

from deploy.local.demo.api import Api, given
from deploy.local.demo.customer import document
from services.credentials.setup.stores import CEPH
from tests.integration.ceph import Ceph
from tests.integration.customers import Customer
from tests.integration.places import (
    BROWSERS,
    Place,
    connect,
    documents,
    failed_check,
    statuses,
)
from tests.journeys.owners import ORIGIN

pytestmark = [pytest.mark.integration, pytest.mark.xdist_group("integration")]

ALL_PASSED = {
    "identity": "passed",
    "external_id_enforced": "skipped",  # keys have none
    "session_duration": "passed",
    "scope": "passed",
    "write_refused": "passed",
    "capabilities": "passed",
    "region": "passed",
    "list": "passed",
    "bucket_owner": "skipped",  # nobody said whose it should be
    "versioning": "passed",
    "requester_pays": "passed",
    "read": "passed",
    "archived": "passed",
    "sign": "passed",
    "browser": "passed",
}
UNLISTED = ("capabilities", "versioning", "requester_pays", "read", "archived", "sign", "browser")
NOT_LISTED = ALL_PASSED | dict.fromkeys(UNLISTED, "skipped") | {"list": "failed"}
NOBODY = dict.fromkeys(ALL_PASSED, "skipped") | {"identity": "failed", "region": "passed"}


@pytest.fixture
def place(api: Api, customer: Customer) -> Place:
    """A bucket with files in it, and a reader who may do nothing yet."""
    customer.put("a file.txt", "more/100%.txt")
    return connect(api, customer)


@pytest.mark.parametrize(
    ("tenant", "expected"),
    [
        ("", ALL_PASSED),
        # A stranger sees no bucket in a tenant, and so shows not how a refusal looks.
        ("acme", ALL_PASSED | {"write_refused": "skipped"}),
    ],
)
def test_a_setup_that_follows_the_kit_passes_every_check(
    api: Api, ceph: Ceph, tenant: str, expected: dict[str, str]
) -> None:
    customer = Customer.make(ceph, tenant=tenant)
    customer.put("a file.txt", "more/100%.txt")
    place = connect(api, customer)
    customer.give_reader(document(place.kit.permission_policy))
    customer.run(place.kit.script)
    customer.run(place.kit.script)  # and finds what the first run made
    report = place.verify()
    assert (report.valid, statuses(report)) == (True, expected)


def test_the_kit_speaks_of_a_ceph(place: Place) -> None:
    bucket = place.customer.bucket
    advice = f"{CEPH.advise_rights(bucket)} {CEPH.advise_cors(bucket, [ORIGIN])}"
    assert place.kit.advice == advice


def test_what_works_at_a_ceph_is_kept_with_the_location(place: Place) -> None:
    place.paste()
    place.verify()
    location = given(get_location.sync(place.location_id, client=place.api.vault))
    assert location.capabilities is not None
    assert location.capabilities.to_dict() == {
        "path_style": True,
        "virtual_host": False,  # an address has none
        "listing": "v2",
        "start_after": True,
        "ordered": True,
        "encoded": True,
        "versions": True,
        "sts": True,
        "checksum_mode": True,
        "overrides": True,
    }


def test_a_reader_without_a_policy_is_found_and_mended_by_the_remedy(place: Place) -> None:
    place.customer.set_cors(document(place.kit.cors))
    report = place.verify()
    assert (report.valid, statuses(report)) == (False, NOT_LISTED)
    mended_by = documents(failed_check(report, "list"))
    assert mended_by == {"permission_policy": document(place.kit.permission_policy)}
    place.customer.give_reader(mended_by["permission_policy"])
    report = place.verify()
    assert (report.valid, statuses(report)) == (True, ALL_PASSED)


def test_the_same_rights_in_the_policy_of_the_bucket_will_do(place: Place) -> None:
    place.customer.give_bucket(document(place.kit.permission_policy))
    place.customer.set_cors(document(place.kit.cors))
    report = place.verify()
    assert (report.valid, statuses(report)) == (True, ALL_PASSED)


def test_a_reader_who_may_only_list_is_found_and_mended_by_the_remedy(place: Place) -> None:
    place.paste()
    right = document(place.kit.permission_policy)
    lists = [each for each in right["Statement"] if "s3:ListBucket" in each["Action"]]
    place.customer.give_reader(right | {"Statement": lists})
    report = place.verify()
    assert not report.valid
    found = statuses(report)
    assert {name: found[name] for name in ("list", "read")} == {"list": "passed", "read": "failed"}
    place.customer.give_reader(documents(failed_check(report, "read"))["permission_policy"])
    report = place.verify()
    assert (report.valid, statuses(report)) == (True, ALL_PASSED)


def test_a_bucket_without_cors_rules_is_found_and_mended_by_the_remedy(place: Place) -> None:
    place.customer.give_reader(document(place.kit.permission_policy))
    report = place.verify()
    assert (report.valid, statuses(report)) == (False, ALL_PASSED | {"browser": "failed"})
    [check] = {
        check.subject: check
        for check in report.checks
        if check.name.startswith(BROWSERS) and check.status.value == "failed"
    }.values()
    assert documents(check) == {"cors": document(place.kit.cors)}
    place.customer.set_cors(documents(check)["cors"])
    report = place.verify()
    assert (report.valid, statuses(report)) == (True, ALL_PASSED)


def test_a_prefix_beside_the_one_that_is_allowed_is_not_listed(api: Api, place: Place) -> None:
    place.paste()
    beside = replace(place.customer, prefix="elsewhere/")
    report = connect(api, beside).verify()
    assert (report.valid, statuses(report)) == (False, NOT_LISTED)


@pytest.mark.parametrize("wrong", ["access_key_id", "secret_access_key"])
def test_a_key_that_the_store_does_not_know_is_found(
    api: Api, customer: Customer, wrong: str
) -> None:
    body = NewAccessKeyBody.from_dict({**customer.credential().to_dict(), wrong: "AKIDEXAMPLE"})
    report = connect(api, customer, body).verify()
    assert (report.valid, statuses(report)) == (False, NOBODY)
    assert failed_check(report, "identity").finding == "The store does not accept the access key."


def test_a_bucket_that_is_not_there_is_found(api: Api, customer: Customer) -> None:
    nothing = replace(customer, bucket=f"{customer.bucket}-2")
    report = connect(api, nothing, customer.credential()).verify()
    expected = NOT_LISTED | dict.fromkeys(("scope", "write_refused"), "skipped")
    assert (report.valid, statuses(report)) == (False, expected)
    assert failed_check(report, "list").finding == "The bucket does not exist."


def test_the_keys_of_the_bucket_s_owner_may_do_more_than_they_should(
    api: Api, customer: Customer
) -> None:
    customer.put("a file.txt")
    place = connect(api, replace(customer, reader=customer.owner))
    customer.set_cors(document(place.kit.cors))
    report = place.verify()
    expected = ALL_PASSED | {"scope": "failed", "write_refused": "failed"}
    assert (report.valid, statuses(report)) == (False, expected)
