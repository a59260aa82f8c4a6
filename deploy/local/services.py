"""The three services and the worker as child processes: their commands and environments."""

import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from deploy.local.clouds.aws import AwsCloud
from deploy.local.local_secrets import LocalSecrets
from deploy.local.ports import LOOPBACK, require_free
from deploy.local.processes import Program
from deploy.local.settings import REPOSITORY, LocalSettings

OTHER_CLOUDS = ("MOORING_AZURE_", "MOORING_GCS_", "MOORING_GOOGLE_", "MOORING_OIDC_")

# Each service gets the secrets that it needs, whatever stands in our own environment.
NOT_FOR_ALL = (
    "MOORING_OWNER_DATABASE_URL",
    "MOORING_ADMIN_KEY",
    "MOORING_KEYSET_FILE",
    "MOORING_WEBHOOK_KEY",
    "MOORING_AWS_",
    *OTHER_CLOUDS,
)
GRACEFUL_SECONDS = "5"  # what open requests, event streams among them, get when we stop


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A service's name in messages, its module, its port and the setting that changes it."""

    name: str
    module: str
    port: int
    setting: str

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"


def endpoints(settings: LocalSettings) -> tuple[Endpoint, Endpoint, Endpoint]:
    return (
        Endpoint("vault", "credentials", settings.credentials_port, "MOORING_CREDENTIALS_PORT"),
        Endpoint("ingest", "ingest", settings.ingest_port, "MOORING_INGEST_PORT"),
        Endpoint("gateway", "presign", settings.presign_port, "MOORING_PRESIGN_PORT"),
    )


def require_ports(settings: LocalSettings) -> None:
    """Raise LocalStackError when a port of the services is taken."""
    for endpoint in endpoints(settings):
        require_free(endpoint.port, what=f"the {endpoint.name}", setting=endpoint.setting)


def programs(
    settings: LocalSettings, secrets: LocalSecrets, database_url: str, cloud: AwsCloud | None
) -> Iterator[Program]:
    """Yield the programs in the order to start them."""
    vault, ingest, gateway = endpoints(settings)
    shared = {
        "MOORING_PRESIGN_PUBLIC_URL": gateway.url,
        **inherited(cloud),
        "MOORING_DATABASE_URL": database_url,
        "MOORING_SERVICE_KEY": secrets.service_key.get_secret_value(),
        "MOORING_CREDENTIALS_URL": vault.url,
        "PYTHONUNBUFFERED": "1",
    }
    webhooks = {"MOORING_WEBHOOK_KEY": secrets.webhook_key.get_secret_value()}
    own = {vault: vault_environment(secrets, cloud), ingest: webhooks}
    for endpoint in (vault, ingest, gateway):
        yield Program(
            name=endpoint.name,
            command=uvicorn(endpoint),
            environment={**shared, **own.get(endpoint, {})},
            ready_url=f"{endpoint.url}/readyz",
            directory=REPOSITORY,
        )
    yield Program(
        name="worker",
        command=(sys.executable, "-m", "services.ingest.worker"),
        environment={**shared, **webhooks},
        directory=REPOSITORY,
    )


def uvicorn(endpoint: Endpoint) -> tuple[str, ...]:
    factory = f"services.{endpoint.module}.main:create_app"
    listen = ("--host", LOOPBACK, "--port", str(endpoint.port), "--no-access-log")
    patience = ("--timeout-graceful-shutdown", GRACEFUL_SECONDS)
    return (sys.executable, "-m", "uvicorn", factory, "--factory", *listen, *patience)


def inherited(cloud: AwsCloud | None) -> dict[str, str]:
    """Return our environment without what is not for every service.

    With the demo cloud also without AWS settings of the shell's: a profile or an endpoint there
    would send the vault elsewhere.
    """
    left_out = NOT_FOR_ALL if cloud is None else (*NOT_FOR_ALL, "AWS_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(left_out)}
    kept.setdefault("MOORING_LOG_FORMAT", "console")
    if cloud is not None:
        kept["MOORING_ALLOW_PRIVATE_ENDPOINTS"] = "true"  # the demo cloud is on loopback
    return kept


def vault_environment(secrets: LocalSecrets, cloud: AwsCloud | None) -> Mapping[str, str]:
    """Return the vault's own, with who it is on each cloud; the demo cloud says it for AWS."""
    own = {
        "MOORING_ADMIN_KEY": secrets.admin_key.get_secret_value(),
        "MOORING_KEYSET_FILE": str(secrets.keyset_file),
        **_chosen(OTHER_CLOUDS),
    }
    if cloud is None:
        return {**own, **_chosen(("MOORING_AWS_",))}
    return {
        **own,
        "MOORING_AWS_S3_ENDPOINT": cloud.endpoint,
        "MOORING_AWS_STS_ENDPOINT": cloud.endpoint,
        "MOORING_AWS_IAM_ENDPOINT": cloud.endpoint,
        "MOORING_AWS_PRINCIPAL_ARN": cloud.principal_arn,
        "MOORING_AWS_ACCESS_KEY_ID": cloud.vault.access_key_id,
        "MOORING_AWS_SECRET_ACCESS_KEY": cloud.vault.secret_access_key,
    }


def _chosen(beginnings: tuple[str, ...]) -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name.startswith(beginnings)}
