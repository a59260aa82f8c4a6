"""The three services and the worker as child processes: their commands and environments."""

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from deploy.local.clouds.cloud import Cloud
from deploy.local.local_secrets import LocalSecrets
from deploy.local.ports import LOOPBACK, require_free
from deploy.local.processes import Program
from deploy.local.settings import REPOSITORY, LocalSettings
from shared.uris import Provider

# Who Mooring is on each cloud, and where that is: for the vault alone.
CLOUD_SETTINGS = {
    Provider.S3: ("MOORING_AWS_",),
    Provider.GCS: ("MOORING_GCS_", "MOORING_GOOGLE_", "MOORING_OIDC_"),
    Provider.AZURE: ("MOORING_AZURE_",),
}

# Each service gets the secrets that it needs, whatever stands in our own environment.
NOT_FOR_ALL = (
    "MOORING_OWNER_DATABASE_URL",
    "MOORING_ADMIN_KEY",
    "MOORING_KEYSET_FILE",
    "MOORING_WEBHOOK_KEY",
    *chain.from_iterable(CLOUD_SETTINGS.values()),
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
    settings: LocalSettings, secrets: LocalSecrets, database_url: str, clouds: Sequence[Cloud]
) -> Iterator[Program]:
    """Yield the programs in the order to start them."""
    vault, ingest, gateway = endpoints(settings)
    shared = {
        "MOORING_PRESIGN_PUBLIC_URL": gateway.url,
        **inherited(clouds),
        "MOORING_DATABASE_URL": database_url,
        "MOORING_SERVICE_KEY": secrets.service_key.get_secret_value(),
        "MOORING_CREDENTIALS_URL": vault.url,
        "PYTHONUNBUFFERED": "1",
    }
    webhooks = {"MOORING_WEBHOOK_KEY": secrets.webhook_key.get_secret_value()}
    own = {vault: vault_environment(secrets, clouds), ingest: webhooks}
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


def inherited(clouds: Sequence[Cloud]) -> dict[str, str]:
    """Return our environment without what is not for every service, and with what leads to clouds.

    With the demo's AWS also without AWS settings of the shell's: a profile or an endpoint there
    would send the vault elsewhere.
    """
    has_aws = any(cloud.provider is Provider.S3 for cloud in clouds)
    left_out = (*NOT_FOR_ALL, "AWS_") if has_aws else NOT_FOR_ALL
    kept = {name: value for name, value in os.environ.items() if not name.startswith(left_out)}
    kept.setdefault("MOORING_LOG_FORMAT", "console")
    for cloud in clouds:
        kept["MOORING_ALLOW_PRIVATE_ENDPOINTS"] = "true"  # it is on loopback
        if cloud.certificates is not None:
            kept["SSL_CERT_FILE"] = str(cloud.certificates)
    return kept


def vault_environment(secrets: LocalSecrets, clouds: Sequence[Cloud]) -> Mapping[str, str]:
    """Return the vault's own, with who it is on each cloud: a cloud of the demo says it itself."""
    own = {
        "MOORING_ADMIN_KEY": secrets.admin_key.get_secret_value(),
        "MOORING_KEYSET_FILE": str(secrets.keyset_file),
    }
    stood_in_for = {cloud.provider for cloud in clouds}
    for provider, beginnings in CLOUD_SETTINGS.items():
        if provider not in stood_in_for:
            own |= {name: text for name, text in os.environ.items() if name.startswith(beginnings)}
    for cloud in clouds:
        own |= cloud.environment()
    return own
