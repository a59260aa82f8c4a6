"""Google and Microsoft for a running stack: stand-ins, and the settings that lead to them.

with start_stand_ins(directory) as stand_ins:
    with run_stack(stand_ins.environment) as running:
        ...
"""

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from anyio.from_thread import BlockingPortal, start_blocking_portal

from deploy.local.clouds.azurite import ACCOUNT, Azurite
from deploy.local.clouds.certificates import make_rsa_key
from deploy.local.clouds.entra import Application, Entra, serving_entra
from deploy.local.clouds.google_server import EmulatedGoogle, google_server
from tests.emulators.azurite import empty_azurite
from tests.services.credentials.google_cloud import PRINCIPAL, PROJECT, key_document, pem_of

OUTSIDE = "https://vault.example"
"""Where browsers and clouds would find the vault on the internet."""

CLIENT_SECRET = "our-secret-of-the-journeys"


@dataclass(frozen=True, slots=True)
class StandIns:
    """What stands in, `portal` into the thread where it runs, and what clients must trust."""

    google: EmulatedGoogle
    entra: Entra
    azurite: Azurite
    portal: BlockingPortal
    certificates: Path
    environment: dict[str, str] = field(repr=False)


@contextmanager
def start_stand_ins(directory: Path) -> Iterator[StandIns]:
    """Start all of them; what is in them goes away with the block."""
    with ExitStack() as parts:
        azurite = parts.enter_context(empty_azurite())
        portal = parts.enter_context(start_blocking_portal())
        google = parts.enter_context(portal.wrap_async_context_manager(google_server()))
        served = parts.enter_context(portal.wrap_async_context_manager(serving_entra(directory)))
        certificates = directory / "trusted.pem"
        certificates.write_text(azurite.certificate.read_text() + served.ca_file.read_text())
        environment = {
            "SSL_CERT_FILE": str(certificates),
            **tell_of_google(google, directory),
            **tell_of_azure(served.entra, azurite, certificates),
        }
        yield StandIns(google, served.entra, azurite, portal, certificates, environment)


def tell_of_google(google: EmulatedGoogle, directory: Path) -> dict[str, str]:
    """Make an account of ours that makes those of organizations, and a key for our tokens."""
    google.iam.admins.add(PRINCIPAL)
    ours = google.world.add_account(PRINCIPAL)
    token_uri = f"{google.world.url}/token"
    our_key, oidc_key = directory / "google.json", directory / "oidc.pem"
    our_key.write_text(json.dumps(key_document(PRINCIPAL, ours.private_key, token_uri=token_uri)))
    oidc_key.write_text(pem_of(make_rsa_key()))
    return {
        "MOORING_GOOGLE_PROJECT": PROJECT,
        "MOORING_GOOGLE_SERVICE_ACCOUNT": PRINCIPAL,
        "MOORING_GOOGLE_KEY_FILE": str(our_key),
        "MOORING_GOOGLE_ENDPOINT": google.world.url,
        "MOORING_GCS_ENDPOINT": google.world.url,
        "MOORING_OIDC_ISSUER": OUTSIDE,
        "MOORING_OIDC_KEY_FILE": str(oidc_key),
    }


def tell_of_azure(entra: Entra, azurite: Azurite, certificates: Path) -> dict[str, str]:
    """Register our application, to which customers' administrators consent."""
    redirects = tuple(f"{OUTSIDE}/v1/azure/{each}" for each in ("consent-callback", "signed-in"))
    ours = entra.register(Application(secret=CLIENT_SECRET, redirects=redirects))
    return {
        "MOORING_AZURE_CLIENT_ID": str(ours.client_id),
        "MOORING_AZURE_CLIENT_SECRET": CLIENT_SECRET,
        "MOORING_AZURE_REDIRECT_BASE": OUTSIDE,
        "MOORING_AZURE_AUTHORITY": entra.authority,
        "MOORING_AZURE_BLOB_ENDPOINT": azurite.endpoint.removesuffix(f"/{ACCOUNT}"),
        "MOORING_AZURE_CA_FILE": str(certificates),
    }
