"""Where a container is: at its account's own host, or below the endpoint that was given for it."""

from functools import lru_cache
from urllib.parse import quote, urlsplit

from shared.leases import Bucket

# "Storage account overview", Azure Storage: standard and DNS zone endpoints, and those of the
# sovereign clouds. Only Microsoft gives out names below them.
_OWN_DOMAINS = (
    ".blob.core.windows.net",
    ".blob.storage.azure.net",
    ".blob.core.usgovcloudapi.net",
    ".blob.core.chinacloudapi.cn",
)


def split_bucket(bucket: Bucket) -> tuple[str, str]:
    """Return the account and the container, which a bucket's name holds."""
    account, _, container = bucket.name.partition("/")
    return account, container


@lru_cache(maxsize=256)  # a gateway signs for some hundred locations at a time
def container_url(bucket: Bucket) -> str:
    """Return the URL of the container itself, unsigned, as its blobs' URLs begin."""
    account, container = split_bucket(bucket)
    endpoint = bucket.endpoint or f"https://{account}.blob.core.windows.net"
    return f"{endpoint.rstrip('/')}/{container}"


def blob_url(bucket: Bucket, key: str) -> str:
    """Return the URL of a blob, unsigned."""
    return f"{container_url(bucket)}/{quote_name(key)}"


def quote_name(key: str) -> str:
    """Return a blob's name as the SDK writes it in a URL."""
    return quote(key, safe="/~")


def is_own_endpoint(endpoint: str) -> bool:
    """Say whether the host is one of Azure's own, so that no customer chose where it leads."""
    return (urlsplit(endpoint).hostname or "").endswith(_OWN_DOMAINS)
