"""Policies of Google Cloud: the exact IAM bindings and conditions, in JSON and in CEL."""

from collections.abc import Sequence
from uuid import UUID

from services.credentials.setup.cors import (
    EXPOSED_HEADERS,
    MAX_AGE_SECONDS,
    METHODS,
    REQUEST_HEADERS,
)
from services.credentials.setup.policies import Document

READER_ROLE = "roles/storage.objectViewer"
"""Lists and reads objects, and nothing else ("IAM roles for Cloud Storage")."""

IMPERSONATOR_ROLE = "roles/iam.serviceAccountTokenCreator"
"""Makes tokens of a service account and signs with it, which `workloadIdentityUser` does not."""

SERVICES = ("iam.googleapis.com", "iamcredentials.googleapis.com", "sts.googleapis.com")
"""What must be on in the project of a pool ("Configure Workload Identity Federation")."""

ATTRIBUTE_MAPPING = {"google.subject": "assertion.sub"}

RESPONSE_HEADERS = (*REQUEST_HEADERS, *EXPOSED_HEADERS)
"""What a page may send as well as what it may see ("Cross-origin resource sharing")."""

_CEL_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_FIRST_PRINTABLE, _DELETE, _LAST_OF_PLANE = 0x20, 0x7F, 0xFFFF


def cel_string(text: str) -> str:
    """Return a string literal of CEL in ASCII ("Language Definition", "String and Bytes Values").

    ASCII, since Terraform would normalize accents that are part of a key.
    """
    return f'"{"".join(_escape(character) for character in text)}"'


def prefix_condition(bucket: str, prefix: str) -> str:
    """Hold for objects below the prefix, and for listings of no other keys.

    A listing is of the bucket, whose name tells no prefix: what it asks for is an attribute of the
    call ("Downscope short-lived credentials", "Limit permissions when listing objects").
    """
    name = cel_string(f"projects/_/buckets/{bucket}/objects/{prefix}")
    listed = 'api.getAttribute("storage.googleapis.com/objectListPrefix", "")'
    return f"resource.name.startsWith({name}) || {listed}.startsWith({cel_string(prefix)})"


def bucket_condition(bucket: str, prefix: str) -> Document | None:
    """Return the condition of the binding that lets us read the prefix; the whole bucket has none.

    Conditions on objects need uniform bucket-level access ("IAM Conditions", Cloud Storage).
    """
    if not prefix:
        return None
    return {
        "title": "Mooring reads one prefix",
        "description": "List and read what is below the location's prefix.",
        "expression": prefix_condition(bucket, prefix),
    }


def bucket_binding(bucket: str, prefix: str, email: str) -> Document:
    """Return the binding that a bucket's policy must hold."""
    binding: Document = {"role": READER_ROLE, "members": [f"serviceAccount:{email}"]}
    condition = bucket_condition(bucket, prefix)
    return binding if condition is None else {**binding, "condition": condition}


def subject_condition(org_id: UUID) -> str:
    """Return the attribute condition that keeps every other organization out of a pool."""
    return f"assertion.sub == {cel_string(str(org_id))}"


def subject_principal(pool: str, org_id: UUID) -> str:
    """Return the principal that our tokens for an organization are, in a pool."""
    return f"principal://iam.googleapis.com/{pool}/subject/{org_id}"


def gcs_cors_rules(origins: Sequence[str]) -> Document:
    """Return what a bucket's `cors` must be; a file for `gcloud` holds the list alone."""
    return {
        "cors": [
            {
                "origin": list(origins),
                "method": list(METHODS),
                "responseHeader": list(RESPONSE_HEADERS),
                "maxAgeSeconds": MAX_AGE_SECONDS,
            }
        ]
    }


def _escape(character: str) -> str:
    code = ord(character)
    if character in _CEL_ESCAPES:
        return _CEL_ESCAPES[character]
    if _FIRST_PRINTABLE <= code < _DELETE:
        return character
    return f"\\u{code:04x}" if code <= _LAST_OF_PLANE else f"\\U{code:08x}"
