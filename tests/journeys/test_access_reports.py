"""Access that is not as it should be: the report says what, and its remedy mends it."""

import copy
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from mooring_sdk.api.imports import list_imports
from mooring_sdk.api.locations import (
    create_location,
    get_access_proof,
    get_access_proof_page,
    get_access_report,
)
from mooring_sdk.api.presigning import presign_assets, redirect_to_content
from mooring_sdk.models import (
    AccessReportBody,
    CheckBody,
    ImportState,
    NewLocationBody,
    NewPresignedUrlsBody,
)

from deploy.local.demo.api import given
from deploy.local.demo.customer import document
from deploy.local.report_check import TRUSTED, check_report_file
from deploy.local.stack import Stack
from services.credentials.access.origin_checks import ORIGIN_CHECKS
from services.credentials.proofs.digests import digest
from tests.journeys.places import Place, problem
from tests.journeys.running import Running

pytestmark = pytest.mark.xdist_group("journeys")

SEEN = tuple(f"{name} https://app.example.com" for name in ORIGIN_CHECKS)
PREFLIGHT = "browser_preflight https://app.example.com"
ALL_PASSED = {
    "identity": "passed",
    "external_id_enforced": "passed",
    "session_duration": "passed",
    "scope": "passed",
    "write_refused": "passed",
    "region": "passed",
    "list": "passed",
    "bucket_owner": "passed",
    "versioning": "passed",
    "requester_pays": "passed",
    "read": "passed",
    "encryption": "passed",
    "archived": "passed",
    "sign": "passed",
    **dict.fromkeys(SEEN, "passed"),
}
UNASKED = {name: "skipped" for name in ALL_PASSED if name not in {"identity", "region"}}
UNREAD = ("read", "encryption", "archived", "sign")


@pytest.fixture
def place(place: Place) -> Place:
    """A connected bucket with a file in it."""
    place.put("a file.txt")
    return place


def statuses(report: AccessReportBody) -> dict[str, str]:
    return {name_of(check): check.status.value for check in report.checks}


def name_of(check: CheckBody) -> str:
    return f"{check.name} {check.subject}" if check.subject else check.name


def remedy(report: AccessReportBody, name: str) -> tuple[str, dict[str, Any]]:
    """Return who must act on a check, and the documents to paste."""
    [found] = [check.remedy for check in report.checks if check.name == name]
    assert found is not None
    return found.who.value, found.documents.to_dict()


def test_a_setup_that_follows_the_kit_passes_every_check(place: Place) -> None:
    report = place.verify()
    assert (report.valid, statuses(report)) == (True, ALL_PASSED)
    assert given(get_access_report.sync(place.location_id, client=place.api.vault)) == report


def test_a_report_is_proved_to_who_has_nothing_but_the_public_keys(
    stack: Stack, place: Place, tmp_path: Path
) -> None:
    report = place.verify()
    signed = given(get_access_proof.sync(place.location_id, client=place.api.vault))
    page = given(get_access_proof_page.sync(place.location_id, client=place.api.vault))
    keys = tmp_path / "keys.json"
    keys.write_bytes(httpx.get(f"{stack.credentials_url}/.well-known/report-keys.json").content)
    files = {"report.json": json.dumps(signed.to_dict()), "report.html": page}
    for name, text in files.items():
        said: list[str] = []
        (tmp_path / name).write_text(text)
        assert check_report_file(tmp_path / name, keys, said.append) == TRUSTED
        assert {
            "access          valid",
            f"location        {place.customer.uri} (eu-central-1)",
            f"role_arn        {place.customer.role_arn}",
            f"sha256          {digest(document(place.kit.trust_policy))} trust_policy",
        } <= {*said}
        assert len([line for line in said if line.startswith("passed")]) == len(report.checks)
        assert str(place.credential.external_id) not in "".join(said)


def test_a_trust_policy_without_the_external_id_is_found_and_mended(place: Place) -> None:
    right = document(place.kit.trust_policy)
    open_to_all = copy.deepcopy(right)
    del open_to_all["Statement"][0]["Condition"]
    place.customer.trust(open_to_all)
    report = place.verify()
    expected = ALL_PASSED | UNASKED | {"external_id_enforced": "failed"}
    assert (report.valid, statuses(report)) == (False, expected)
    who, documents = remedy(report, "external_id_enforced")
    assert (who, documents) == ("customer", {"trust_policy": right})
    place.customer.trust(documents["trust_policy"])
    assert statuses(place.verify()) == ALL_PASSED


def test_a_role_that_may_not_read_is_found_and_mended(place: Place) -> None:
    right = document(place.kit.permission_policy)
    lists = [each for each in right["Statement"] if "s3:ListBucket" in each["Action"]]
    place.customer.permit(right | {"Statement": lists})
    report = place.verify()
    waiting = ("versioning", "encryption", "sign", *SEEN)
    expected = ALL_PASSED | {
        **dict.fromkeys(waiting, "skipped"),
        "read": "failed",
        PREFLIGHT: "passed",  # the rules are right, and only access is not
    }
    assert (report.valid, statuses(report)) == (False, expected)
    who, documents = remedy(report, "read")
    assert (who, documents["permission_policy"]) == ("customer", right)
    place.customer.permit(documents["permission_policy"])
    assert statuses(place.verify()) == ALL_PASSED


def delete_role(place: Place) -> None:
    name = place.customer.role
    place.customer.iam.delete_role_policy(RoleName=name, PolicyName="mooring")
    place.customer.iam.delete_role(RoleName=name)


