"""What reports ask of Cloud Storage: each answer is a finding, and each remedy is exact."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from pydantic import SecretStr

from deploy.local.clouds.gcs_world import Grant
from deploy.local.clouds.google_server import Everybody
from services.credentials.access.browsers import UrlRefusal
from services.credentials.access.causes import CauseKind
from services.credentials.access.checks import (
    Cause,
    Finding,
    Status,
    failed,
    passed,
    skipped,
    warning,
)
from services.credentials.access.cloud_access import Documents, Question
from services.credentials.access.gcs import GcsAccess
from services.credentials.access.gcs_rights import GcsRights
from services.credentials.access.objects import Sample
from services.credentials.access.probes import open_probes
from services.credentials.access.subjects import Subject
from services.credentials.arns import parse_role_arn
from services.credentials.issuers.base import (
    CustomerRole,
    GcsIdentity,
    HmacKey,
    Identity,
    OrganizationServiceAccount,
    Reach,
    Session,
)
from services.credentials.setup.gcs_kit import impersonator_binding, provider_document
from services.credentials.setup.gcs_policies import bucket_binding, gcs_cors_rules
from shared.egress import EgressGuard
from shared.errors import (
    BucketNotFoundError,
    CloudIdentityError,
    StorageDeniedError,
    StorageThrottledError,
    StorageUnavailableError,
)
from shared.leases import ANY_REGION, BearerToken, Bucket, Operation
from shared.storage.base import ObjectRow
from shared.uris import Provider
from tests.services.credentials.google_cloud import BUCKET, ISSUER, READER, Google

EGRESS = EgressGuard(allow_private=True)
ORG_ID = UUID(int=7)
HMAC = HmacKey("GOOG1EABC", SecretStr("secret"))
ADD = (
    f"gcloud storage buckets add-iam-policy-binding gs://{BUCKET} "
    f"--member=serviceAccount:{READER} --role=roles/storage.objectViewer"
)
ADD_BELOW = (
    f"Save the condition of `bucket_binding` as condition.json and run: {ADD} "
    "--condition-from-file=condition.json"
)


@pytest.fixture
async def access(google: Google) -> AsyncIterator[GcsAccess]:
    async with open_probes(EGRESS) as probes:
        rights = GcsRights(google.tokens, google.questions)
        yield GcsAccess(
            google.issuer,
            google.tokens,
            google.signatures,
            rights,
            probes,
            egress=EGRESS,
            oidc_issuer=google.oidc.url,
        )


def subject_of(identity: Identity, prefix: str = "", region: str | None = None) -> Subject:
    return Subject(ORG_ID, identity, BUCKET, prefix, ("https://app.example",), region)


def documents_of(prefix: str = "") -> Documents:
    return {"bucket_binding": bucket_binding(BUCKET, prefix, READER)}


async def sessions_of(google: Google, subject: Subject) -> Mapping[Operation, Session]:
    identity = subject.identity
    assert isinstance(identity, GcsIdentity)
    bucket = google.issuer.bucket(identity, BUCKET, ANY_REGION)
    return {
        operation: await google.issuer.issue(
            subject.org_id, identity, Reach(bucket, subject.prefix, operation)
        )
        for operation in Operation
    }


# --- region --------------------------------------------------------------------------------------


async def test_a_bucket_is_found_without_a_credential(google: Google, access: GcsAccess) -> None:
    subject = subject_of(OrganizationServiceAccount(READER))
    place = await access.locate(subject)
    assert place.finding == passed("The bucket exists.")
    assert place.bucket == Bucket(Provider.GCS, BUCKET, ANY_REGION, google.world.url)
    assert place.bucket == access.guess(subject)
    assert [question.authorization for question in google.world.asked] == [""]


async def test_a_region_is_not_used(access: GcsAccess) -> None:
    place = await access.locate(subject_of(HMAC, region="europe-west4"))
    sentence = "The bucket exists; in Cloud Storage its region is not used."
    assert place.finding == warning(sentence)
    assert (await access.locate(subject_of(HMAC, region=ANY_REGION))).finding.likeliest is None


async def test_a_bucket_that_does_not_exist_is_the_callers_matter(access: GcsAccess) -> None:
    place = await access.locate(replace(subject_of(HMAC), bucket="no-such-bucket"))
    remedy = Cause(
        CauseKind.BUCKET_ABSENT, "Correct the bucket's name in the URI, or make the bucket."
    )
    assert (place.finding, place.bucket) == (failed("The bucket does not exist.", remedy), None)


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("throttle", StorageThrottledError),
        ("fail", StorageUnavailableError),
        ("reset", StorageUnavailableError),
    ],
)
async def test_a_store_that_does_not_answer_has_said_nothing(
    google: Google, access: GcsAccess, fault: str, kind: type[Exception]
) -> None:
    google.world.fail_next(fault)  # type: ignore[arg-type]
    with pytest.raises(kind):
        await access.locate(subject_of(HMAC))


# --- identity and isolation ----------------------------------------------------------------------


async def test_an_account_that_gave_tokens_is_recognized(google: Google, access: GcsAccess) -> None:
    subject = subject_of(google.add_key())
    sessions = await sessions_of(google, subject)
    found = await access.recognize(subject, access.guess(subject), sessions)
    assert found == passed(f"Mooring can act as {READER}.")


async def test_a_pool_that_refuses_us_gets_both_documents(
    google: Google, access: GcsAccess
) -> None:
    account = google.federate(ORG_ID)
    finding = await access.explain_refusal(subject_of(account), StorageDeniedError("No."))
    advice = "Run the setup kit's script, or make these two as they stand."
    documents: Documents = {
        "workload_provider": provider_document(account, ORG_ID, ISSUER),
        "service_account_binding": impersonator_binding(account, ORG_ID),
    }
    assert finding == failed("No.", Cause(CauseKind.IMPERSONATION, advice, documents))


async def test_a_key_that_is_refused_is_to_be_replaced(google: Google, access: GcsAccess) -> None:
    finding = await access.explain_refusal(subject_of(google.add_key()), StorageDeniedError("No."))
    assert finding == failed(
        "No.",
        Cause(
            CauseKind.KEY_REFUSED,
            "Make a new key: gcloud iam service-accounts keys create key.json "
            f"--iam-account={READER} Then rotate the credential to it.",
        ),
    )


@pytest.mark.parametrize("identity", [OrganizationServiceAccount(READER), HMAC])
async def test_what_cannot_be_refused_stays_an_error(
    access: GcsAccess, identity: GcsIdentity
) -> None:
    error = StorageDeniedError("No.")
    with pytest.raises(StorageDeniedError) as raised:
        await access.explain_refusal(subject_of(identity), error)
    assert raised.value is error


def isolation_of(access: GcsAccess, subject: Subject) -> Question:
    question = access.ask_isolation(subject, access.guess(subject))
    assert question is not None
    assert question.name == "subject_enforced"
    return question


async def test_a_pool_with_a_condition_keeps_other_organizations_out(
    google: Google, access: GcsAccess
) -> None:
    subject = subject_of(google.federate(ORG_ID))
    assert await isolation_of(access, subject).ask() == passed(
        "The service account refuses a token and a signature for another organization."
    )


async def test_an_account_that_everybody_may_use_is_reported_with_what_mends_it(
    google: Google, access: GcsAccess
) -> None:
    account = google.federate(ORG_ID, enforced=False)
    finding = await isolation_of(access, subject_of(account)).ask()
    assert finding == failed(
        f"Mooring can act as {READER} for any organization, so another customer of Mooring could "
        "name it as theirs and reach this bucket.",
        Cause(
            CauseKind.SUBJECT_NOT_ENFORCED,
            "Set the provider's attribute condition, and let only this subject create tokens of "
            "the service account and sign as it.",
            {
                "workload_provider": provider_document(account, ORG_ID, ISSUER),
                "service_account_binding": impersonator_binding(account, ORG_ID),
            },
        ),
    )


async def test_an_account_that_signs_for_everybody_and_gives_no_token_is_reported(
    google: Google, access: GcsAccess
) -> None:
    """As by a role with iam.serviceAccounts.signBlob alone: URLs are all that another needs."""
    account = google.federate(ORG_ID, enforced=False)
    principal = google.world.providers[f"//iam.googleapis.com/{account.provider}"]
    kept = google.world.accounts[READER]
    kept.token_creators, kept.signers = {principal.principal(str(ORG_ID))}, Everybody()
    assert not await google.tokens.is_open(uuid4(), account)
    finding = await isolation_of(access, subject_of(account)).ask()
    assert finding.status is Status.FAILED
    assert f"can act as {READER} for any organization" in finding.sentence


async def test_an_iam_that_fails_proves_no_isolation(google: Google, access: GcsAccess) -> None:
    subject = subject_of(google.federate(ORG_ID))
    google.world.fail_next("fail", 3)
    with pytest.raises(StorageUnavailableError):
        await isolation_of(access, subject).ask()


@pytest.mark.parametrize("identity", [OrganizationServiceAccount(READER), HMAC])
async def test_what_no_customer_can_name_needs_no_proof(
    access: GcsAccess, identity: GcsIdentity
) -> None:
    subject = subject_of(identity)
    assert access.ask_isolation(subject, access.guess(subject)) is None


# --- rights --------------------------------------------------------------------------------------


async def ask(access: GcsAccess, name: str, subject: Subject) -> Finding:
    questions = access.ask_rights(subject, access.guess(subject), {})
    assert [each.name for each in questions] == ["permissions", "requester_pays", "uniform_access"]
    return await next(each for each in questions if each.name == name).ask()


async def test_reading_is_neither_too_little_nor_too_much(
    google: Google, access: GcsAccess
) -> None:
    subject = subject_of(google.add_key())
    google.world.grant(BUCKET, READER)
    assert await ask(access, "permissions", subject) == passed(
        "The service account may list and read objects, and change nothing."
    )


async def test_what_is_missing_is_named_with_the_command_that_grants_it(
    google: Google, access: GcsAccess
) -> None:
    subject = subject_of(google.add_key())
    google.world.grant(BUCKET, READER, "roles/storage.legacyObjectReader")
    assert await ask(access, "permissions", subject) == failed(
        "The service account lacks storage.objects.list on the bucket.",
        Cause(CauseKind.LIST_NOT_GRANTED, f"Run: {ADD}", documents_of()),
    )


async def test_being_allowed_to_write_is_reported(google: Google, access: GcsAccess) -> None:
    subject = subject_of(google.add_key())
    google.world.grant(BUCKET, READER, "roles/storage.objectAdmin")
    assert await ask(access, "permissions", subject) == failed(
        "The service account may do more than read: storage.objects.create, "
        "storage.objects.delete, storage.objects.update.",
        Cause(
            CauseKind.MAY_CHANGE,
            f"Remove what else grants {READER} a role on gs://{BUCKET}, on its project or above, "
            "and leave roles/storage.objectViewer.",
            documents_of(),
        ),
    )


async def test_changing_the_buckets_policy_is_reported(google: Google, access: GcsAccess) -> None:
    subject = subject_of(google.add_key())
    permissions = frozenset({"storage.buckets.setIamPolicy"})
    google.world.grants.append(Grant(BUCKET, READER, permissions))
    finding = await ask(access, "permissions", subject)
    assert finding.status is Status.FAILED
    assert "storage.buckets.setIamPolicy" in finding.sentence


async def test_a_grant_of_the_prefix_reaches_nothing_else(
    google: Google, access: GcsAccess
) -> None:
    subject = subject_of(google.add_key(), "photos/")
    google.world.grant(BUCKET, READER, prefix="photos/")
    assert await ask(access, "permissions", subject) == passed(
        "The service account may do nothing outside of the prefix."
    )


async def test_a_grant_of_the_whole_bucket_for_one_prefix_is_reported(
    google: Google, access: GcsAccess
) -> None:
    subject = subject_of(google.add_key(), "photos/")
    google.world.grant(BUCKET, READER)
    sentence = "The service account may list or read the whole bucket, and needs the prefix only."
    cause = Cause(
        CauseKind.LISTS_OUTSIDE,
        f"Remove what else grants {READER} a role on gs://{BUCKET}, on its project or above, "
        f"and leave roles/storage.objectViewer. For the prefix alone: {ADD_BELOW}",
        documents_of("photos/"),
    )
    assert await ask(access, "permissions", subject) == warning(sentence, cause)
    looking = frozenset({"storage.buckets.get"})
    google.world.grants.append(Grant(BUCKET, READER, looking))
    assert await ask(access, "permissions", subject) == failed(sentence, cause)
    google.world.buckets[BUCKET].uniform_access = False  # nothing narrower can be granted
    assert await ask(access, "permissions", subject) == warning(sentence, cause)


async def test_a_grant_of_the_whole_bucket_is_right_where_another_location_has_it(
    google: Google, access: GcsAccess
) -> None:
    subject = replace(subject_of(google.add_key(), "photos/"), granted=("",))
    google.world.grant(BUCKET, READER)
    assert await ask(access, "permissions", subject) == passed(
        "The service account may read the whole bucket, as another location has."
    )


async def test_a_bucket_whose_owner_pays_is_told_from_one_where_requesters_pay(
    google: Google, access: GcsAccess
) -> None:
    subject = subject_of(google.add_key())
    google.world.grant(BUCKET, READER)
    assert await ask(access, "requester_pays", subject) == passed(
        "The bucket's owner pays for what is read."
    )
    google.world.buckets[BUCKET].requester_pays = True
    command = f"gcloud storage buckets update gs://{BUCKET} --no-requester-pays"
    assert await ask(access, "requester_pays", subject) == failed(
        "The bucket lets only requesters read that pay for it, and Mooring does not.",
        Cause(CauseKind.REQUESTER_PAYS, f"Run: {command}"),
    )


async def test_who_may_not_list_is_not_told_who_pays(google: Google, access: GcsAccess) -> None:
    subject = subject_of(google.add_key())
    assert await ask(access, "requester_pays", subject) == skipped(
        "The bucket does not say: see the check `list`."
    )


async def test_uniform_access_is_looked_up_where_we_may(google: Google, access: GcsAccess) -> None:
    subject = subject_of(google.add_key())
    google.world.grant(BUCKET, READER)
    assert await ask(access, "uniform_access", subject) == skipped(
        "The service account may not look, and need not: storage.buckets.get."
    )
    google.world.grant(BUCKET, READER, "roles/storage.legacyBucketReader")
    assert await ask(access, "uniform_access", subject) == passed(
        "The bucket has uniform bucket-level access: IAM alone rules it."
    )
    google.world.buckets[BUCKET].uniform_access = False
    command = f"gcloud storage buckets update gs://{BUCKET} --uniform-bucket-level-access"
    assert await ask(access, "uniform_access", subject) == warning(
        "The bucket has no uniform bucket-level access: ACLs of single objects decide too, and "
        "neither a grant nor Mooring's tokens can be narrowed to a prefix.",
        Cause(CauseKind.ACLS, f"To put ACLs out of force run: {command}"),
    )


@pytest.mark.parametrize("name", ["permissions", "requester_pays", "uniform_access"])
async def test_an_hmac_key_is_not_asked_what_it_may_do(access: GcsAccess, name: str) -> None:
    assert await ask(access, name, subject_of(HMAC)) == skipped(
        "An HMAC key can be asked nothing like it: see the checks `list` and `read`."
    )


# --- remedies ------------------------------------------------------------------------------------


async def not_listed(
    access: GcsAccess, subject: Subject, error: StorageDeniedError | BucketNotFoundError
) -> Finding:
    moment = datetime(2026, 11, 29, tzinfo=UTC)
    session = Session(BearerToken(SecretStr("t")), None, moment, moment)
    return await access.not_listed(subject, access.guess(subject), session, error)


async def test_a_prefix_that_cannot_be_listed_gets_the_command_and_the_binding(
    google: Google, access: GcsAccess
) -> None:
    key = google.add_key()
    hint = "What was just granted can need a few minutes."
    denied = StorageDeniedError("No.")
    assert await not_listed(access, subject_of(key), denied) == failed(
        f"The credential may not list gs://{BUCKET}/.",
        Cause(CauseKind.LIST_NOT_GRANTED, f"Run: {ADD} {hint}", documents_of()),
    )
    assert await not_listed(access, subject_of(key, "photos/"), denied) == failed(
        f"The credential may not list gs://{BUCKET}/photos/.",
        Cause(CauseKind.LIST_NOT_GRANTED, f"{ADD_BELOW} {hint}", documents_of("photos/")),
    )


async def test_a_bucket_that_went_is_the_callers_matter(access: GcsAccess) -> None:
    finding = await not_listed(access, subject_of(HMAC), BucketNotFoundError("Gone."))
    remedy = Cause(
        CauseKind.BUCKET_ABSENT, "Correct the bucket's name in the URI, or make the bucket."
    )
    assert finding == failed("Gone.", remedy)


async def test_objects_that_cannot_be_read_are_counted(google: Google, access: GcsAccess) -> None:
    subject = subject_of(google.add_key())
    row = ObjectRow("photos/a.jpg", 1, "e", datetime(2026, 11, 29, tzinfo=UTC))
    denied = Sample(row, StorageDeniedError("No."))
    finding = access.not_read(subject, [denied], read=2, asked=3)
    assert finding.sentence == (
        "2 of 3 sampled objects can be read: access to others is denied, as `photos/a.jpg`."
    )
    assert finding.likeliest is not None
    assert finding.likeliest.remedy.startswith(f"Run: {ADD}")
    assert finding.likeliest.documents == documents_of()


async def test_an_hmac_keys_account_is_not_known_to_us(access: GcsAccess) -> None:
    finding = await not_listed(access, subject_of(HMAC), StorageDeniedError("No."))
    assert finding.likeliest == Cause(
        CauseKind.LIST_NOT_GRANTED,
        "Give the service account that the HMAC key belongs to roles/storage.objectViewer on the "
        f"bucket {BUCKET}, as the setup kit's script does. What was just granted can need a few "
        "minutes.",
    )


@pytest.mark.parametrize(
    ("code", "who"),
    [
        ("ExpiredToken", "operator"),
        ("RequestTimeTooSkewed", "operator"),
        ("AccessDenied", "customer"),
    ],
)
def test_a_refused_url_is_whose_it_is(access: GcsAccess, code: str, who: str) -> None:
    finding = access.not_signed(subject_of(HMAC), UrlRefusal(403, code, ""))
    assert finding.sentence == "The store refuses a presigned URL with status 403."
    assert finding.likeliest is not None
    assert finding.likeliest.kind.who == who


def test_cors_is_the_buckets_own(access: GcsAccess) -> None:
    subject = subject_of(HMAC)
    assert access.cors(subject) == {"cors": gcs_cors_rules(["https://app.example"])}
    assert f"gs://{BUCKET} --cors-file=cors.json" in access.cors_advice(subject)
    assert "`subject_enforced`" in access.why_barred(subject)


async def test_an_identity_of_another_cloud_is_a_mistake_of_ours(access: GcsAccess) -> None:
    role = CustomerRole(parse_role_arn("arn:aws:iam::222222222222:role/reader"), "the-id")
    with pytest.raises(TypeError):
        access.guess(subject_of(role))


async def test_without_an_issuer_no_pool_can_be_mended(google: Google) -> None:
    account = google.federate(ORG_ID)
    async with open_probes(EGRESS) as probes:
        rights = GcsRights(google.tokens, google.questions)
        access = GcsAccess(
            google.issuer,
            google.tokens,
            google.signatures,
            rights,
            probes,
            egress=EGRESS,
            oidc_issuer=None,
        )
        with pytest.raises(CloudIdentityError, match="MOORING_OIDC_ISSUER"):
            await access.explain_refusal(subject_of(account), StorageDeniedError(str(uuid4())))
