"""S3's refusals outside of its SDK: what an answer to a request of our own means."""

from collections.abc import Mapping

from botocore.exceptions import ClientError
from lxml import etree

from shared.errors import StorageError
from shared.storage.s3_errors import storage_error


def refusal_of(status: int, headers: Mapping[str, str], body: bytes) -> StorageError:
    """Return what an answer means that is no success. `headers` have names in lower case.

    Its cause is the SDK's error for such an answer, with the store's own words.
    """
    fields = {name: error_field(body, name) for name in ("Code", "Message", "Region")}
    answer = ClientError(
        {
            "Error": {name: text for name, text in fields.items() if text},  # type: ignore[typeddict-item]
            "ResponseMetadata": {  # type: ignore[typeddict-item]
                "HTTPStatusCode": status,
                "HTTPHeaders": dict(headers),
            },
        },
        "GetObject",
    )
    error = storage_error(answer)
    error.__cause__ = answer
    return error


def error_field(body: bytes, name: str) -> str | None:
    """Return a field of the error that a body describes; none of what is no such XML."""
    # The bytes come from a server that a customer may run: no entities, no network.
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    try:
        root = etree.fromstring(body, parser)
    except etree.XMLSyntaxError:
        return None
    return root.findtext(f"{{*}}{name}")
