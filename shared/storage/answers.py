"""Refusals of stores that are asked without their SDK: the one place that asks which cloud."""

from collections.abc import Mapping

from shared.errors import StorageError
from shared.storage.azure_answers import refusal_of as refusal_of_azure
from shared.storage.gcs_answers import refusal_of as refusal_of_gcs
from shared.storage.s3_answers import refusal_of as refusal_of_s3
from shared.uris import Provider


def refusal_of(
    provider: Provider, status: int, headers: Mapping[str, str], body: bytes
) -> StorageError:
    """Return what an answer means that is no success. `headers` have names in lower case."""
    match provider:
        case Provider.S3:
            return refusal_of_s3(status, headers, body)
        case Provider.GCS:
            return refusal_of_gcs(status, headers, body)
        case Provider.AZURE:
            return refusal_of_azure(status, headers, body)
