"""Sign URLs of Cloud Storage in this process and print what it took: by `ours` or by `google`.

Both sign with an HMAC key that was derived before. Google's client knows no such keys, but takes
what another signs: it writes the name of the other algorithm, which costs the same.
"""

import hmac
import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from time import process_time
from urllib.parse import quote

from google.auth.credentials import Signing
from google.cloud.storage._signing import generate_signed_url_v4

from shared.leases import ANY_REGION, Bucket
from shared.storage.signing.gcs import derive_gcs_key, presign_gcs
from shared.uris import Provider

SIGNED_AT = datetime(2026, 5, 24, 10, 30, tzinfo=UTC)
EXPIRES_IN = timedelta(hours=1)
KEY = derive_gcs_key("secret", SIGNED_AT.date())
ACCESS_ID = "GOOG1EBENCH"
ACME = Bucket(Provider.GCS, "acme", ANY_REGION)


class HmacSigning(Signing):
    """What Google's client asks to sign."""

    def sign_bytes(self, message: bytes) -> bytes:
        return hmac.digest(KEY, message, "sha256")

    @property
    def signer_email(self) -> str:
        return ACCESS_ID

    @property
    def signer(self) -> "HmacSigning":
        return self


SIGNING = HmacSigning()


def sign_as_we_do(key: str) -> str:
    return presign_gcs(
        ACME,
        key,
        access_id=ACCESS_ID,
        signing_key=KEY,
        signed_at=SIGNED_AT,
        expires_in=EXPIRES_IN,
    )


def sign_with_google(key: str) -> str:
    url: str = generate_signed_url_v4(
        SIGNING,
        resource=f"/acme/{quote(key, safe='/~')}",
        expiration=3600,
        api_access_endpoint="https://storage.googleapis.com",
        _request_timestamp="20260524T103000Z",
    )
    return url


SIGNERS: dict[str, Callable[[str], str]] = {"ours": sign_as_we_do, "google": sign_with_google}


def main(signer: str, count: str) -> None:
    sign = SIGNERS[signer]
    keys = [f"images/{number // 1000:07}/{number % 1000:03}.jpg" for number in range(int(count))]
    sign(keys[0])
    began = process_time()
    for key in keys:
        sign(key)
    document = {"urls": len(keys), "cpu": process_time() - began}
    print(json.dumps(document))  # noqa: T201 (the bench reads it)


if __name__ == "__main__":
    main(*sys.argv[1:])
