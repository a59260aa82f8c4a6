"""Google Cloud by settings alone: a vault without any still takes what customers give."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4

import pytest
from pydantic import SecretStr, ValidationError

from deploy.local.clouds.google_keys import pem_of
from services.credentials.access.probes import open_probes
from services.credentials.google_cloud import GoogleCloud, open_google_cloud
from services.credentials.google_settings import GoogleSettings
from services.credentials.issuers.base import FederatedServiceAccount, HmacKey, Reach
from services.credentials.issuers.google_calls import GoogleAddress
from services.credentials.oidc import OidcKeyError
from shared.clock import SystemClock
from shared.egress import EgressGuard
from shared.errors import CloudIdentityError
from shared.leases import ANY_REGION, Operation
from tests.conftest import SERVICE_KEY
from tests.services.credentials.google_cloud import BUCKET, ISSUER, PROVIDER, READER, make_key


def settings_of(**values: object) -> GoogleSettings:
    needed = {"database_url": "postgresql://a:b@localhost/c", "service_key": SERVICE_KEY}
    return GoogleSettings.model_validate({**needed, **values})


@asynccontextmanager
async def opened(settings: GoogleSettings) -> AsyncIterator[GoogleCloud]:
    egress = EgressGuard(allow_private=True)
    async with (
        open_probes(egress) as probes,
        open_google_cloud(settings, SystemClock(), probes, egress) as google,
    ):
        yield google


async def test_without_settings_what_customers_give_still_works() -> None:
    org_id = uuid4()
    async with opened(settings_of()) as google:
        key = HmacKey("GOOG1EABC", SecretStr("secret"))
        bucket = google.issuer.bucket(key, BUCKET, ANY_REGION)
        await google.issuer.issue(org_id, key, Reach(bucket, "", Operation.READ))
        with pytest.raises(CloudIdentityError, match="MOORING_GOOGLE_PROJECT"):
            await google.accounts.keep(org_id)
        account = FederatedServiceAccount(READER, PROVIDER)
        with pytest.raises(CloudIdentityError, match="MOORING_OIDC_ISSUER"):
            await google.issuer.issue(org_id, account, Reach(bucket, "", Operation.READ))
    assert google.oidc is None


async def test_an_issuer_has_its_address_and_keys(tmp_path: Path) -> None:
    file = tmp_path / "oidc.pem"
    settings = settings_of(oidc_issuer=ISSUER, oidc_key_file=file)
    with pytest.raises(OidcKeyError):
        async with opened(settings):
            pass
    file.write_text(pem_of(make_key()))
    async with opened(settings) as google:
        assert google.oidc is not None
        assert google.oidc.url == ISSUER


def test_stand_ins_are_where_they_are_said_to_be() -> None:
    assert settings_of().google_address == GoogleAddress()
    place = "http://127.0.0.1:4443"
    both = settings_of(gcs_endpoint=place, google_endpoint=place)
    assert both.google_address == GoogleAddress(place, place, place, place, place)


@pytest.mark.parametrize(
    "values",
    [
        {"oidc_issuer": ISSUER},
        {"oidc_key_file": "/etc/oidc.pem"},
        {"google_service_account": "someone@example.com"},
    ],
)
def test_settings_that_cannot_be_meant_are_refused(values: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        settings_of(**values)
