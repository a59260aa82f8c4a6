"""A customer's bucket in Google Cloud or Azure: from a credential to bytes in a browser."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TypeAlias

import pytest
from mooring_sdk.models import AccessReportBody, AssetBody

from deploy.local.stack import Stack
from tests.journeys.azure_owner import AzureOwner
from tests.journeys.browser import Browser, Fetched
from tests.journeys.conftest import MakeAdministrator, Organization
from tests.journeys.google_owner import GoogleOwner
from tests.journeys.owners import ORIGIN, Owner, connect_owner
from tests.journeys.places import Reach, counts, keys_of, problem
from tests.journeys.running import Running

pytestmark = pytest.mark.xdist_group("journeys")

GOOGLE = ("service_account_grant", "workload_identity", "service_account_key", "hmac_key")
AZURE = ("tenant_consent", "service_principal", "account_key")

Connect: TypeAlias = Callable[[str], tuple[Owner, Reach]]


@pytest.fixture
def browser(running: Running) -> Iterator[Browser]:
    with Browser(ORIGIN, running.azure.certificates) as opened:
        yield opened


@pytest.fixture
def connect(
    running: Running,
    organization: Organization,
    make_administrator: MakeAdministrator,
) -> Connect:
    """Connect a bucket full of hard keys by a method."""
    vault_url = running.stack.credentials_url

    def connect(method: str) -> tuple[Owner, Reach]:
        owner: Owner
        if method in GOOGLE:
            owner = GoogleOwner.make(running.google.world, vault_url)
        else:
            administrator = make_administrator()
            owner = AzureOwner.make(running.azure, vault_url, administrator.tenant)
            if method == "tenant_consent":
                administrator.consent(organization.api)
        owner.put(owner.hard_keys())
        return owner, connect_owner(organization.api, owner, method)

    return connect


@pytest.mark.parametrize("method", [*GOOGLE, *AZURE])
def test_a_bucket_is_connected_imported_and_viewed(
    connect: Connect, browser: Browser, method: str
) -> None:
    owner, reach = connect(method)
    keys = owner.hard_keys()
    assert troubles(reach.verify()) == {}
    assert counts(reach.run_import()) == {"listed": len(keys), "added": len(keys)}
    assets = reach.list_assets()
    assert keys_of(assets) == keys

    whole = view(reach, browser, assets, "GET")
    assert {key: answer.body for key, answer in whole.items()} == {k: k.encode() for k in keys}
    parts = view(reach, browser, assets, "GET", Range="bytes=1-3")
    assert {key: answer.body for key, answer in parts.items()} == {
        key: key.encode()[1:4] for key in keys
    }
    heads = view(reach, browser, assets, "HEAD")
    assert {key: answer.headers["Content-Length"] for key, answer in heads.items()} == {
        key: str(len(key.encode())) for key in keys
    }
    for answers, status in ((whole, 200), (parts, 206), (heads, 200)):
        assert {answer.status for answer in answers.values()} == {status}
        allowed = {answer.headers["Access-Control-Allow-Origin"] for answer in answers.values()}
        assert allowed == {ORIGIN}


@pytest.mark.parametrize("method", [*GOOGLE, *AZURE])
def test_an_import_is_repeated(connect: Connect, method: str) -> None:
    owner, reach = connect(method)
    owner.put([f"{owner.prefix}gone"])
    number = len(owner.hard_keys()) + 1
    reach.run_import()
    before = reach.list_assets()
    assert counts(reach.run_import()) == {"listed": number, "unchanged": number}
    assert reach.list_assets() == before
    owner.remove(f"{owner.prefix}gone")
    owner.put([f"{owner.prefix}come"])
    assert counts(reach.run_import(max_missing_share=0.5)) == {
        "listed": number,
        "unchanged": number - 1,
        "added": 1,
        "missing": 1,
        "applied": 2,
        "probed": 1,
    }
    missing = [asset.key for asset in reach.list_assets() if asset.state.value == "missing"]
    assert missing == [f"{owner.prefix}gone"]


def test_a_sas_lists_a_container_and_signs_no_urls(connect: Connect) -> None:
    owner, reach = connect("sas_token")
    keys = owner.hard_keys()
    report = reach.verify()
    assert report.valid
    assert statuses(report)["sign"] == "warning"
    assert counts(reach.run_import()) == {"listed": len(keys), "added": len(keys)}
    assets = reach.list_assets()
    assert keys_of(assets) == keys
    refused = problem(reach.try_to_presign(assets))
    assert (refused.status, refused.code) == (409, "urls-not-signable")


def test_assets_that_no_credential_signs_for_leave_the_others_their_urls(
    connect: Connect, browser: Browser
) -> None:
    owner, reach = connect("account_key")
    reach.run_import()
    signed = reach.list_assets()
    _, unsigned = connect("sas_token")
    replace(unsigned, dataset_id=reach.dataset_id).run_import()
    assets = reach.list_assets()
    assert len(assets) == 2 * len(signed)
    errors = {
        answer.asset_id: answer.error.code
        for answer in reach.presign(assets)
        if answer.error is not None
    }
    others = {asset.asset_id for asset in assets} - {asset.asset_id for asset in signed}
    assert errors == dict.fromkeys(others, "urls-not-signable")
    assert {key: answer.body for key, answer in view(reach, browser, signed, "GET").items()} == {
        key: key.encode() for key in owner.hard_keys()
    }


def test_only_the_vault_is_told_who_mooring_is_on_a_cloud(stack: Stack) -> None:
    ours = ("MOORING_AWS_", "MOORING_AZURE_", "MOORING_GOOGLE_", "MOORING_OIDC_")
    told = {
        child.program.name: {name for name in child.program.environment if name.startswith(ours)}
        for child in stack.processes._children
    }
    vault = told.pop("vault")
    assert {"MOORING_AZURE_CLIENT_SECRET", "MOORING_GOOGLE_KEY_FILE"} < vault
    assert told == {"ingest": set(), "gateway": set(), "worker": set()}


def view(
    reach: Reach, browser: Browser, assets: list[AssetBody], method: str, **headers: str
) -> dict[str, Fetched]:
    """Presign assets in one batch, and ask for all of them."""
    answers = reach.presign(assets, method)
    assert [answer.asset_id for answer in answers] == [asset.asset_id for asset in assets]
    return {
        asset.key: browser.ask(method, str(answer.url), **headers)
        for asset, answer in zip(assets, answers, strict=True)
    }


def statuses(report: AccessReportBody) -> dict[str, str]:
    return {check.name: check.status.value for check in report.checks}


def troubles(report: AccessReportBody) -> dict[str, str]:
    """Return the checks that did not pass, and what they say."""
    assert report.valid or any(check.status.value == "failed" for check in report.checks)
    return {
        check.name: f"{check.status.value}: {check.finding}"
        for check in report.checks
        if check.status.value not in {"passed", "skipped"}
    }
