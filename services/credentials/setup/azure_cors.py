"""CORS of Azure: the rule of an account's blob service that lets browser origins read blobs."""

from collections.abc import Sequence
from shlex import quote

from services.credentials.setup.cors import (
    EXPOSED_HEADERS,
    MAX_AGE_SECONDS,
    METHODS,
    REQUEST_HEADERS,
)
from services.credentials.setup.policies import Document

MOST_RULES = 5  # "Cross-Origin Resource Sharing (CORS) support for Azure Storage"


def cors_properties(origins: Sequence[str]) -> Document:
    """Return the rule as the account's blob service has it in templates, beside its other ones."""
    return {
        "cors": {
            "corsRules": [
                {
                    "allowedOrigins": list(origins),
                    "allowedMethods": list(METHODS),
                    "allowedHeaders": list(REQUEST_HEADERS),
                    "exposedHeaders": list(EXPOSED_HEADERS),
                    "maxAgeInSeconds": MAX_AGE_SECONDS,
                }
            ]
        }
    }


def cors_command(account: str, origins: Sequence[str]) -> str:
    """Return the one command of the Azure CLI that adds the rule to those that are there."""
    return (
        f"az storage cors add --services b --account-name {quote(account)}"
        f" --methods {_words(METHODS)} --origins {_words(origins)}"
        f" --allowed-headers {_words(REQUEST_HEADERS)}"
        f" --exposed-headers {_words(EXPOSED_HEADERS)} --max-age {MAX_AGE_SECONDS}"
    )


def _words(words: Sequence[str]) -> str:
    return " ".join(quote(word) for word in words)
