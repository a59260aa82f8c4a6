"""What reports ask of Azure: who must do what, told from what Azure really answers."""

from base64 import b64encode
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from pydantic import SecretStr

from services.credentials.access.azure import NOT_BOUND, AzureAccess, AzureTools
from services.credentials.access.browsers import UrlRefusal
from services.credentials.access.causes import CauseKind
from services.credentials.access.checks import Cause, Finding, Status, failed, passed
from services.credentials.access.cloud_access import CloudAccess, Sessions
from services.credentials.access.objects import Sample
from services.credentials.access.subjects import Subject
from services.credentials.issuers.azure import AzureIssuer
from services.credentials.issuers.azure_application import AzureAddress, AzureApplication
from services.credentials.issuers.base import (
    AccountKey,
    AzureIdentity,
    ConsentedTenant,
    CustomerSas,
    Reach,
    ServicePrincipal,
    Session,
)
from services.credentials.issuers.entra_refusals import EntraRefusedError
from shared.clock import FrozenClock
from shared.egress import EgressGuard
from shared.errors import BucketNotFoundError, StorageDeniedError
from shared.leases import Bucket, Operation, SasToken
from shared.storage.base import ObjectRow
from shared.uris import Provider
from tests.services.credentials.azure_accounts import Account, AzureAccounts, FakeTokens

SUFFIX = "core.windows.net"
KEY = AccountKey("acme", SecretStr(b64encode(b"k" * 64).decode()), SUFFIX)
SAS = "sv=2022-11-02&sr=c&sp=rl&spr=https&se=2026-12-21T12:00:00Z&sig=c2VjcmV0"
ORG = uuid4()
ORIGIN = "https://app.example"
APPLICATION = AzureApplication(uuid4(), SecretStr("s"), "https://vault.example")
BUCKET = Bucket(Provider.AZURE, "acme/photos", "auto")


@dataclass(slots=True)
class Stage:
    """The checks, and the accounts and tenants that they are about."""

    access: AzureAccess
    issuer: AzureIssuer
    accounts: AzureAccounts
    tokens: FakeTokens
    bound: set[tuple[UUID, UUID]]
    account: Account

    def principal(self) -> ServicePrincipal:
        """Return a principal with both roles at the account acme."""
        self.account.delegators.add(self.tokens.object_id)
        return ServicePrincipal(self.account.tenant_id, uuid4(), SecretStr("s"), SUFFIX)

    def consented(self) -> ConsentedTenant:
        self.account.delegators.add(self.tokens.object_id)
        self.bound.add((ORG, self.account.tenant_id))
        return ConsentedTenant(self.account.tenant_id, SUFFIX)

    async def sessions(self, identity: AzureIdentity) -> Sessions:
        return {
            each: await self.issuer.issue(ORG, identity, Reach(BUCKET, "2026/", each))
            for each in Operation
        }

    async def refusal(self, identity: AzureIdentity) -> Finding:
        """Ask for a session, which is refused, and explain that."""
        with pytest.raises(StorageDeniedError) as refused:
            await self.sessions(identity)
        return await self.access.explain_refusal(subject_of(identity), refused.value)

    async def rights(self, identity: AzureIdentity) -> dict[str, Finding]:
        sessions = await self.sessions(identity)
        questions = self.access.ask_rights(subject_of(identity), BUCKET, sessions)
        return {each.name: await each.ask() for each in questions}

    async def not_listed(
        self, subject: Subject, error: StorageDeniedError | BucketNotFoundError
    ) -> Finding:
        moment = datetime(2026, 11, 29, tzinfo=UTC)
        session = Session(SasToken(SecretStr("sig=x")), None, moment, moment)
        return await self.access.not_listed(subject, BUCKET, session, error)

    async def recognize(self, identity: AzureIdentity) -> Finding:
        sessions = await self.sessions(identity)
        return await self.access.recognize(subject_of(identity), BUCKET, sessions)


@pytest.fixture
async def stage(clock: FrozenClock) -> AsyncIterator[Stage]:
    accounts, tokens = AzureAccounts(), FakeTokens()
    account = accounts.accounts["acme"] = Account(uuid4())
    bound: set[tuple[UUID, UUID]] = set()

    async def is_bound(org_id: UUID, tenant_id: UUID) -> bool:
        return (org_id, tenant_id) in bound

    async with accounts.client() as http:
        issuer = AzureIssuer(tokens, http, AzureAddress(), clock, is_bound=is_bound)
        tools = AzureTools(
            issuer=issuer,
            http=http,
            clock=clock,
            is_bound=is_bound,
            egress=EgressGuard(allow_private=True),
            application=APPLICATION,
            patience=timedelta(milliseconds=20),
        )
        yield Stage(AzureAccess(tools), issuer, accounts, tokens, bound, account)


