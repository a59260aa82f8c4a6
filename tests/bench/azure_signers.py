"""Sign URLs of blobs in this process and print what it took: `ours`, or by the `sdk`."""

import json
import sys
from base64 import b64encode
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from time import process_time

from azure.storage.blob import UserDelegationKey, generate_blob_sas
from pydantic import SecretStr

from shared.leases import Bucket, DelegationKey
from shared.storage.signing.base import UrlRequest
from shared.storage.signing.local import presign
from shared.uris import Provider

NOW = datetime(2026, 5, 24, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
BUCKET = Bucket(Provider.AZURE, "acme/photos", "auto")
KEY = DelegationKey(
    object_id="6a3c2f10-1111-4222-8333-444455556666",
    tenant_id="0d9f7a55-aaaa-4bbb-8ccc-ddddeeeeffff",
    starts_at=NOW - HOUR,
    expires_at=NOW + timedelta(days=1),
    service="b",
    version="2026-02-06",
    value=SecretStr(b64encode(b"a key of thirty-two bytes or more").decode()),
)
BATCH = 1_000  # as many as the gateway is asked for at once


def sign_as_we_do(keys: Sequence[str]) -> list[str]:
    requests = [UrlRequest(key) for key in keys]
    return presign(BUCKET, KEY, requests, signed_at=NOW, expires_in=HOUR)


def sign_with_sdk(keys: Sequence[str]) -> list[str]:
    """Return the signatures alone; the SDK makes URLs by a client for each blob."""
    key = UserDelegationKey()  # type: ignore[no-untyped-call]
    key.signed_oid, key.signed_tid = KEY.object_id, KEY.tenant_id
    key.signed_start, key.signed_expiry = "2026-05-24T11:00:00Z", "2026-05-25T12:00:00Z"
    key.signed_service, key.signed_version = KEY.service, KEY.version
    key.value = KEY.value.get_secret_value()
    return [
        generate_blob_sas(
            "acme",
            "photos",
            each,
            user_delegation_key=key,
            permission="r",
            start=NOW - HOUR / 4,
            expiry=NOW + HOUR,
            protocol="https",
        )
        for each in keys
    ]


SIGNERS: dict[str, Callable[[Sequence[str]], list[str]]] = {
    "ours": sign_as_we_do,
    "sdk": sign_with_sdk,
}


def main(signer: str, number: int) -> None:
    """Sign in batches, the first of which is not counted."""
    sign = SIGNERS[signer]
    batches = [
        [f"images/{start:07}/{index:03}.jpg" for index in range(BATCH)]
        for start in range(0, number + BATCH, BATCH)
    ]
    sign(batches.pop())
    cpu, urls = process_time(), 0
    for batch in batches:
        urls += len(sign(batch))
    print(json.dumps({"urls": urls, "cpu": process_time() - cpu}))  # noqa: T201 (the bench reads it)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
