"""Whole reports on Azure: tokens of a stand-in for Entra, blobs and CORS of Azurite."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from azure.storage.blob import CorsRule
from azure.storage.blob.aio import ContainerClient
from pydantic import SecretStr

from deploy.local.clouds.azurite import ACCOUNT, ACCOUNT_KEY, Azurite
from deploy.local.clouds.entra import Application, Entra, serving_entra
from services.credentials.access.azure import AzureAccess, AzureTools
from services.credentials.access.browsers import BrowserChecks
from services.credentials.access.origin_checks import ORIGIN_CHECKS
from services.credentials.access.probes import open_probes
from services.credentials.access.report import AccessVerifier, Report, Tools
from services.credentials.access.subjects import Subject
from services.credentials.access.trials import LeaseTrials, ProbeUrls
from services.credentials.issuers.azure import AzureIssuer
from services.credentials.issuers.azure_application import AzureAddress, AzureApplication
from services.credentials.issuers.base import (
    AccountKey,
    AzureIdentity,
    ConsentedTenant,
    CustomerSas,
    ServicePrincipal,
)
from services.credentials.issuers.entra import EntraTokens
from services.credentials.setup.azure_cors import cors_properties
from shared.clock import SystemClock
from shared.egress import EgressGuard
from tests.emulators.azurite import empty_azurite

SUFFIX = "core.windows.net"
ORG = uuid4()
ORIGIN, STRANGER = "https://app.example", "https://other.example"
KEY = AccountKey(ACCOUNT, ACCOUNT_KEY, SUFFIX)
COMMON = {"region": "passed", "list": "passed", "read": "passed", "archived": "passed"}
ASKED = tuple(f"{name} {ORIGIN}" for name in ORIGIN_CHECKS)
SEEN = {"sign": "passed", **dict.fromkeys(ASKED, "passed")}


@dataclass(slots=True)
class Stage:
    """What verifies, Entra, and a container with a file in it."""

    verifier: AccessVerifier
    entra: Entra
    application: AzureApplication
    azurite: Azurite
    container: ContainerClient
    bound: set[tuple[UUID, UUID]]

    def principal(self) -> ServicePrincipal:
        application = self.entra.register(Application(secret="theirs"))
        tenant = self.entra.add_tenant()
        self.entra.add_principal(tenant, application.client_id)
        return ServicePrincipal(tenant, application.client_id, SecretStr("theirs"), SUFFIX)

    def consented(self) -> ConsentedTenant:
        tenant = self.entra.add_tenant()
        self.entra.add_principal(tenant, self.application.client_id)
        self.bound.add((ORG, tenant))
        return ConsentedTenant(tenant, SUFFIX)

    def sas(self, permissions: str) -> CustomerSas:
        bucket = self.azurite.bucket(self.container.container_name)
        return CustomerSas(ACCOUNT, self.azurite.sas(bucket, permissions).token, SUFFIX)

    async def verify(self, identity: AzureIdentity, *origins: str) -> Report:
        name = f"{ACCOUNT}/{self.container.container_name}"
        subject = Subject(ORG, identity, name, "2026/", origins or (ORIGIN,), None)
        return await self.verifier.verify(subject)


@pytest.fixture(scope="module")
def azurite() -> Iterator[Azurite]:
    with empty_azurite() as started:
        yield started


@pytest.fixture
async def stage(
    azurite: Azurite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Stage]:
    monkeypatch.setenv("SSL_CERT_FILE", str(azurite.certificate))
    await add_rule_of_the_kit(azurite)
    egress, clock = EgressGuard(allow_private=True), SystemClock()
    bound: set[tuple[UUID, UUID]] = set()

    async def is_bound(org_id: UUID, tenant_id: UUID) -> bool:
        return (org_id, tenant_id) in bound

    async with (
        serving_entra(tmp_path) as served,
        azurite.container() as container,
        open_probes(egress) as probes,
    ):
        ours = served.entra.register(Application(secret="ours"))
        application = AzureApplication(ours.client_id, SecretStr("ours"), "https://vault.example")
        origin = azurite.endpoint.removesuffix(f"/{ACCOUNT}")
        address = AzureAddress(served.entra.authority, origin, served.ca_file)
        tokens = EntraTokens(application, address)
        issuer = AzureIssuer(tokens, probes.direct, address, clock, is_bound=is_bound)
        access = AzureAccess(
            AzureTools(issuer, probes.direct, clock, is_bound, egress, application)
        )
        browsers, urls = BrowserChecks(probes), ProbeUrls(issuer)  # type: ignore[arg-type] # of one cloud
        tools = Tools(
            issuer=issuer,  # type: ignore[arg-type]
            cloud_of=lambda _identity: access,
            browsers=browsers,
            urls=urls,
            trials=LeaseTrials(browsers, urls, egress),
            egress=egress,
            clock=clock,
        )
        await container.upload_blob("2026/a.txt", b"hello")
        yield Stage(AccessVerifier(tools), served.entra, application, azurite, container, bound)


async def add_rule_of_the_kit(azurite: Azurite) -> None:
    document: Any = cors_properties([ORIGIN])
    (rule,) = document["cors"]["corsRules"]
    made = CorsRule(
        rule["allowedOrigins"],
        rule["allowedMethods"],
        allowed_headers=rule["allowedHeaders"],
        exposed_headers=rule["exposedHeaders"],
        max_age_in_seconds=rule["maxAgeInSeconds"],
    )
    async with azurite.service() as service:
        await service.set_service_properties(cors=[made])


def statuses(report: Report) -> dict[str, str]:
    return {
        check.name if check.subject is None else f"{check.name} {check.subject}": check.status
        for check in report.checks
    }


async def test_a_service_principal_with_both_roles_passes(stage: Stage) -> None:
    report = await stage.verify(stage.principal())
    assert statuses(report) == {"identity": "passed", "delegator": "passed", **COMMON, **SEEN}
    assert report.valid


async def test_a_consented_tenant_that_is_bound_passes(stage: Stage) -> None:
    report = await stage.verify(stage.consented())
    assert statuses(report) == {
        "identity": "passed",
        "tenant_bound": "passed",
        "delegator": "passed",
        **COMMON,
        **SEEN,
    }
    assert report.valid


async def test_a_tenant_of_another_organization_is_asked_nothing(stage: Stage) -> None:
    identity = stage.consented()
    stage.bound.clear()
    report = await stage.verify(identity)
    assert statuses(report) == {
        "identity": "failed",
        "tenant_bound": "failed",
        "delegator": "skipped",
        "region": "passed",
        **dict.fromkeys(("list", "read", "archived", "sign", *ASKED), "skipped"),
    }
    assert not report.valid


async def test_an_account_key_passes_and_signs_by_the_vault(stage: Stage) -> None:
    report = await stage.verify(KEY)
    assert statuses(report) == {"identity": "passed", **COMMON, **SEEN}
    assert report.valid


async def test_a_customers_signature_imports_and_shows_nothing(stage: Stage) -> None:
    report = await stage.verify(stage.sas("rl"))
    assert statuses(report) == {
        "identity": "passed",
        "sas_rights": "warning",  # it lives for an hour
        **COMMON,
        "sign": "warning",
        **dict.fromkeys(ASKED, "skipped"),
    }
    assert report.valid


async def test_a_signature_that_may_write_is_not_valid(stage: Stage) -> None:
    report = await stage.verify(stage.sas("rwl"))
    assert statuses(report)["sas_rights"] == "failed"
    assert not report.valid


async def test_an_origin_without_a_rule_comes_with_the_rule(stage: Stage) -> None:
    report = await stage.verify(KEY, ORIGIN, STRANGER)
    found = {check.subject: check for check in report.checks if check.name == "browser_get"}
    assert {each.status for each in found.values()} == {"passed", "failed"}
    remedy = found[STRANGER].finding.likeliest
    assert remedy is not None
    assert "az storage cors add --services b --account-name acme" in remedy.remedy
    assert remedy.documents.keys() == {"cors"}


async def test_a_container_that_is_not_there_is_found_out_by_listing(stage: Stage) -> None:
    subject = Subject(ORG, stage.principal(), f"{ACCOUNT}/none", "", (), None)
    report = await stage.verifier.verify(subject)
    (listing,) = [check for check in report.checks if check.name == "list"]
    assert listing.finding.sentence == "There is no such container."
    assert not report.valid


async def test_a_report_ends_in_time(stage: Stage) -> None:
    began = datetime.now(UTC)
    await stage.verify(stage.principal())
    assert datetime.now(UTC) - began < timedelta(seconds=10)