def subject_of(identity: AzureIdentity, bucket: str = "acme/photos") -> Subject:
    return Subject(ORG, identity, bucket, "2026/", (ORIGIN,), None)


def told(finding: Finding) -> tuple[str, str, str]:
    """Return status, sentence and who must act."""
    remedy = finding.likeliest
    return finding.status.value, finding.sentence, "" if remedy is None else remedy.kind.who


def remedy_of(finding: Finding) -> Cause:
    assert finding.likeliest is not None
    return finding.likeliest


def sas(text: str = SAS) -> CustomerSas:
    return CustomerSas("acme", SecretStr(text), SUFFIX)


def test_it_is_what_a_report_asks(stage: Stage) -> None:
    access: CloudAccess = stage.access
    assert access.guess(subject_of(KEY)) == BUCKET


# --- where --------------------------------------------------------------------------------------


async def test_an_account_that_answers_is_located(stage: Stage) -> None:
    place = await stage.access.locate(subject_of(KEY))
    assert (place.finding, place.bucket) == (passed("The storage account acme answers."), BUCKET)


async def test_an_account_that_does_not_exist_is_the_callers_to_correct(stage: Stage) -> None:
    subject = subject_of(stage.principal(), "nobody/photos")
    place = await stage.access.locate(subject)
    assert told(place.finding) == ("failed", "There is no storage account nobody.", "caller")
    assert place.bucket is None
    assert isinstance(place.error, BucketNotFoundError)


async def test_a_container_that_anybody_may_read_is_pointed_out(stage: Stage) -> None:
    stage.account.is_public = True
    place = await stage.access.locate(subject_of(KEY))
    assert (place.finding.status, place.bucket) == (Status.WARNING, BUCKET)


@pytest.mark.parametrize("identity", [KEY, sas()], ids=["key", "sas"])
async def test_a_key_of_another_account_is_noticed_before_anything_is_asked(
    stage: Stage, identity: AzureIdentity
) -> None:
    place = await stage.access.locate(subject_of(identity, "other/photos"))
    assert told(place.finding) == (
        "failed",
        "The credential is for the storage account acme, and not for other.",
        "caller",
    )
    assert stage.accounts.asked == []


# --- who ----------------------------------------------------------------------------------------


async def test_a_tenant_and_a_principal_that_get_a_key_are_recognized(stage: Stage) -> None:
    consented, principal = stage.consented(), stage.principal()
    assert await stage.recognize(consented) == passed(
        f"The tenant {consented.tenant_id} lets Mooring's application in."
    )
    assert await stage.recognize(principal) == passed(
        f"The tenant lets the service principal of {principal.client_id} in."
    )


async def test_keys_and_signatures_are_tried_before_they_are_believed(stage: Stage) -> None:
    assert await stage.recognize(KEY) == passed("The storage account accepts the key.")
    assert await stage.recognize(sas()) == passed("The storage account accepts the SAS.")


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("AuthenticationFailed", "The storage account does not accept the key."),
        (
            "KeyBasedAuthenticationNotPermitted",
            "The storage account allows no access by its keys, nor by what they signed.",
        ),
        ("AccountIsDisabled", "The storage account is disabled."),
        ("AuthorizationFailure", "The storage account's network rules refuse Mooring."),
    ],
)
async def test_a_key_that_is_refused_says_why(stage: Stage, code: str, sentence: str) -> None:
    stage.account.signature_code = code
    assert told(await stage.recognize(KEY)) == ("failed", sentence, "customer")


async def test_what_a_key_may_not_do_is_left_to_the_listing(stage: Stage) -> None:
    stage.account.signature_code = "AuthorizationPermissionMismatch"
    assert (await stage.recognize(sas())).status is Status.PASSED


async def test_a_missing_delegator_role_comes_with_the_exact_commands(stage: Stage) -> None:
    identity = replace(stage.principal(), client_id=UUID(int=7))
    stage.account.delegators.clear()
    finding = await stage.refusal(identity)
    assert told(finding) == (
        "failed",
        (
            "Mooring may not sign in the name of its principal: the role Storage Blob Delegator is"
            " missing on the storage account."
        ),
        "customer",
    )
    text = remedy_of(finding).remedy
    assert "at the container it does nothing" in text
    assert "can need 10 minutes: then verify again" in text
    reader, delegator = text.partition("Run: ")[2].split(" && ")
    scope = '"$(az storage account show --name acme --query id --output tsv)'
    client = "--assignee 00000000-0000-0000-0000-000000000007"
    assert reader == (
        f"az role assignment create --role 2a2b9908-6ea1-4ae2-8e65-a410df84e7d1 {client}"
        f' --scope {scope}/blobServices/default/containers/photos"'
    )
    assert delegator == (
        f"az role assignment create --role db58b8e5-c6ad-4a2a-8342-4190687cbf4a {client}"
        f' --scope {scope}"'
    )
    assert remedy_of(finding).documents.keys() == {"role_assignments"}


