"""Session policies: what narrows a session of a role to one operation below one prefix."""

import json

from services.credentials.issuers.base import Reach
from services.credentials.setup.policies import (
    Document,
    decrypt_statement,
    list_statement,
    policy,
    read_statement,
)
from shared.leases import Operation

LONGEST_POLICY = 2_048  # characters; "AssumeRole", AWS STS API Reference
_CUT = 16  # characters taken from the prefix at a time


def session_policy(partition: str, reach: Reach) -> str:
    """Return the policy as compact JSON in ASCII, as STS wants it.

    An extreme prefix (1,024 bytes that are all escaped) does not fit: it is cut from the end, so
    that the session may see a little more than the location, and still no more than the role.
    """
    prefix = reach.prefix
    while len(text := _compact(_statements(partition, reach, prefix))) > LONGEST_POLICY:
        prefix = prefix[:-_CUT]
    return text


def bucket_wide_policy(partition: str, reach: Reach) -> str:
    """Return the shortest policy that still names the bucket and the operation.

    STS packs policies into the token, whose size has a limit of its own that is not published.
    """
    return _compact(_statements(partition, reach, ""))


def _statements(partition: str, reach: Reach, prefix: str) -> Document:
    bucket = reach.bucket.name
    if reach.operation is Operation.LIST:
        return policy(list_statement(partition, bucket, prefix))
    return policy(read_statement(partition, bucket, prefix), decrypt_statement(partition))


def _compact(document: Document) -> str:
    return json.dumps(document, separators=(",", ":"))
