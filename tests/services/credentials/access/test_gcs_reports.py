"""Reports about Cloud Storage: what a customer pasted is tried as importer and browser will."""

from collections.abc import AsyncIterator
from typing import Any, cast
from uuid import UUID, uuid4

import pytest
from pydantic import SecretStr

from deploy.local.clouds.gcs_world import CorsRule
from services.credentials.access.browsers import BrowserChecks
from services.credentials.access.checks import Check, Status
from services.credentials.access.gcs import GcsAccess
from services.credentials.access.gcs_rights import GcsRights
from services.credentials.access.origin_checks import ORIGIN_CHECKS
from services.credentials.access.probes import open_probes
from services.credentials.access.report import AccessVerifier, Report, Tools
from services.credentials.access.subjects import Subject
from services.credentials.access.trials import LeaseTrials, ProbeUrls
from services.credentials.issuers.base import (
    GcsIdentity,
    HmacKey,
    OrganizationServiceAccount,
)
from services.credentials.issuers.clouds import CloudIssuers
from services.credentials.setup.cors import EXPOSED_HEADERS, REQUEST_HEADERS
from shared.egress import EgressGuard
from tests.services.credentials.google_cloud import BUCKET, READER, Google

EGRESS = EgressGuard(allow_private=True)
ORIGIN = "https://app.example"
PREFIX = "photos/"
METHODS = ("service_account_grant", "workload_identity", "service_account_key", "hmac_key")
SAME = {
    "identity": "passed",
    "region": "passed",
    "list": "passed",
    "read": "passed",
    "sign": "passed",
    "archived": "passed",
    **dict.fromkeys(ORIGIN_CHECKS, "passed"),
}
RIGHTS = {"permissions": "passed", "requester_pays": "passed", "uniform_access": "skipped"}


@pytest.fixture
async def verifier(google: Google) -> AsyncIterator[AccessVerifier]:
    async with open_probes(EGRESS) as probes:
        issuers = CloudIssuers(cast("Any", None), google.issuer, cast("Any", None))
        rights = GcsRights(google.tokens, google.questions)
        access = GcsAccess(
            google.issuer,
            google.tokens,
            google.signatures,
            rights,
            probes,
            egress=EGRESS,
            oidc_issuer=google.oidc.url,
        )
        browsers = BrowserChecks(probes)
        urls = ProbeUrls(issuers)
        yield AccessVerifier(
            Tools(
                issuer=issuers,
                cloud_of=lambda _: access,
                browsers=browsers,
                urls=urls,
                trials=LeaseTrials(browsers, urls, EGRESS),
                egress=EGRESS,
                clock=google.clock,
            )
        )


async def connect(google: Google, method: str, org_id: UUID) -> GcsIdentity:
    match method:
        case "service_account_grant":
            return OrganizationServiceAccount(await google.accounts.keep(org_id))
        case "workload_identity":
            return google.federate(org_id)
        case "service_account_key":
            return google.add_key()
        case _:
            google.world.add_account(READER)
            access_id, secret = google.world.add_hmac_key(READER)
            return HmacKey(access_id, SecretStr(secret))


def grant(google: Google, identity: GcsIdentity) -> None:
    """Do what the setup kit does with the bucket."""
    email = READER if isinstance(identity, HmacKey) else identity.email
    google.world.grant(BUCKET, email, prefix=PREFIX)
    rule = CorsRule((ORIGIN,), response_headers=(*REQUEST_HEADERS, *EXPOSED_HEADERS))
    google.world.buckets[BUCKET].cors = [rule]


def subject_of(org_id: UUID, identity: GcsIdentity) -> Subject:
    return Subject(org_id, identity, BUCKET, PREFIX, (ORIGIN,), None)


def statuses(report: Report) -> dict[str, str]:
    return {check.name: check.status.value for check in report.checks}


def check_of(report: Report, name: str) -> Check:
    return next(check for check in report.checks if check.name == name)


