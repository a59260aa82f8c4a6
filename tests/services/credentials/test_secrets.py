"""Canaries: marked secrets go through every route and failure, and come out nowhere."""

import io
import logging
from collections.abc import Iterator

import httpx
import psycopg
import pytest
from psycopg import sql
from pydantic import SecretStr

from deploy.local.clouds.aws import AwsCloud
from deploy.local.postgres import Postgres
from services.credentials.settings import Settings
from shared.logging import configure_logging
from tests.conftest import Tenant
from tests.services.credentials.connecting import post
from tests.services.credentials.customer import ORIGIN, Customer

CANARY = "canary+7Gq/secret-access-key"
ROTATED = "canary+8Hr/secret-access-key"


@pytest.fixture
def logs() -> Iterator[io.StringIO]:
    """Everything that is logged, however verbose an SDK is."""
    configure_logging(log_format="json", level="debug", service="credentials")  # after any test
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    root = logging.getLogger()
    levels = {name: logging.getLogger(name).level for name in ("", "botocore", "aiobotocore")}
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield out
    root.removeHandler(handler)
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


def dump(postgres: Postgres) -> str:
    """Return every row of every table as text."""
    with psycopg.connect(postgres.superuser_url("mooring")) as connection:
        tables = connection.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        ).fetchall()
        rows = [
            connection.execute(
                sql.SQL("SELECT t::text FROM {} t").format(sql.Identifier(table))
            ).fetchall()
            for (table,) in tables
        ]
    return str(rows)


async def test_a_secret_access_key_comes_out_nowhere(
    http: httpx.AsyncClient,
    tenant: Tenant,
    customer: Customer,
    postgres: Postgres,
    logs: io.StringIO,
) -> None:
    endpoint = customer.cloud.endpoint
    headers = {**tenant.headers, "Idempotency-Key": "canary"}
    body = {
        "method": "access_key",
        "name": "Keys",
        "endpoint": endpoint,
        "region": "us-east-1",
        "access_key_id": "AKIACANARYCANARY1234",
        "secret_access_key": CANARY,
    }
    made = await http.post("/v1/credentials", headers=headers, json=body)
    replayed = await http.post("/v1/credentials", headers=headers, json=body)
    assert made.status_code == replayed.status_code == 201
    path = f"/v1/credentials/{made.json()['credential_id']}"
    place = {
        "credential_id": made.json()["credential_id"],
        "uri": customer.uri,
        "name": "Photos",
        "origins": [ORIGIN],
    }
    location = await post(http, tenant, "/v1/locations", place)
    verify = f"/v1/locations/{location['location_id']}/verify-access"
    rotation = {
        "method": "access_key",
        "access_key_id": "AKIACANARYCANARY1234",
        "secret_access_key": ROTATED,
    }
    answers = [
        made,
        replayed,
        await http.get(path, headers=tenant.headers),
        await http.get("/v1/credentials", headers=tenant.headers),
        await http.get(f"{path}/setup", headers=tenant.headers, params={"uri": customer.uri}),
        await http.post("/v1/verify-access", headers=tenant.headers, json=place),
        await http.post(verify, headers=tenant.headers),
        await http.post("/v1/credentials", headers=tenant.headers, json={**body, "x": 1}),
        await http.post("/v1/credentials", headers=tenant.headers, json={**body, "region": CANARY}),
        await http.post("/v1/credentials", headers=tenant.headers, content=str(body)),
        await http.post(f"{path}/rotate", headers=tenant.headers, json=rotation),
        await http.post(
            f"{path}/retire", headers=tenant.headers, json={"detach_locations": CANARY}
        ),
    ]
    assert [answer.status_code for answer in answers] == [
        201, 201, 200, 200, 200, 200, 200, 422, 422, 422, 200, 422
    ]  # fmt: skip
    shown = "".join(answer.text + str(answer.headers) for answer in answers)
    for text in (shown, logs.getvalue(), dump(postgres)):
        assert text
        assert CANARY not in text
        assert ROTATED not in text
        assert CANARY.encode().hex() not in text


def test_settings_show_no_secret(settings: Settings, cloud: AwsCloud) -> None:
    shown = repr(settings) + str(settings.model_dump())
    assert cloud.vault.secret_access_key not in shown
    assert settings.admin_key.get_secret_value() not in shown
    assert settings.service_key.get_secret_value() not in shown


def test_settings_that_are_wrong_do_not_repeat_a_secret(settings: Settings) -> None:
    wrong = {**settings.model_dump(), "admin_key": SecretStr("short-canary")}
    with pytest.raises(ValueError, match="admin_key") as refused:
        Settings.model_validate(wrong)
    assert "short-canary" not in str(refused.value)
