"""Policies of Google Cloud: what a prefix becomes in CEL, whatever it holds."""

import json
import re
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from services.credentials.setup.gcs_policies import (
    bucket_binding,
    cel_string,
    gcs_cors_rules,
    prefix_condition,
    subject_condition,
    subject_principal,
)

EMAIL = "reader@acme-project.iam.gserviceaccount.com"
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=100)
TEMPLATES = st.text(st.sampled_from('$%{}"\\~ if\n'), max_size=20)

_ESCAPE = re.compile(r'\\(?:u([0-9a-f]{4})|U([0-9a-f]{8})|([nrt"\\]))')
_SIMPLE = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}


def unquote(literal: str) -> str:
    """Read a literal of CEL back."""
    assert (literal[0], literal[-1]) == ('"', '"')
    inner = literal[1:-1]
    assert inner.isascii()
    assert inner.isprintable()
    assert '"' not in _ESCAPE.sub("", inner)
    assert "\\" not in _ESCAPE.sub("", inner)
    return _ESCAPE.sub(
        lambda match: _SIMPLE[match[3]] if match[3] else chr(int(match[1] or match[2], 16)), inner
    )


@given(text=TEXTS | TEMPLATES)
def test_a_string_of_cel_is_ascii_and_ends_where_it_should(text: str) -> None:
    assert unquote(cel_string(text)) == text


@given(prefix=TEXTS | TEMPLATES)
def test_terraform_has_nothing_to_normalize_in_a_condition(prefix: str) -> None:
    assert prefix_condition("acme-data", prefix).isascii()


def test_a_prefix_is_one_of_objects_and_one_of_listings() -> None:
    assert prefix_condition("acme-data", 'a"b/') == (
        'resource.name.startsWith("projects/_/buckets/acme-data/objects/a\\"b/") || '
        'api.getAttribute("storage.googleapis.com/objectListPrefix", "").startsWith("a\\"b/")'
    )


def test_a_binding_of_the_whole_bucket_has_no_condition() -> None:
    whole = {
        "role": "roles/storage.objectViewer",
        "members": [f"serviceAccount:{EMAIL}"],
    }
    assert bucket_binding("acme-data", "", EMAIL) == whole
    assert bucket_binding("acme-data", "photos/", EMAIL) == {
        **whole,
        "condition": {
            "title": "Mooring reads one prefix",
            "description": "List and read what is below the location's prefix.",
            "expression": prefix_condition("acme-data", "photos/"),
        },
    }


def test_a_subject_is_one_organization() -> None:
    org_id = UUID(int=1)
    assert subject_condition(org_id) == f'assertion.sub == "{org_id}"'
    assert subject_principal("projects/1/locations/global/workloadIdentityPools/p", org_id) == (
        "principal://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p"
        f"/subject/{org_id}"
    )


def test_cors_allows_and_shows_what_viewers_need_for_these_origins_only() -> None:
    assert json.loads(json.dumps(gcs_cors_rules(["https://app.example"]))) == {
        "cors": [
            {
                "origin": ["https://app.example"],
                "method": ["GET", "HEAD"],
                "responseHeader": [
                    "range",
                    "if-match",
                    "if-none-match",
                    "if-modified-since",
                    "if-range",
                    "ETag",
                    "Content-Range",
                    "Accept-Ranges",
                    "Content-Length",
                ],
                "maxAgeSeconds": 3600,
            }
        ]
    }
