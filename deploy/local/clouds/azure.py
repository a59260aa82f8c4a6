"""The demo's Azure: blobs in Azurite, and Entra, with an application of ours.

    with start_azure(data_dir) as cloud:
        cloud.entra.add_tenant()

Entra is served by a thread of this process. What is in both goes away with the block.
"""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

import httpx
from anyio.from_thread import BlockingPortal, start_blocking_portal
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import load_pem_x509_certificate

from deploy.local.clouds.azurite import ACCOUNT, Azurite, start_azurite
from deploy.local.clouds.cloud import VAULT
from deploy.local.clouds.entra import Application, Entra, serving_entra
from deploy.local.directories import make_directory
from shared.uris import Provider

CLIENT_SECRET = "the-secret-of-our-application"  # noqa: S105 (nobody else's)
REDIRECTS = tuple(f"{VAULT}/v1/azure/{each}" for each in ("consent-callback", "signed-in"))


@dataclass(frozen=True, slots=True)
class AzureCloud:
    """The running cloud, `portal` into the thread where Entra runs, and our application."""

    azurite: Azurite
    entra: Entra
    portal: BlockingPortal = field(repr=False)
    certificates: Path
    ours: Application = field(repr=False)
    provider: ClassVar[Provider] = Provider.AZURE
    title: ClassVar[str] = "Azure Blob Storage"
    lasts: ClassVar[bool] = False

    @property
    def endpoint(self) -> str:
        return self.azurite.endpoint.removesuffix(f"/{ACCOUNT}")

    def environment(self) -> dict[str, str]:
        return {
            "MOORING_AZURE_CLIENT_ID": str(self.ours.client_id),
            "MOORING_AZURE_CLIENT_SECRET": CLIENT_SECRET,
            "MOORING_AZURE_REDIRECT_BASE": VAULT,
            "MOORING_AZURE_AUTHORITY": self.entra.authority,
            "MOORING_AZURE_BLOB_ENDPOINT": self.endpoint,
            "MOORING_AZURE_CA_FILE": str(self.certificates),
        }

    def check(self) -> None:
        self.azurite.processes.check()


@contextmanager
def start_azure(data_dir: Path) -> Iterator[AzureCloud]:
    """Start both on free ports; raise LocalStackError when Azurite is not installed."""
    home = make_directory(data_dir / "cloud" / "azure")
    with (
        start_azurite(data_dir) as azurite,
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(serving_entra(home)) as served,
    ):
        ours = served.entra.register(Application(secret=CLIENT_SECRET, redirects=REDIRECTS))
        certificates = trust(home / "trusted.pem", azurite.certificate, served.ca_file)
        yield AzureCloud(azurite, served.entra, portal, certificates, ours)


def trust(file: Path, *ours: Path) -> Path:
    """Write down the usual authorities and ours, for clients that trust one file alone."""
    usual = httpx.create_ssl_context().get_ca_certs(binary_form=True)
    texts = [ssl.DER_cert_to_PEM_cert(certificate) for certificate in usual]
    for each in ours:  # it has a key beside its certificate
        certificate = load_pem_x509_certificate(each.read_bytes())
        texts.append(certificate.public_bytes(Encoding.PEM).decode())
    file.write_text("".join(texts))
    return file
