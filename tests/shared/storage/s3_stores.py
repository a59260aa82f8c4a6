"""S3 stores at scripted servers, and the answers to script."""

from pydantic import SecretStr

from shared.egress import EgressGuard
from shared.leases import Bucket, SessionKeys
from shared.storage.base import ListingPage
from shared.storage.limits import Limits
from shared.storage.s3 import S3Store
from shared.uris import Provider
from tests.shared.storage.scripted_server import Answer

KEYS = SessionKeys("AKIAIOSFODNN7EXAMPLE", SecretStr("secret"), SecretStr("token"))
ON_PREMISES = EgressGuard(allow_private=True)


def store_at(endpoint: str | None, *, attempts: int = 1, limits: Limits | None = None) -> S3Store:
    bucket = Bucket(Provider.S3, "bucket", "eu-west-1", endpoint, path_style=True)
    return S3Store(bucket, KEYS, egress=ON_PREMISES, attempts=attempts, limits=limits or Limits())


def listing(body: bytes) -> Answer:
    return Answer(body=body, headers={"Content-Type": "application/xml"})


def refusal(
    status: int, code: str | None = None, inside: str = "", headers: dict[str, str] | None = None
) -> Answer:
    body = f"<Error><Code>{code}</Code><Message/>{inside}</Error>".encode() if code else b""
    return Answer(status, body, headers or {})


async def list_all(store: S3Store, prefix: str = "", after: str | None = None) -> list[ListingPage]:
    return [page async for page in store.list_pages(prefix, after=after)]
