"""Shared access signatures for Azure's blobs and containers: pure and without I/O.

A user delegation key signs what its principal may do at most ("Create a user delegation SAS", Azure
Storage REST API); an account key signs anything ("Create a service SAS").
"""

from base64 import b64decode, b64encode
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TypeAlias
from urllib.parse import quote

from pydantic import SecretStr

from shared.errors import UrlsNotSignableError
from shared.leases import Bucket, DelegationKey
from shared.storage.azure_addresses import container_url, quote_name, split_bucket
from shared.storage.signing.base import (
    MAX_EXPIRY,
    MIN_EXPIRY,
    NO_OVERRIDES,
    Method,
    ResponseOverrides,
)
from shared.storage.signing.macs import Mac

VERSION = "2026-02-06"
"""The text that is signed differs from version to version; later ones have two more lines."""

BACKDATED = timedelta(minutes=15)
"""A signature that starts at once is refused by servers whose clocks are behind ("Best practices
when using SAS", Azure Storage)."""

NO_VERSION = "null"
"""The version of a blob in an account that keeps none, as listings name it."""

_Signer: TypeAlias = DelegationKey | SecretStr


@dataclass(frozen=True, slots=True)
class _Frame:
    """Everything of a URL and its signature that is the same for all blobs of a batch.

    URLs begin with `base`. `head` and `middle` stand before and behind the name in what is signed,
    `start` and `end` around what differs in the query.
    """

    mac: Mac = field(repr=False)
    base: str
    head: str
    middle: str
    start: str
    end: str


def presign_azure(
    bucket: Bucket,
    key: str,
    *,
    delegation_key: DelegationKey,
    signed_at: datetime,
    expires_in: timedelta,
    method: Method = "GET",
    overrides: ResponseOverrides = NO_OVERRIDES,
    version_id: str | None = None,
) -> str:
    """Return a URL that allows to read one blob, or a version of it, until it expires.

    That is at `signed_at + expires_in`, or with the key if that is earlier; it starts BACKDATED
    before, or with the key. Fractions of a second are dropped. The right to read covers GET and
    HEAD alike. An empty override leaves the header alone. The text of the signature equals that of
    azure-storage-blob for the same input and VERSION. Raise ValueError for an expiry outside the
    limits, a naive time, an empty key, or a delegation key that is not valid for any of the time.
    """
    del method
    frame = _frame(bucket, delegation_key, "r", signed_at, expires_in)
    return _presign(frame, key, overrides, version_id)


def presign_azure_by_account_key(
    bucket: Bucket,
    key: str,
    *,
    account_key: SecretStr,
    signed_at: datetime,
    expires_in: timedelta,
    method: Method = "GET",
    overrides: ResponseOverrides = NO_OVERRIDES,
    version_id: str | None = None,
) -> str:
    """Return a URL as `presign_azure` does, signed with the key of the account."""
    del method
    frame = _frame(bucket, account_key, "r", signed_at, expires_in)
    return _presign(frame, key, overrides, version_id)


def sign_azure_container(
    bucket: Bucket,
    *,
    delegation_key: DelegationKey,
    signed_at: datetime,
    expires_in: timedelta,
    permissions: str = "l",
) -> SecretStr:
    """Return a signature for a whole container, as a query without its question mark.

    `permissions` are letters in the order of the REST reference: `l` lists, `rl` reads too. Times
    and errors are those of `presign_azure`.
    """
    return _sign_container(_frame(bucket, delegation_key, permissions, signed_at, expires_in))


def sign_azure_container_by_account_key(
    bucket: Bucket,
    *,
    account_key: SecretStr,
    signed_at: datetime,
    expires_in: timedelta,
    permissions: str = "l",
) -> SecretStr:
    """Return a signature as `sign_azure_container` does, signed with the key of the account."""
    return _sign_container(_frame(bucket, account_key, permissions, signed_at, expires_in))


