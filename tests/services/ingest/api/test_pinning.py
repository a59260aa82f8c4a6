"""Imports that pin versions are refused at once where none can be listed."""

from dataclasses import asdict, replace
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import select

from shared.database.data_keys import DataKey
from shared.database.external_locations import get_external_location, insert_external_location
from shared.database.import_jobs import ImportJob
from shared.database.session import Database
from shared.database.storage_credentials import StorageCredential
from shared.storage.capabilities import Capabilities
from tests.conftest import Tenant
from tests.services.ingest.api.asking import selection_of
from tests.services.ingest.conftest import Ground

FOUND = Capabilities(
    path_style=True,
    virtual_host=False,
    listing="v2",
    start_after=True,
    ordered=True,
    encoded=True,
    versions=True,
    sts=False,
    checksum_mode=True,
    overrides=True,
)
NO_VERSIONS = "No versions can be listed at this location: import it without pin_versions."


async def reach_by_hmac_key(database: Database, tenant: Tenant, ground: Ground) -> Ground:
    """Store a location of Cloud Storage that is reached with an HMAC key."""
    data_key_id, credential_id = uuid4(), uuid4()
    async with database.begin(tenant.org_id) as session:
        session.add(
            DataKey(
                data_key_id=data_key_id,
                org_id=tenant.org_id,
                key_encryption_key="local-1",
                wrapped=b"wrapped",
            )
        )
        await session.flush()
        session.add(
            StorageCredential(
                credential_id=credential_id,
                org_id=tenant.org_id,
                name="key",
                provider="gs",
                method="hmac_key",
                access_key_id="GOOG1EXAMPLE",
                path_style=False,
                sealed_secret=b"sealed",
                data_key_id=data_key_id,
                secret_version=1,
            )
        )
        await session.flush()
        location = await insert_external_location(
            session,
            org_id=tenant.org_id,
            credential_id=credential_id,
            name="images",
            provider="gs",
            bucket="customer-images",
            prefix="",
            region="auto",
            origins=[],
        )
        return replace(ground, location_id=location.location_id)


async def note(
    database: Database, tenant: Tenant, ground: Ground, *, versions: bool | None
) -> None:
    """Note what a verification found of the store."""
    async with database.begin(tenant.org_id) as session:
        location = await get_external_location(session, ground.location_id)
        location.capabilities = {**asdict(FOUND), "versions": versions}


async def ask(
    caller: httpx.AsyncClient, ground: Ground, path: str, *, pin_versions: bool
) -> httpx.Response:
    body = selection_of(ground, prefix="photos/", pin_versions=pin_versions)
    return await caller.post(path, json=body)


@pytest.fixture(params=["an HMAC key", "a store without versions"])
async def unversioned(
    request: pytest.FixtureRequest, database: Database, tenant: Tenant, ground: Ground
) -> Ground:
    """A location where no versions can be listed."""
    if request.param == "an HMAC key":
        return await reach_by_hmac_key(database, tenant, ground)
    await note(database, tenant, ground, versions=False)
    return ground


@pytest.mark.parametrize("path", ["/v1/imports", "/v1/imports/preview"])
async def test_versions_that_cannot_be_listed_are_refused_by_the_name_of_the_field(
    caller: httpx.AsyncClient, database: Database, tenant: Tenant, unversioned: Ground, path: str
) -> None:
    answer = await ask(caller, unversioned, path, pin_versions=True)
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert {name: problem[name] for name in ("status", "code", "detail", "field")} == {
        "status": 422,
        "code": "invalid-input",
        "detail": NO_VERSIONS,
        "field": "pin_versions",
    }
    async with database.begin(tenant.org_id) as session:
        assert (await session.scalars(select(ImportJob))).all() == []


async def test_without_pins_the_same_location_is_imported(
    caller: httpx.AsyncClient, unversioned: Ground
) -> None:
    answer = await ask(caller, unversioned, "/v1/imports", pin_versions=False)
    assert answer.status_code == 202, answer.text


@pytest.mark.parametrize("versions", [True, None])
async def test_versions_that_can_be_listed_or_may_be_are_pinned(
    caller: httpx.AsyncClient,
    database: Database,
    tenant: Tenant,
    ground: Ground,
    *,
    versions: bool | None,
) -> None:
    await note(database, tenant, ground, versions=versions)
    answer = await ask(caller, ground, "/v1/imports", pin_versions=True)
    assert answer.status_code == 202, answer.text


async def test_versions_of_a_cloud_are_pinned(caller: httpx.AsyncClient, ground: Ground) -> None:
    answer = await ask(caller, ground, "/v1/imports", pin_versions=True)
    assert answer.status_code == 202, answer.text
