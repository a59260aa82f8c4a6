"""Access boundaries: what narrows a token of Google's to listing and reading below one prefix."""

import json

from services.credentials.issuers.base import Reach
from services.credentials.setup.gcs_policies import READER_ROLE, prefix_condition
from services.credentials.setup.policies import Document

LONGEST_BOUNDARY = 2_048  # characters ("Credential Access Boundary", IAM)
_CUT = 16  # characters taken from the prefix at a time


def access_boundary(reach: Reach) -> str:
    """Return the boundary as the JSON that the token exchange takes as its `options`.

    An extreme prefix does not fit: it is cut from the end, so that the token may see a little more
    than the location, and still no more than the service account.
    """
    prefix = reach.prefix
    while len(text := _compact(reach.bucket.name, prefix)) > LONGEST_BOUNDARY:
        prefix = prefix[:-_CUT]
    return text


def _compact(bucket: str, prefix: str) -> str:
    rule: Document = {
        "availableResource": f"//storage.googleapis.com/projects/_/buckets/{bucket}",
        "availablePermissions": [f"inRole:{READER_ROLE}"],
    }
    if prefix:
        rule["availabilityCondition"] = {"expression": prefix_condition(bucket, prefix)}
    boundary: Document = {"accessBoundary": {"accessBoundaryRules": [rule]}}
    return json.dumps(boundary, separators=(",", ":"))
