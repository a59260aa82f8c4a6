"""Digests: the SHA-256 by which a document of a setup kit is known again."""

import json
from hashlib import sha256

from pydantic import JsonValue


def canonical_json(document: JsonValue) -> bytes:
    """Return the one form of a document, whatever its spaces and the order of its members.

    RFC 8785, of which documents need little: their names are ASCII, and their numbers whole.
    """
    text = json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode()


def digest(document: JsonValue) -> str:
    """Return the SHA-256 of a document's canonical JSON, and of a script's text, in hexadecimal."""
    data = document.encode() if isinstance(document, str) else canonical_json(document)
    return sha256(data).hexdigest()
