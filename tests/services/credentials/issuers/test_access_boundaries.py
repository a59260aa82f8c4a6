"""Access boundaries: one prefix of one bucket, and never too long for the token exchange."""

import json

from hypothesis import given
from hypothesis import strategies as st

from services.credentials.issuers.access_boundaries import LONGEST_BOUNDARY, access_boundary
from services.credentials.issuers.base import Reach
from shared.leases import Bucket, Operation
from shared.uris import Provider

BUCKET = Bucket(Provider.GCS, "acme-data", "auto")
LONGEST_NAME = "a" * 63


def test_a_boundary_names_bucket_role_and_prefix() -> None:
    rule = {
        "availableResource": "//storage.googleapis.com/projects/_/buckets/acme-data",
        "availablePermissions": ["inRole:roles/storage.objectViewer"],
        "availabilityCondition": {
            "expression": (
                'resource.name.startsWith("projects/_/buckets/acme-data/objects/photos/") || '
                'api.getAttribute("storage.googleapis.com/objectListPrefix", "")'
                '.startsWith("photos/")'
            )
        },
    }
    assert json.loads(access_boundary(Reach(BUCKET, "photos/", Operation.LIST))) == {
        "accessBoundary": {"accessBoundaryRules": [rule]}
    }


def test_a_whole_bucket_needs_no_condition() -> None:
    assert json.loads(access_boundary(Reach(BUCKET, "", Operation.LIST))) == {
        "accessBoundary": {
            "accessBoundaryRules": [
                {
                    "availableResource": "//storage.googleapis.com/projects/_/buckets/acme-data",
                    "availablePermissions": ["inRole:roles/storage.objectViewer"],
                }
            ]
        }
    }


@given(prefix=st.text(st.characters(exclude_categories=["Cs"]), max_size=1_024))
def test_any_prefix_fits_in_ascii(prefix: str) -> None:
    bucket = Bucket(Provider.GCS, LONGEST_NAME, "auto")
    text = access_boundary(Reach(bucket, prefix, Operation.LIST))
    assert len(text) <= LONGEST_BOUNDARY
    assert text.isascii()


def test_the_longest_prefix_is_cut_and_still_narrows() -> None:
    text = access_boundary(Reach(BUCKET, "é" * 511 + "/", Operation.LIST))
    assert len(text) <= LONGEST_BOUNDARY
    assert "\\\\u00e9" * 50 in text