def lose_rules(place: Place) -> None:
    place.customer.s3.delete_bucket_cors(Bucket=place.customer.bucket)


def allow_another_origin(place: Place) -> None:
    rules = copy.deepcopy(document(place.kit.cors))
    rules["CORSRules"][0]["AllowedOrigins"] = ["https://elsewhere.example.com"]
    place.customer.s3.put_bucket_cors(Bucket=place.customer.bucket, CORSConfiguration=rules)


@pytest.mark.parametrize("spoil", [lose_rules, allow_another_origin])
def test_cors_that_keeps_the_viewer_out_is_found_and_mended(
    place: Place, spoil: Callable[[Place], None]
) -> None:
    spoil(place)
    report = place.verify()
    expected = ALL_PASSED | dict.fromkeys(SEEN, "failed")
    assert (report.valid, statuses(report)) == (False, expected)
    who, documents = remedy(report, "browser_get")
    assert (who, documents) == ("customer", {"cors": document(place.kit.cors)})
    place.customer.s3.put_bucket_cors(
        Bucket=place.customer.bucket, CORSConfiguration=documents["cors"]
    )
    assert statuses(place.verify()) == ALL_PASSED


def test_a_prefix_that_the_role_does_not_reach_is_found(place: Place) -> None:
    location = given(
        create_location.sync(
            client=place.api.vault,
            body=NewLocationBody(
                credential_id=place.credential.credential_id,
                uri=f"s3://{place.customer.bucket}/elsewhere/",
                name="elsewhere",
                origins=[],
            ),
        )
    )
    elsewhere = place.at(location.location_id)
    report = elsewhere.verify()
    facts = ("bucket_owner", "versioning", "requester_pays")
    expected = {name: status for name, status in ALL_PASSED.items() if name not in SEEN} | {
        "list": "failed",
        **dict.fromkeys((*facts, *UNREAD, *ORIGIN_CHECKS), "skipped"),
    }
    assert (report.valid, statuses(report)) == (False, expected)
    who, documents = remedy(report, "list")
    assert who == "customer"
    place.customer.permit(documents["permission_policy"])
    assert elsewhere.verify().valid


def test_a_role_that_is_gone_is_found_and_mended(place: Place) -> None:
    delete_role(place)
    report = place.verify()
    expected = {**UNASKED, "identity": "failed", "region": "passed"}
    assert (report.valid, statuses(report)) == (False, expected)
    assert remedy(report, "identity") == (
        "customer",
        {"trust_policy": document(place.kit.trust_policy)},
    )
    place.customer.paste(place.kit)
    assert statuses(place.verify()) == ALL_PASSED


def test_a_role_of_short_sessions_is_good_and_its_urls_are_short(place: Place) -> None:
    delete_role(place)
    place.customer.trust(document(place.kit.trust_policy), 3600)
    place.customer.permit(document(place.kit.permission_policy))
    report = place.verify()
    assert (report.valid, statuses(report)) == (True, ALL_PASSED | {"session_duration": "warning"})
    [check] = [each for each in report.checks if each.name == "session_duration"]
    assert check.remedy is not None
    assert check.remedy.text.endswith(
        f"aws iam update-role --role-name {place.customer.role} --max-session-duration 43200`"
    )
    place.run_import()
    body = NewPresignedUrlsBody(
        dataset_id=place.dataset_id,
        asset_ids=[asset.asset_id for asset in place.list_assets()],
        expires_in=12 * 3600,
    )
    [answer] = given(presign_assets.sync(client=place.api.gateway, body=body)).items
    assert answer.expires_at is not None
    assert answer.expires_at - report.verified_at <= timedelta(hours=1, minutes=1)


def test_an_import_is_refused_with_the_failed_checks_until_they_are_mended(place: Place) -> None:
    lose_rules(place)
    refused = problem(place.submit())
    assert (refused.status, refused.code, refused.who) == (409, "location-not-verified", "customer")
    report = given(get_access_report.sync(place.location_id, client=place.api.vault))
    failed = [check.to_dict() for check in report.checks if check.status.value == "failed"]
    assert refused["failed_checks"] == failed
    imports = given(list_imports.sync(client=place.api.ingest, dataset_id=place.dataset_id))
    assert imports.items == []
    place.customer.paste(place.kit)
    assert place.run_import().state is ImportState.COMPLETED


def test_a_bucket_that_asks_us_to_slow_down_is_no_fault_of_the_caller(
    running: Running, place: Place
) -> None:
    body = NewLocationBody(
        credential_id=place.credential.credential_id,
        uri=f"s3://{place.customer.bucket}/elsewhere/",
        name="elsewhere",
        origins=[],
    )
    with running.fault(place.customer.bucket, "slow-down"):
        answer = create_location.sync_detailed(client=place.api.vault, body=body)
    refused = problem(answer.parsed)
    assert (refused.status, refused.code) == (503, "storage-throttled")
    assert answer.headers["Retry-After"] == "5"
    assert given(create_location.sync(client=place.api.vault, body=body)).region == "eu-central-1"


def test_access_that_breaks_after_it_was_verified_fails_the_import_and_the_url(
    place: Place,
) -> None:
    place.run_import()
    [asset] = place.list_assets()
    delete_role(place)
    finished = place.run_import()  # what was verified a moment ago counts
    assert finished.failure is not None
    assert (finished.state, finished.failure.code) == (ImportState.FAILED, "storage-denied")
    answer = redirect_to_content.sync(place.dataset_id, asset.asset_id, client=place.api.gateway)
    refused = problem(answer)
    assert (refused.status, refused.code, refused.who) == (424, "storage-denied", "customer")
