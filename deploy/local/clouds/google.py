"""The demo's Google Cloud: Cloud Storage, IAM and tokens, with a service account of ours.

    with start_google(data_dir) as cloud:
        cloud.world.add_bucket("acme")

It is served by a thread of this process; what is in it goes away with the block.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from anyio.from_thread import start_blocking_portal

from deploy.local.clouds.certificates import make_rsa_key
from deploy.local.clouds.cloud import VAULT
from deploy.local.clouds.gcs_world import GcsWorld
from deploy.local.clouds.google_keys import key_document, pem_of
from deploy.local.clouds.google_server import Iam, google_server
from deploy.local.directories import make_directory
from deploy.local.secret_files import write_secret
from shared.uris import Provider

PROJECT = "vendor-project"
PRINCIPAL = f"vault@{PROJECT}.iam.gserviceaccount.com"


@dataclass(frozen=True, slots=True)
class GoogleCloud:
    """The running cloud; `key_file` is our account's, `oidc_key_file` signs our own tokens."""

    world: GcsWorld
    iam: Iam
    key_file: Path
    oidc_key_file: Path
    provider: ClassVar[Provider] = Provider.GCS
    title: ClassVar[str] = "Google Cloud Storage"
    lasts: ClassVar[bool] = False
    certificates: ClassVar[None] = None

    @property
    def endpoint(self) -> str:
        return self.world.url

    def environment(self) -> dict[str, str]:
        return {
            "MOORING_GOOGLE_PROJECT": PROJECT,
            "MOORING_GOOGLE_SERVICE_ACCOUNT": PRINCIPAL,
            "MOORING_GOOGLE_KEY_FILE": str(self.key_file),
            "MOORING_GOOGLE_ENDPOINT": self.endpoint,
            "MOORING_GCS_ENDPOINT": self.endpoint,
            "MOORING_OIDC_ISSUER": VAULT,
            "MOORING_OIDC_KEY_FILE": str(self.oidc_key_file),
        }

    def check(self) -> None:
        """Have no process."""


@contextmanager
def start_google(data_dir: Path) -> Iterator[GoogleCloud]:
    """Start it on a free port, with an account of ours that makes those of organizations."""
    home = make_directory(data_dir / "cloud" / "google")
    key_file, oidc_key_file = home / "vault.json", home / "oidc.pem"
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(google_server()) as google,
    ):
        google.iam.admins.add(PRINCIPAL)
        key = google.world.add_account(PRINCIPAL).private_key
        document = key_document(PRINCIPAL, key, token_uri=f"{google.world.url}/token")
        write_secret(key_file, json.dumps(document))
        write_secret(oidc_key_file, pem_of(make_rsa_key()))
        yield GoogleCloud(google.world, google.iam, key_file, oidc_key_file)
