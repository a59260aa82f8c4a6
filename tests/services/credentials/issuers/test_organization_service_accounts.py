"""Service accounts of organizations: made once, mended after, and ours to act as."""

import re
from uuid import UUID, uuid4

import pytest

from deploy.local.clouds.google import PRINCIPAL, PROJECT
from services.credentials.issuers.google_calls import GoogleAddress
from services.credentials.issuers.organization_service_accounts import OrganizationServiceAccounts
from services.credentials.setup.gcs_policies import IMPERSONATOR_ROLE
from shared.errors import CloudIdentityError, InvalidInputError, StorageUnavailableError
from tests.services.credentials.google_cloud import Google

OURS = {"role": IMPERSONATOR_ROLE, "members": [f"serviceAccount:{PRINCIPAL}"]}


async def test_an_account_is_made_for_the_organization_and_lets_us_act_as_it(
    google: Google,
) -> None:
    org_id = uuid4()
    email = await google.accounts.keep(org_id)
    assert re.fullmatch(rf"mooring-[a-z2-7]{{22}}@{PROJECT}\.iam\.gserviceaccount\.com", email)
    assert google.iam.made == [
        {
            "accountId": email.partition("@")[0],
            "serviceAccount": {
                "displayName": f"Mooring {org_id}",
                "description": f"Mooring reads for its organization {org_id}.",
            },
        }
    ]
    assert google.iam.policies == {email: {"bindings": [OURS], "etag": "1"}}


async def test_keeping_it_again_changes_nothing(google: Google) -> None:
    org_id = uuid4()
    email = await google.accounts.keep(org_id)
    assert await google.accounts.keep(org_id) == email
    assert len(google.iam.made) == 1
    assert google.iam.policies[email]["etag"] == "1"


async def test_keeping_it_again_mends_its_policy_and_leaves_what_others_added(
    google: Google,
) -> None:
    org_id = uuid4()
    email = await google.accounts.keep(org_id)
    other = {
        "role": IMPERSONATOR_ROLE,
        "members": [f"serviceAccount:{PRINCIPAL}"],
        "condition": {"title": "only on Mondays", "expression": "false"},
    }
    google.iam.policies[email] = {"bindings": [other], "etag": "7"}
    await google.accounts.keep(org_id)
    assert google.iam.policies[email] == {"bindings": [other, OURS], "etag": "8"}


def test_no_two_organizations_have_one_account(google: Google) -> None:
    org_ids = [UUID(int=number) for number in range(1_000)]
    assert len({google.accounts.email_of(org_id) for org_id in org_ids}) == 1_000


async def test_an_account_that_iam_does_not_know_yet_is_waited_for(google: Google) -> None:
    google.iam.unknown_for, google.iam.overtaken = 1, 1
    email = await google.accounts.keep(uuid4())
    assert google.iam.policies[email]["bindings"] == [OURS]
    assert google.pauses == [1.0, 2.0]


async def test_an_account_that_stays_unknown_is_the_operators_matter(google: Google) -> None:
    google.iam.unknown_for = 9
    with pytest.raises(CloudIdentityError):
        await google.accounts.keep(uuid4())


async def test_an_identity_that_may_not_make_accounts_is_the_operators_matter(
    google: Google,
) -> None:
    google.iam.admins.clear()
    with pytest.raises(CloudIdentityError, match=r"roles/iam\.serviceAccountAdmin"):
        await google.accounts.keep(uuid4())


async def test_a_project_that_is_full_is_the_operators_matter(google: Google) -> None:
    google.iam.quota = 0
    with pytest.raises(CloudIdentityError, match="as many service accounts as it may"):
        await google.accounts.keep(uuid4())


async def test_an_iam_that_fails_is_unavailable(google: Google) -> None:
    await google.identity.token()
    google.world.fail_next("fail", 3)
    with pytest.raises(StorageUnavailableError):
        await google.accounts.keep(uuid4())


def accounts_of(
    google: Google,
    address: GoogleAddress,
    project: str | None = PROJECT,
    principal: str | None = PRINCIPAL,
) -> OrganizationServiceAccounts:
    return OrganizationServiceAccounts(
        google.calls, google.identity, address, project=project, principal=principal
    )


async def test_without_a_principal_the_operator_has_let_us_act_as_all_of_them(
    google: Google,
) -> None:
    address = GoogleAddress(iam=google.world.url)
    email = await accounts_of(google, address, principal=None).keep(uuid4())
    assert (email in google.world.accounts, google.iam.policies) == (True, {})


async def test_without_a_project_no_account_is_made(google: Google) -> None:
    accounts = accounts_of(google, GoogleAddress(), project=None)
    with pytest.raises(CloudIdentityError, match="MOORING_GOOGLE_PROJECT"):
        await accounts.keep(uuid4())


def test_accounts_of_our_project_are_not_for_customers_to_name(google: Google) -> None:
    ours = google.accounts.email_of(uuid4())
    with pytest.raises(InvalidInputError) as refused:
        google.accounts.require_foreign(ours)
    assert refused.value.members == {"field": "service_account"}
    google.accounts.require_foreign("reader@acme-project.iam.gserviceaccount.com")
    accounts_of(google, GoogleAddress(), project=None).require_foreign(ours)


def test_the_project_of_a_domain_is_written_backwards(google: Google) -> None:
    accounts = accounts_of(google, GoogleAddress(), project="example.com:vendor")
    email = accounts.email_of(UUID(int=1))
    assert email.endswith("@vendor.example.com.iam.gserviceaccount.com")
    with pytest.raises(InvalidInputError):
        accounts.require_foreign(email)