async def test_a_role_that_is_still_spreading_is_waited_for_and_told_from_a_missing_one(
    stage: Stage,
) -> None:
    identity = stage.principal()
    stage.account.grants_after = 1
    assert told(await stage.refusal(identity)) == (
        "failed",
        "Azure is still spreading a role that was just assigned.",
        "caller",
    )


async def test_a_network_that_keeps_us_out_is_told_from_a_missing_role(stage: Stage) -> None:
    identity = stage.principal()
    stage.account.refuses = "AuthorizationFailure"
    finding = await stage.refusal(identity)
    assert finding.sentence == "The storage account's network rules refuse Mooring."
    assert "everybody who shall view the files" in remedy_of(finding).remedy


async def test_an_account_of_another_tenant_is_told_from_a_missing_role(stage: Stage) -> None:
    identity = stage.principal()
    stage.account.tenant_id = uuid4()
    finding = await stage.refusal(identity)
    assert "it belongs to another one" in finding.sentence
    assert remedy_of(finding).remedy.startswith("Name the tenant")


async def test_what_entra_refuses_comes_with_its_own_advice(stage: Stage) -> None:
    stage.tokens.refusal = EntraRefusedError("No.", advice="Do this.", aadsts="700016")
    finding = await stage.refusal(stage.principal())
    assert finding == failed("No.", Cause(CauseKind.ENTRA_REFUSED, "Do this."))


async def test_a_signature_that_has_expired_is_renewed(stage: Stage, clock: FrozenClock) -> None:
    clock.advance(timedelta(days=60))
    assert told(await stage.refusal(sas())) == (
        "failed",
        "The SAS expired at 2026-12-21 12:00 UTC.",
        "customer",
    )


async def test_a_key_that_is_named_for_another_account_is_the_callers_to_correct(
    stage: Stage,
) -> None:
    other = Bucket(Provider.AZURE, "other/photos", "auto")
    with pytest.raises(StorageDeniedError) as refused:
        await stage.issuer.issue(ORG, KEY, Reach(other, "", Operation.LIST))
    finding = await stage.access.explain_refusal(subject_of(KEY, "other/photos"), refused.value)
    assert told(finding) == (
        "failed",
        "The credential is for the storage account acme only.",
        "caller",
    )


# --- isolation ----------------------------------------------------------------------------------


async def test_only_our_own_application_raises_the_question_whose_tenant_it_is(
    stage: Stage,
) -> None:
    for identity in (stage.principal(), KEY, sas()):
        assert stage.access.ask_isolation(subject_of(identity), BUCKET) is None


async def test_a_tenant_that_is_bound_is_this_organizations(stage: Stage) -> None:
    question = stage.access.ask_isolation(subject_of(stage.consented()), BUCKET)
    assert question is not None
    assert (question.name, (await question.ask()).status) == ("tenant_bound", Status.PASSED)


async def test_a_tenant_that_another_organization_named_is_not_bound_and_gives_no_session(
    stage: Stage,
) -> None:
    identity = stage.consented()
    stage.bound.clear()
    question = stage.access.ask_isolation(subject_of(identity), BUCKET)
    assert question is not None
    findings = [await question.ask(), await stage.refusal(identity)]
    assert [told(each) for each in findings] == [("failed", NOT_BOUND, "customer")] * 2
    assert stage.accounts.asked == []
    assert "`tenant_bound`" in stage.access.why_barred(subject_of(identity))


# --- rights -------------------------------------------------------------------------------------


async def test_a_delegation_key_proves_the_right_to_delegate(stage: Stage) -> None:
    assert await stage.rights(stage.principal()) == {
        "delegator": passed(
            "The storage account gives Mooring user delegation keys: one signs URLs until"
            " 2026-11-22 12:00 UTC."
        )
    }


async def test_a_key_of_the_account_has_no_rights_to_ask_about(stage: Stage) -> None:
    assert await stage.rights(KEY) == {}


ACCOUNT_SAS = SAS.replace("sr=c", "ss=b&srt=sco")


