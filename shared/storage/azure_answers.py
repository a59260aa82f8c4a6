"""Azure's refusals outside of its SDK: what an answer to a request of our own means."""

from collections.abc import Mapping

from shared.errors import StorageError
from shared.storage.azure_errors import storage_error


def refusal_of(status: int, headers: Mapping[str, str], body: bytes) -> StorageError:
    """Return what an answer means that is no success. `headers` have names in lower case."""
    return storage_error(status, headers, body)
