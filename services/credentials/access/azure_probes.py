"""Probes of a container without an SDK: does it answer, and with which of Azure's codes."""

import socket
from dataclasses import dataclass

import httpx
from pydantic import SecretStr

from shared.errors import EndpointNotAllowedError, StorageUnavailableError
from shared.leases import Bucket
from shared.storage.azure_addresses import container_url
from shared.storage.signing.azure import VERSION

SIGNATURE_REFUSED = "AuthenticationFailed"
KEYS_OFF = "KeyBasedAuthenticationNotPermitted"
DISABLED = "AccountIsDisabled"

_LISTING = "restype=container&comp=list&maxresults=1"


class UnknownAccountError(Exception):
    """Say that no name server knows the account's host."""


@dataclass(frozen=True, slots=True)
class BlobAnswer:
    """An answer's status, and Azure's code for it, empty where there is none."""

    status: int
    code: str

    @property
    def is_success(self) -> bool:
        return httpx.codes.is_success(self.status)


async def ask_container(
    http: httpx.AsyncClient, bucket: Bucket, signature: SecretStr | None = None
) -> BlobAnswer:
    """List one blob, as a stranger without a signature.

    Raise UnknownAccountError or StorageUnavailableError.
    """
    query = _LISTING if signature is None else f"{_LISTING}&{signature.get_secret_value()}"
    url = f"{container_url(bucket)}?{query}"
    try:
        async with http.stream("GET", url, headers={"x-ms-version": VERSION}) as answer:
            return BlobAnswer(answer.status_code, answer.headers.get("x-ms-error-code", ""))
    except EndpointNotAllowedError as error:
        raise StorageUnavailableError(error.detail) from error
    except httpx.TransportError as error:
        if _is_unknown_name(error):
            raise UnknownAccountError from error
        raise StorageUnavailableError("The storage account cannot be reached.") from error


def _is_unknown_name(error: BaseException) -> bool:
    """Look for a name server's answer behind what the HTTP client says."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, socket.gaierror):
            return cause.errno in {socket.EAI_NONAME, getattr(socket, "EAI_NODATA", None)}
        cause = cause.__cause__ or cause.__context__
    return False