@pytest.mark.parametrize(
    ("text", "status", "sentence"),
    [
        (
            SAS,
            Status.PASSED,
            "The SAS may list and read the container until 2026-12-21 12:00 UTC, and nothing else.",
        ),
        (
            SAS.replace("sp=rl", "sp=racwdl"),
            Status.FAILED,
            "The SAS may do more than list and read: write, delete, add, create.",
        ),
        (ACCOUNT_SAS, Status.WARNING, "The SAS reaches the whole storage account."),
        (
            SAS.replace("&spr=https", ""),
            Status.WARNING,
            "The SAS works without HTTPS too.",
        ),
        (
            SAS.replace("2026-12-21T12", "2026-11-25T12"),
            Status.WARNING,
            "The SAS expires at 2026-11-25 12:00 UTC.",
        ),
    ],
)
async def test_a_customers_signature_is_judged_by_what_it_may_do(
    stage: Stage, text: str, status: Status, sentence: str
) -> None:
    found = await stage.rights(sas(text))
    assert [(each.status, each.sentence) for each in found.values()] == [(status, sentence)]
    assert list(found) == ["sas_rights"]
    assert "c2VjcmV0" not in str(found)


# --- remedies for the common questions ----------------------------------------------------------


async def test_a_container_that_is_not_there_is_the_callers_to_correct(stage: Stage) -> None:
    finding = await stage.not_listed(subject_of(KEY), BucketNotFoundError("x"))
    assert told(finding) == ("failed", "There is no such container.", "caller")


@pytest.mark.parametrize(
    ("code", "begins"),
    [
        ("AuthorizationPermissionMismatch", "Assign the application"),
        ("", "Assign the application"),
        ("AuthorizationFailure", "Under Networking of the storage account acme"),
        ("KeyBasedAuthenticationNotPermitted", "Use a credential of the method tenant_consent"),
        ("SomethingElse", "Look for what the account refuses: Azure calls it SomethingElse."),
    ],
)
async def test_a_refusal_by_the_store_is_advised_on_by_its_code(
    stage: Stage, code: str, begins: str
) -> None:
    subject = subject_of(stage.principal())
    denied = StorageDeniedError("x", azure_code=code)
    listed = await stage.not_listed(subject, denied)
    row = ObjectRow("2026/a.jpg", 1, "e", datetime(2026, 11, 29, tzinfo=UTC))
    read = stage.access.not_read(subject, [Sample(row, denied)], read=1, asked=2)
    signed = stage.access.not_signed(subject, UrlRefusal(403, code, ""))
    assert [each.sentence for each in (listed, read, signed)] == [
        "The credential may not list az://acme/photos/2026/.",
        "1 of 2 sampled objects can be read: access to others is denied, as `2026/a.jpg`.",
        "The store refuses a presigned URL with status 403.",
    ]
    assert [remedy_of(each).remedy.startswith(begins) for each in (listed, read, signed)] == [
        True
    ] * 3


@pytest.mark.parametrize(("identity", "what"), [(KEY, "key"), (sas(), "SAS")])
async def test_a_refused_key_or_signature_is_rotated(
    stage: Stage, identity: AzureIdentity, what: str
) -> None:
    finding = await stage.not_listed(subject_of(identity), StorageDeniedError("x"))
    assert remedy_of(finding).remedy == (
        f"Rotate the credential to a {what} of this storage account that is valid now."
    )


async def test_a_consented_tenant_s_roles_go_to_our_application(stage: Stage) -> None:
    finding = await stage.not_listed(subject_of(stage.consented()), StorageDeniedError("x"))
    document = remedy_of(finding).documents["role_assignments"]
    assert document == {
        "principal": {"client_id": str(APPLICATION.client_id)},
        "assignments": [
            {
                "role": "Storage Blob Data Reader",
                "role_id": "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1",
                "scope": "Microsoft.Storage/storageAccounts/acme/blobServices/default/containers/"
                "photos",
            },
            {
                "role": "Storage Blob Delegator",
                "role_id": "db58b8e5-c6ad-4a2a-8342-4190687cbf4a",
                "scope": "Microsoft.Storage/storageAccounts/acme",
            },
        ],
    }


def test_cors_is_a_rule_to_be_added_with_the_command_that_adds_it(stage: Stage) -> None:
    subject = subject_of(KEY)
    assert stage.access.cors(subject) == {
        "cors": {
            "cors": {
                "corsRules": [
                    {
                        "allowedOrigins": [ORIGIN],
                        "allowedMethods": ["GET", "HEAD"],
                        "allowedHeaders": [
                            "range",
                            "if-match",
                            "if-none-match",
                            "if-modified-since",
                            "if-range",
                        ],
                        "exposedHeaders": [
                            "ETag",
                            "Content-Range",
                            "Accept-Ranges",
                            "Content-Length",
                        ],
                        "maxAgeInSeconds": 3600,
                    }
                ]
            }
        }
    }
    assert stage.access.cors_advice(subject).endswith(
        "Run: az storage cors add --services b --account-name acme --methods GET HEAD"
        " --origins https://app.example --allowed-headers range if-match if-none-match"
        " if-modified-since if-range --exposed-headers ETag Content-Range Accept-Ranges"
        " Content-Length --max-age 3600"
    )
