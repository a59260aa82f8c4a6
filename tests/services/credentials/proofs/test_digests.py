"""Digests of documents: one for a document, however it is written down."""

import json
import shutil
import subprocess
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.credentials.proofs.digests import canonical_json, digest
from services.credentials.setup.policies import permission_policy

# RFC 8785, 3.2.4, without its numbers that have fractions.
SAMPLE: dict[str, Any] = {
    "string": '€$\u000f\nA\'B"\\\\"/',
    "literals": [None, True, False],
    "1": {"f": {"f": "hi", "F": 5}, "\n": 56},
    "": "empty",
    "a": {},
    "111": [{"e": "yes", "E": "no"}],
    "A": {},
}
CANONICAL = (
    '{"":"empty","1":{"\\n":56,"f":{"F":5,"f":"hi"}},"111":[{"E":"no","e":"yes"}],"A":{},"a":{},'
    '"literals":[null,true,false],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
)


def test_the_canonical_form_is_that_of_rfc_8785() -> None:
    assert canonical_json(SAMPLE) == CANONICAL.encode()


@given(st.text())
def test_a_policy_has_one_digest_whatever_its_spaces_and_order(prefix: str) -> None:
    document = permission_policy("aws", "acme-data", prefix)
    turned = dict(reversed(document.items()))
    again = json.loads(json.dumps(turned, indent=4))
    assert digest(again) == digest(document) == sha256(canonical_json(document)).hexdigest()


def test_a_script_has_the_digest_of_its_text() -> None:
    assert digest("set -eu\n") == sha256(b"set -eu\n").hexdigest()


@pytest.mark.skipif(shutil.which("jq") is None, reason="jq is not here")
def test_a_customer_gets_the_same_digest_with_jq() -> None:
    document = permission_policy("aws", "acme-data", 'é\u2028"\\/😀\t/')
    done = subprocess.run(
        ["bash", "-c", "jq -cSj . | sha256sum"],  # noqa: S607 (whichever is here)
        input=json.dumps(document, indent=2),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split()[0] == digest(document)