def _presign(frame: _Frame, key: str, overrides: ResponseOverrides, version_id: str | None) -> str:
    if not key:
        raise ValueError("An object has a key.")
    texts = (key, version_id, overrides.cache_control, overrides.content_disposition)
    if any("\n" in text for text in (*texts, overrides.content_type) if text):
        # What is signed stands on lines: a break would make two of one.
        raise UrlsNotSignableError("Azure has no URL for a name with a line break.")
    version = "" if version_id == NO_VERSION else version_id or ""
    kind = "bv" if version else "b"
    if overrides is NO_OVERRIDES:
        lines, options = "\n\n\n\n", ""
    else:
        control, disposition = overrides.cache_control, overrides.content_disposition
        lines = f"{control or ''}\n{disposition or ''}\n\n\n{overrides.content_type or ''}"
        options = _query(rscc=control, rscd=disposition, rsct=overrides.content_type)
    to_sign = f"{frame.head}/{key}{frame.middle}{kind}\n{version}\n\n{lines}"
    pinned = f"versionid={quote(version, safe='')}&" if version else ""
    return (
        f"{frame.base}/{quote_name(key)}?{pinned}{frame.start}{kind}{options}{frame.end}"
        f"{_signature(frame, to_sign)}"
    )


def _sign_container(frame: _Frame) -> SecretStr:
    to_sign = f"{frame.head}{frame.middle}c\n\n\n\n\n\n\n"
    return SecretStr(f"{frame.start}c{frame.end}{_signature(frame, to_sign)}")


def _signature(frame: _Frame, to_sign: str) -> str:
    digest = b64encode(frame.mac.digest(to_sign.encode())).decode()
    return digest.replace("+", "%2B").replace("=", "%3D")  # the SDK leaves slashes


# Small, since it holds keys: one entry for each location and window that is being signed.
@lru_cache(maxsize=64)
def _frame(
    bucket: Bucket, signer: _Signer, permissions: str, signed_at: datetime, expires_in: timedelta
) -> _Frame:
    start, end = map(_moment, _period(signer, signed_at, expires_in))
    account, container = split_bucket(bucket)
    protocol = "https" if container_url(bucket).startswith("https:") else "https,http"
    key = _key_fields(signer)
    # Behind the key's fields, three for directories (saoid, suoid, scid) and two that bind the
    # signature to a user (skdutid, sduoid), none of which is used; without a key the name of a
    # stored policy. Then an IP range (sip).
    fields = [*key.values(), *[""] * 5] if key else [""]
    return _Frame(
        mac=Mac(b64decode(_value_of(signer).get_secret_value())),
        base=container_url(bucket),
        head=f"{permissions}\n{start}\n{end}\n/blob/{account}/{container}",
        middle="\n".join(["", *fields, "", protocol, VERSION, ""]),
        start=_query(st=start, se=end, sp=permissions, spr=protocol, sv=VERSION)[1:] + "&sr=",
        end=f"{_query(**key)}&sig=",
    )


def _period(
    signer: _Signer, signed_at: datetime, expires_in: timedelta
) -> tuple[datetime, datetime]:
    if not MIN_EXPIRY <= expires_in <= MAX_EXPIRY:
        raise ValueError("A presigned URL lives between one second and seven days.")
    if signed_at.tzinfo is None:
        raise ValueError("The signing time must be aware.")
    signed_at = signed_at.replace(microsecond=0)
    start, end = (
        signed_at - BACKDATED,
        signed_at + timedelta(seconds=int(expires_in.total_seconds())),
    )
    if isinstance(signer, DelegationKey):
        start, end = max(start, signer.starts_at), min(end, signer.expires_at)
    if end <= max(start, signed_at):
        raise ValueError("The delegation key is not valid for any of the time.")
    return start, end


def _key_fields(signer: _Signer) -> dict[str, str]:
    """Return what a signature says of its delegation key, in the order in which it is signed."""
    if not isinstance(signer, DelegationKey):
        return {}
    return {
        "skoid": signer.object_id,
        "sktid": signer.tenant_id,
        "skt": _moment(signer.starts_at),
        "ske": _moment(signer.expires_at),
        "sks": signer.service,
        "skv": signer.version,
    }


def _value_of(signer: _Signer) -> SecretStr:
    return signer.value if isinstance(signer, DelegationKey) else signer


def _moment(time: datetime) -> str:
    return f"{time.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _query(**fields: str | None) -> str:
    """Return the fields that are not empty, each behind an ampersand, encoded as the SDK does."""
    return "".join(f"&{name}={quote(text)}" for name, text in fields.items() if text)
