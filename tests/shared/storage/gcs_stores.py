"""Stores of Cloud Storage at scripted servers, and the answers to script."""

import json
from base64 import b64encode
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import md5
from typing import Any

from pydantic import SecretStr

from shared.egress import EgressGuard
from shared.leases import ANY_REGION, BearerToken, Bucket
from shared.storage.base import ListingPage, ObjectRow
from shared.storage.gcs import GcsStore
from shared.storage.limits import Limits
from shared.uris import Provider
from tests.shared.storage.scripted_server import Answer

TOKEN = BearerToken(SecretStr("ya29.secret"))
ON_PREMISES = EgressGuard(allow_private=True)
TIME = datetime(2026, 5, 1, 10, 30, 5, 250_000, tzinfo=UTC)
MD5 = md5(b"its bytes", usedforsecurity=False)


def item(name: str, /, **fields: object) -> dict[str, Any]:
    """Return an object as a page has it; None leaves a field out."""
    whole = {
        "name": name,
        "size": "7",
        "md5Hash": b64encode(MD5.digest()).decode(),
        "etag": "CJiO4MX=",
        "timeCreated": "2026-05-01T10:30:05.250Z",
        "storageClass": "STANDARD",
        **fields,
    }
    return {field: value for field, value in whole.items() if value is not None}


def row(key: str, storage_class: str = "STANDARD", version_id: str | None = None) -> ObjectRow:
    return ObjectRow(key, 7, MD5.hexdigest(), TIME, storage_class, version_id)


def page(*items: Mapping[str, Any], token: str | None = None, **more: object) -> bytes:
    document: dict[str, object] = {"kind": "storage#objects", **more}
    if items:
        document["items"] = items
    if token is not None:
        document["nextPageToken"] = token
    return json.dumps(document, ensure_ascii=False).encode()


def listing(body: bytes) -> Answer:
    return Answer(body=body, headers={"Content-Type": "application/json; charset=UTF-8"})


def refusal(
    status: int,
    reason: str | None = None,
    message: str = "",
    headers: dict[str, str] | None = None,
) -> Answer:
    errors = [{"domain": "global", "reason": reason, "message": message}]
    error = {"code": status, "message": message, "errors": errors}
    body = json.dumps({"error": error}).encode() if reason else message.encode()
    return Answer(status, body, headers or {})


def store_at(endpoint: str | None, *, attempts: int = 1, limits: Limits | None = None) -> GcsStore:
    bucket = Bucket(Provider.GCS, "bucket", ANY_REGION, endpoint)
    return GcsStore(bucket, TOKEN, egress=ON_PREMISES, attempts=attempts, limits=limits or Limits())


async def list_all(
    store: GcsStore, prefix: str = "", after: str | None = None
) -> list[ListingPage]:
    return [page async for page in store.list_pages(prefix, after=after)]
