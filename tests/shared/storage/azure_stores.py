"""Azure stores at scripted servers, and the answers to script."""

from pydantic import SecretStr

from shared.egress import EgressGuard
from shared.leases import Bucket, SasToken
from shared.storage.azure import AzureStore
from shared.storage.base import ListingPage
from shared.storage.limits import Limits
from shared.uris import Provider
from tests.shared.storage.scripted_server import Answer

SAS = SasToken(SecretStr("sp=rl&sv=2026-02-06&sr=c&sig=a%2Bb%3D"))
ON_PREMISES = EgressGuard(allow_private=True)


def store_at(url: str, *, attempts: int = 1, limits: Limits | None = None) -> AzureStore:
    bucket = Bucket(Provider.AZURE, "acme/photos", "auto", f"{url}/acme")
    return AzureStore(bucket, SAS, egress=ON_PREMISES, attempts=attempts, limits=limits or Limits())


def listing(body: bytes) -> Answer:
    return Answer(body=body, headers={"Content-Type": "application/xml"})


def refusal(
    status: int, code: str | None = None, inside: str = "", headers: dict[str, str] | None = None
) -> Answer:
    """Refuse as Azure does; the code is in the body alone, as a proxy leaves it."""
    body = f"\ufeff<Error><Code>{code}</Code><Message/>{inside}</Error>".encode() if code else b""
    return Answer(status, body, headers or {})


async def list_all(
    store: AzureStore, prefix: str = "", after: str | None = None
) -> list[ListingPage]:
    return [page async for page in store.list_pages(prefix, after=after)]
