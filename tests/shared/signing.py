"""A key, the set that publishes it, and reports that are signed with it."""

import json
from datetime import UTC, datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from shared.jwks import ed25519_members, thumbprint
from shared.signed_reports import EMPTY_BLOCK, SignedReport, digest_page, fill_page, sign_report

SIGNED_AT = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
PAGE = b"<!doctype html>\n<p>valid</p>" + EMPTY_BLOCK + b"\n"
REPORT: dict[str, Any] = {
    "report_id": "01a22709-91c2-7328-8eb9-857055196f94",
    "valid": True,
    "verified_at": "2026-11-21T11:00:00Z",
    "signed_at": SIGNED_AT.isoformat(),
    "mooring_version": "0.1.0",
    "organization": {"org_id": "378e505b-ff88-421b-ae16-dddebe4380de", "name": "Acme"},
    "location": {
        "location_id": "01a22709-9003-7ea5-8d54-6995d8e52f92",
        "name": "Photos",
        "uri": "s3://acme-data/photos/",
        "region": "eu-central-1",
        "origins": ["https://app.example"],
    },
    "credential": {
        "credential_id": "01a22709-8f3d-7d56-9cea-57aefb0e962c",
        "name": "Reader",
        "method": "assume_role",
    },
    "identity": {
        "role_arn": "arn:aws:iam::222222222222:role/reader",
        "principal_arn": "arn:aws:iam::111111111111:user/mooring",
    },
    "operations": ["list", "read"],
    "documents": {"trust_policy": "edb9f2d2"},
    "proved_refused": ["external_id_enforced"],
    "checks": [
        {
            "name": "external_id_enforced",
            "subject": None,
            "status": "passed",
            "duration_ms": 3.5,
            "finding": "The role refuses a session without the ExternalId, and a wrong one.",
            "causes": [],
            "remedy": None,
        },
        {
            "name": "list",
            "subject": None,
            "status": "failed",
            "duration_ms": 2.0,
            "finding": "The prefix cannot be listed.",
            "causes": [
                {
                    "code": "list-not-allowed",
                    "confidence": "certain",
                    "who": "customer",
                    "summary": "No policy allows to list.",
                    "tell": "The refusal says so.",
                    "remedy": "Give the role this policy.",
                    "documents": {"permission_policy": "74791f6b"},
                }
            ],
            "remedy": None,
        },
    ],
    "page_sha256": digest_page(PAGE),
}


class Signatory:
    """A key of tests, always the same for the same number."""

    def __init__(self, number: int = 0) -> None:
        self.private = Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32)
        self.members = ed25519_members(self.private.public_key().public_bytes_raw())
        self.kid = thumbprint(self.members)

    def sign(self, **changes: Any) -> SignedReport:
        return sign_report({**REPORT, **changes}, self.private, self.kid)

    def page(self, **changes: Any) -> bytes:
        return fill_page(PAGE, self.sign(**changes))

    def jwk(self, **changes: Any) -> dict[str, Any]:
        return {**self.members, "kid": self.kid, "use": "sig", "alg": "EdDSA", **changes}


def key_set(*jwks: dict[str, Any]) -> bytes:
    return json.dumps({"keys": jwks}).encode()
