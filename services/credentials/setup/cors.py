"""CORS: the one rule that lets the location's browser origins read objects."""

from collections.abc import Sequence

from services.credentials.setup.policies import Document

METHODS = ("GET", "HEAD")
REQUEST_HEADERS = ("range", "if-match", "if-none-match", "if-modified-since", "if-range")
"""What viewers send beyond the safelisted: parts of a video or an image pyramid, revalidation."""

EXPOSED_HEADERS = ("ETag", "Content-Range", "Accept-Ranges", "Content-Length")
MAX_AGE_SECONDS = 3_600  # within the two hours for which Chromium keeps a preflight at most


def cors_rules(origins: Sequence[str]) -> Document:
    """Return the document that PutBucketCors takes; it replaces what the bucket has."""
    return {
        "CORSRules": [
            {
                "ID": "mooring",
                "AllowedOrigins": list(origins),
                "AllowedMethods": list(METHODS),
                "AllowedHeaders": list(REQUEST_HEADERS),
                "ExposeHeaders": list(EXPOSED_HEADERS),
                "MaxAgeSeconds": MAX_AGE_SECONDS,
            }
        ]
    }


def r2_cors_rules(origins: Sequence[str]) -> Document:
    """Return the same rule as R2's own API and `wrangler` take it ("Put Bucket CORS Policy")."""
    return {
        "rules": [
            {
                "id": "mooring",
                "allowed": {
                    "origins": list(origins),
                    "methods": list(METHODS),
                    "headers": list(REQUEST_HEADERS),
                },
                "exposeHeaders": list(EXPOSED_HEADERS),
                "maxAgeSeconds": MAX_AGE_SECONDS,
            }
        ]
    }