@pytest.mark.parametrize("method", METHODS)
async def test_what_the_kit_says_is_enough(
    google: Google, verifier: AccessVerifier, method: str
) -> None:
    org_id = uuid4()
    identity = await connect(google, method, org_id)
    grant(google, identity)
    report = await verifier.verify(subject_of(org_id, identity))
    extra = {"subject_enforced": "passed"} if method == "workload_identity" else {}
    rights = dict.fromkeys(RIGHTS, "skipped") if method == "hmac_key" else RIGHTS
    assert statuses(report) == {**SAME, **rights, **extra}
    assert (report.valid, report.region, report.leases_refused) == (True, "auto", False)


@pytest.mark.parametrize("method", METHODS)
async def test_a_bucket_that_grants_nothing_says_what_to_paste(
    google: Google, verifier: AccessVerifier, method: str
) -> None:
    org_id = uuid4()
    identity = await connect(google, method, org_id)
    report = await verifier.verify(subject_of(org_id, identity))
    assert not report.valid
    assert statuses(report)["identity"] == "passed"
    listing = check_of(report, "list").finding
    assert listing.status is Status.FAILED
    assert listing.likeliest is not None
    assert set(listing.likeliest.documents) == (
        set() if method == "hmac_key" else {"bucket_binding"}
    )


async def test_an_account_that_everybody_may_use_is_asked_nothing(
    google: Google, verifier: AccessVerifier
) -> None:
    org_id = uuid4()
    identity = google.federate(org_id, enforced=False)
    grant(google, identity)
    report = await verifier.verify(subject_of(org_id, identity))
    assert not report.valid
    assert statuses(report) == {
        **dict.fromkeys(("list", "read", "archived", "sign", *ORIGIN_CHECKS, *RIGHTS), "skipped"),
        "identity": "passed",
        "region": "passed",
        "subject_enforced": "failed",
    }


async def test_another_organization_learns_nothing_of_a_bucket(
    google: Google, verifier: AccessVerifier
) -> None:
    """It names the account and the provider of the first one as its own."""
    ours, theirs = uuid4(), uuid4()
    identity = google.federate(ours)
    grant(google, identity)
    assert (await verifier.verify(subject_of(ours, identity))).valid
    report = await verifier.verify(subject_of(theirs, identity))
    assert not report.valid
    assert statuses(report) == {
        **dict.fromkeys(("list", "read", "archived", "sign", *ORIGIN_CHECKS, *RIGHTS), "skipped"),
        "identity": "failed",
        "region": "passed",
        "subject_enforced": "skipped",
    }


@pytest.mark.parametrize("wrong", ["access_id", "secret"])
async def test_an_hmac_key_that_the_store_does_not_know_is_an_identity_that_failed(
    google: Google, verifier: AccessVerifier, wrong: str
) -> None:
    org_id = uuid4()
    key = await connect(google, "hmac_key", org_id)
    assert isinstance(key, HmacKey)
    grant(google, key)
    unknown = (
        HmacKey("GOOG1EUNKNOWN", key.secret)
        if wrong == "access_id"
        else HmacKey(key.access_id, SecretStr("wrong"))
    )
    report = await verifier.verify(subject_of(org_id, unknown))
    assert not report.valid
    finding = check_of(report, "identity").finding
    assert finding.sentence == "The store does not accept the access key."


async def test_a_bucket_where_requesters_pay_is_not_read(
    google: Google, verifier: AccessVerifier
) -> None:
    org_id = uuid4()
    identity = await connect(google, "service_account_key", org_id)
    grant(google, identity)
    google.world.buckets[BUCKET].requester_pays = True
    report = await verifier.verify(subject_of(org_id, identity))
    assert not report.valid
    assert statuses(report)["requester_pays"] == "failed"


async def test_a_bucket_without_cors_gets_the_document(
    google: Google, verifier: AccessVerifier
) -> None:
    org_id = uuid4()
    identity = await connect(google, "service_account_grant", org_id)
    grant(google, identity)
    google.world.buckets[BUCKET].cors.clear()
    report = await verifier.verify(subject_of(org_id, identity))
    for name in ORIGIN_CHECKS:
        finding = check_of(report, name).finding
        assert finding.status is Status.FAILED
        assert finding.likeliest is not None
        assert set(finding.likeliest.documents) == {"cors"}
