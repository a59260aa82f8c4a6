"""User delegation keys: what a storage account gives to a principal that may delegate."""

import re
from datetime import UTC, datetime, timedelta
from http import HTTPStatus

import httpx
from lxml import etree
from pydantic import SecretStr

from shared.errors import (
    StorageDeniedError,
    StorageError,
    StorageThrottledError,
    StorageUnavailableError,
)
from shared.leases import DelegationKey
from shared.storage.signing.azure import BACKDATED, VERSION

KEY_LIFE = timedelta(hours=24)  # Azure grants a week; whoever loses the role keeps the key so long
LONGEST_ANSWER = 16_384  # a key has some 500 bytes
PERMISSION_MISMATCH = "AuthorizationPermissionMismatch"
FIREWALL = "AuthorizationFailure"

_OTHER_TENANT = (
    "The storage account does not accept tokens of this tenant: it belongs to another one."
)

_REFUSED = "The storage account refused to give a delegation key."
_SENTENCES = {
    PERMISSION_MISMATCH: (
        "Mooring may not sign in the name of its principal: the role Storage Blob Delegator is"
        " missing on the storage account."
    ),
    FIREWALL: "The storage account's network rules refuse Mooring.",
    "AccountIsDisabled": "The storage account is disabled.",
}
_CODE = re.compile(r"[A-Za-z]{1,64}")
_FIELDS = (
    "SignedOid",
    "SignedTid",
    "SignedStart",
    "SignedExpiry",
    "SignedService",
    "SignedVersion",
    "Value",
)
_PARSER = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)


class DelegationRefusedError(StorageDeniedError):
    """Say that the account gives no key. `azure_code` is Azure's, empty where it has none."""

    def __init__(self, detail: str, /, *, azure_code: str) -> None:
        super().__init__(detail, azure_code=azure_code)
        self.azure_code = azure_code


class OtherTenantError(DelegationRefusedError):
    """Say that the account belongs to another tenant than the token."""


async def get_delegation_key(
    http: httpx.AsyncClient, endpoint: str, token: SecretStr, now: datetime
) -> DelegationKey:
    """Ask the account for a key ("Get User Delegation Key", Azure Storage REST API).

    It starts a while ago, since a key from now on fails at first. `endpoint` is where the account's
    blobs are. Raise DelegationRefusedError, StorageThrottledError, StorageUnavailableError or
    StorageError.
    """
    start = now.replace(microsecond=0)
    headers = {
        "Authorization": f"Bearer {token.get_secret_value()}",
        "x-ms-version": VERSION,
        "Content-Type": "application/xml",
    }
    try:
        answer = await http.post(
            f"{endpoint}/",
            params={"restype": "service", "comp": "userdelegationkey"},
            headers=headers,
            content=_key_info(start - BACKDATED, start + KEY_LIFE),
        )
    except httpx.TransportError as error:
        raise StorageUnavailableError(
            "The storage account cannot be reached: there is none of this name, or its network does"
            " not let Mooring in."
        ) from error
    if answer.status_code != HTTPStatus.OK:
        raise _refusal(answer)
    return _read(answer.content)


def _key_info(start: datetime, expiry: datetime) -> bytes:
    times = f"<Start>{_moment(start)}</Start><Expiry>{_moment(expiry)}</Expiry>"
    return f'<?xml version="1.0" encoding="utf-8"?><KeyInfo>{times}</KeyInfo>'.encode()


def _moment(time: datetime) -> str:
    return f"{time.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _refusal(answer: httpx.Response) -> StorageError:
    status = answer.status_code
    if status in {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}:
        return StorageThrottledError("The storage account asks us to slow down.")
    if httpx.codes.is_server_error(status):
        return StorageUnavailableError("The storage account fails on its side.")
    found = _CODE.fullmatch(answer.headers.get("x-ms-error-code", ""))
    code = "" if found is None else found[0]
    if status == HTTPStatus.UNAUTHORIZED:
        return OtherTenantError(_OTHER_TENANT, azure_code=code)
    if status == HTTPStatus.FORBIDDEN:
        return DelegationRefusedError(_SENTENCES.get(code, _REFUSED), azure_code=code)
    return StorageError(_REFUSED)


def _read(body: bytes) -> DelegationKey:
    try:
        if len(body) > LONGEST_ANSWER:
            raise ValueError("too long")  # noqa: TRY301 (it ends as the others do)
        root = etree.fromstring(body, _PARSER)
        oid, tid, start, expiry, service, version, value = (_text(root, name) for name in _FIELDS)
        return DelegationKey(
            object_id=oid,
            tenant_id=tid,
            starts_at=_time(start),
            expires_at=_time(expiry),
            service=service,
            version=version,
            value=SecretStr(value),
        )
    except (etree.XMLSyntaxError, ValueError) as error:
        raise StorageUnavailableError(
            "The storage account answered with something other than a delegation key."
        ) from error


def _text(root: etree._Element, name: str) -> str:
    text = root.findtext(name)
    if not text:
        raise ValueError(name)
    return text


def _time(text: str) -> datetime:
    moment = datetime.fromisoformat(text).replace(microsecond=0)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
