"""Limits: how long the documents of a setup kit may be, and what to shorten where one is longer."""

import json
from typing import Literal, TypeAlias

from services.credentials.setup.merging import LARGEST_BUCKET_POLICY, LARGEST_CORS, measure_cors
from services.credentials.setup.policies import Document
from shared.errors import SetupTooLargeError

LARGEST_ROLE_POLICIES = 10_240
"""Characters of all inline policies of a role ("IAM and AWS STS quotas", IAM User Guide)."""

Part: TypeAlias = Literal["permission_policy", "bucket_policy", "cors"]

# The limit, the part of the request at fault, and what is to be done about it. Trust and key
# policies are not here: what goes into them has bounds of its own, with which they always fit.
_LIMITS: dict[Part, tuple[int, str, str]] = {
    "permission_policy": (
        LARGEST_ROLE_POLICIES,
        "uri",
        "Shorten the prefix, or give fewer KMS keys.",
    ),
    "bucket_policy": (LARGEST_BUCKET_POLICY, "uri", "Shorten the prefix."),
    "cors": (LARGEST_CORS, "origin", "Give fewer origins."),
}


def require_fit(part: Part, document: Document) -> Document:
    """Return the document, or raise SetupTooLargeError where AWS does not take one so long.

    Policies are counted as they are sent, without white space between their parts, which IAM does
    not count either.
    """
    limit, field, advice = _LIMITS[part]
    size = _measure(part, document)
    if size > limit:
        raise SetupTooLargeError(
            f"The {part} would have {size} characters, and AWS takes {limit}. {advice}",
            field=field,
            part=part,
            size=size,
            limit=limit,
        )
    return document


def _measure(part: Part, document: Document) -> int:
    if part == "cors":
        rules = document["CORSRules"]
        assert isinstance(rules, list)  # noqa: S101 (cors_rules made it)
        return measure_cors([rule for rule in rules if isinstance(rule, dict)])
    return len(json.dumps(document, separators=(",", ":")))
