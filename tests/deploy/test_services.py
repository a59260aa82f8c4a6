"""Each service gets what it needs and no secret of another."""

import os
import socket
from pathlib import Path

import pytest
from pydantic import SecretStr

from deploy.local.clouds.aws import AwsCloud, Keys
from deploy.local.clouds.cloud import Cloud
from deploy.local.clouds.gcs_world import GcsWorld
from deploy.local.clouds.google import GoogleCloud
from deploy.local.clouds.google_server import Iam
from deploy.local.errors import LocalStackError
from deploy.local.local_secrets import LocalSecrets
from deploy.local.ports import free_port
from deploy.local.processes import Processes
from deploy.local.services import programs, require_ports
from deploy.local.settings import LocalSettings
from shared.uris import Provider

SECRETS = LocalSecrets(
    SecretStr("admin"), SecretStr("service"), SecretStr("webhook"), Path("/keys.json")
)


@pytest.fixture(autouse=True)
def shell(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment that `up` is called in."""
    for name in os.environ:
        if name.startswith(("MOORING_", "AWS_", "SSL_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("MOORING_LOG_LEVEL", "debug")
    monkeypatch.setenv("MOORING_OWNER_DATABASE_URL", "postgresql://owner")
    monkeypatch.setenv("MOORING_ADMIN_KEY", "from-the-shell")
    monkeypatch.setenv("MOORING_WEBHOOK_KEY", "from-the-shell")
    monkeypatch.setenv("MOORING_AWS_PRINCIPAL_ARN", "arn:real")
    monkeypatch.setenv("AWS_PROFILE", "work")


@pytest.fixture
def aws(tmp_path: Path) -> AwsCloud:
    return AwsCloud("http://cloud", "arn:demo", Keys("AKIA", "hidden"), Processes(tmp_path))


@pytest.fixture
def google() -> GoogleCloud:
    world = GcsWorld()
    world.url = "http://google"
    return GoogleCloud(world, Iam(world), Path("/vault.json"), Path("/oidc.pem"))


class TrustedCloud:
    """A cloud whose clients must trust a certificate."""

    provider = Provider.AZURE
    title = "Azure"
    endpoint = "https://azure"
    lasts = False
    certificates = Path("/trusted.pem")

    def environment(self) -> dict[str, str]:
        return {"MOORING_AZURE_CA_FILE": "/trusted.pem"}

    def check(self) -> None:
        """Run always."""


def environments(*clouds: Cloud) -> dict[str, dict[str, str]]:
    """Return what matters of each program's environment."""
    chosen = LocalSettings()
    started = programs(chosen, SECRETS, "postgresql://app", clouds)
    return {
        one.name: {
            name: value
            for name, value in one.environment.items()
            if name.startswith(("MOORING_", "AWS_", "SSL_"))
        }
        for one in started
    }


def test_who_holds_no_secret_of_its_own_gets_the_database_and_the_service_key() -> None:
    expected = {
        "AWS_PROFILE": "work",
        "MOORING_DATABASE_URL": "postgresql://app",
        "MOORING_SERVICE_KEY": "service",
        "MOORING_CREDENTIALS_URL": "http://127.0.0.1:8001",
        "MOORING_PRESIGN_PUBLIC_URL": "http://127.0.0.1:8003",
        "MOORING_LOG_FORMAT": "console",
        "MOORING_LOG_LEVEL": "debug",
    }
    given = environments()
    webhooks = {"MOORING_WEBHOOK_KEY": "webhook"}
    assert given["gateway"] == expected
    assert given["ingest"] == given["worker"] == expected | webhooks


def test_with_real_clouds_the_vault_keeps_the_shells_aws_settings() -> None:
    vault, ingest = (environments()[name] for name in ("vault", "ingest"))
    assert {name: value for name, value in vault.items() if ingest.get(name) != value} == {
        "MOORING_ADMIN_KEY": "admin",
        "MOORING_KEYSET_FILE": "/keys.json",
        "MOORING_AWS_PRINCIPAL_ARN": "arn:real",
    }


def test_with_aws_in_the_demo_nothing_of_the_shells_aws_settings_is_left(aws: AwsCloud) -> None:
    vault, ingest = (environments(aws)[name] for name in ("vault", "ingest"))
    assert ingest["MOORING_ALLOW_PRIVATE_ENDPOINTS"] == "true"
    assert not [name for name in ingest if "AWS_" in name]
    assert {name: value for name, value in vault.items() if ingest.get(name) != value} == {
        "MOORING_ADMIN_KEY": "admin",
        "MOORING_KEYSET_FILE": "/keys.json",
        "MOORING_AWS_S3_ENDPOINT": "http://cloud",
        "MOORING_AWS_STS_ENDPOINT": "http://cloud",
        "MOORING_AWS_IAM_ENDPOINT": "http://cloud",
        "MOORING_AWS_PRINCIPAL_ARN": "arn:demo",
        "MOORING_AWS_ACCESS_KEY_ID": "AKIA",
        "MOORING_AWS_SECRET_ACCESS_KEY": "hidden",
    }


def test_a_cloud_of_the_demo_takes_the_place_of_the_shells_settings_for_it_alone(
    google: GoogleCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOORING_GOOGLE_PROJECT", "real")
    monkeypatch.setenv("MOORING_GCS_ENDPOINT", "https://real")
    monkeypatch.setenv("MOORING_AZURE_AUTHORITY", "https://real")
    vault, ingest = (environments(google)[name] for name in ("vault", "ingest"))
    assert {name: value for name, value in vault.items() if ingest.get(name) != value} == {
        "MOORING_ADMIN_KEY": "admin",
        "MOORING_KEYSET_FILE": "/keys.json",
        "MOORING_AWS_PRINCIPAL_ARN": "arn:real",
        "MOORING_AZURE_AUTHORITY": "https://real",
        **google.environment(),
    }
    assert google.environment()["MOORING_GCS_ENDPOINT"] == "http://google"
    assert ingest["AWS_PROFILE"] == "work"


def test_every_service_trusts_what_a_cloud_of_the_demo_needs() -> None:
    trusting = {
        name: environment.get("SSL_CERT_FILE")
        for name, environment in environments(TrustedCloud()).items()
    }
    assert trusting == dict.fromkeys(("vault", "ingest", "gateway", "worker"), "/trusted.pem")


def test_secrets_of_a_program_are_not_shown_when_it_is_printed(aws: AwsCloud) -> None:
    shown = repr(list(programs(LocalSettings(), SECRETS, "postgresql://app", [aws])))
    assert "hidden" not in shown
    assert "service'" not in shown


@pytest.mark.parametrize("name", ["credentials", "ingest", "presign"])
def test_a_taken_port_names_its_setting(name: str) -> None:
    ports = {f"{one}_port": free_port() for one in ("credentials", "ingest", "presign")}
    with socket.create_server(("127.0.0.1", ports[f"{name}_port"])):
        with pytest.raises(LocalStackError) as refused:
            require_ports(LocalSettings.model_validate(ports))
        assert f"set MOORING_{name.upper()}_PORT to a free one" in str(refused.value)
