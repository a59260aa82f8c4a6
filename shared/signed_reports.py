"""Signed access reports: the form in which a report leaves Mooring, and how anybody checks it.

It is a JWS (RFC 7515, 7.2.2: flattened JSON) by Ed25519 (RFC 8037). A page holds it in a block, and
what is signed holds the digest of the page around the block, so that both forms are one signature.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from jwt import InvalidTokenError, PyJWS
from jwt.utils import base64url_decode
from pydantic import JsonValue

from shared.jwks import read_ed25519
from shared.plain_text import show

Json = dict[str, JsonValue]

ALGORITHM = "EdDSA"
TYPE = "mooring-access-report+json"
"""Nothing else that Mooring signs is called so ("JSON Web Token Best Current Practices", 3.11)."""

EMPTY_BLOCK = b'<pre id="signed-report"></pre>'
_BLOCK = re.compile(rb'(?<=<pre id="signed-report">)[^<]*(?=</pre>)')

_HEADER = {"alg", "kid", "typ"}
_MEMBERS = {"payload", "protected", "signature"}
_BASE64URL = re.compile(r"[A-Za-z0-9_-]+")

_JWS = PyJWS(algorithms=[ALGORITHM])


class NotAReportError(ValueError):
    """Say that a file is no signed access report, or no set of keys."""


class UntrustedReportError(ValueError):
    """Say why a signed access report proves nothing: it was altered, or by whom is not known."""


@dataclass(frozen=True, slots=True)
class SignedReport:
    """The three members of a flattened JWS, each in base64url."""

    payload: str
    protected: str
    signature: str

    def text(self) -> str:
        """Return it as a file holds it."""
        return json.dumps(asdict(self), separators=(",", ":"))


def sign_report(report: Mapping[str, JsonValue], key: Ed25519PrivateKey, kid: str) -> SignedReport:
    """Sign a report, which says itself when (`signed_at`) and beside which page (`page_sha256`)."""
    payload = json.dumps(report, ensure_ascii=False, separators=(",", ":")).encode()
    headers = {"kid": kid, "typ": TYPE}
    protected, body, signature = _JWS.encode(payload, key, ALGORITHM, headers).split(".")
    return SignedReport(body, protected, signature)


def digest_page(page: bytes) -> str:
    """Return the digest of a page whose block is empty."""
    return sha256(page).hexdigest()


def fill_page(page: bytes, signed: SignedReport) -> bytes:
    """Put a signed report into the empty block of its page."""
    return page.replace(EMPTY_BLOCK, EMPTY_BLOCK.replace(b"><", f">{signed.text()}<".encode()))


def check_report(file: bytes, key_set: bytes) -> Json:
    """Return what a signed report says, read from its JSON or its page, and which key signed it.

    Raise NotAReportError, or UntrustedReportError: it was altered, the set (RFC 7517, 5) has no
    such key, or the key was retired before. Whoever trusts the answer trusts the set.
    """
    is_json = file.lstrip().startswith(b"{")
    signed = _parse(file if is_json else _cut(file))
    kid = _read_header(signed)
    key = _find_key(key_set, kid)
    try:
        payload = _JWS.decode(
            f"{signed.protected}.{signed.payload}.{signed.signature}",
            _public_key(key),
            algorithms=[ALGORITHM],
        )
    except InvalidTokenError as error:
        raise UntrustedReportError(
            "The report was altered after it was signed, or somebody else signed it."
        ) from error
    report = _object(payload, "What was signed is no access report of this form.")
    _check_time(report, key)
    if not is_json and report.get("page_sha256") != digest_page(_BLOCK.sub(b"", file)):
        raise UntrustedReportError("The page was altered: it does not show what was signed.")
    return {**report, "kid": kid}


def _cut(page: bytes) -> bytes:
    """Return what is in a page's block. Names in a page cannot look like one: they hold no `<`."""
    blocks = _BLOCK.findall(page)
    if len(blocks) != 1:
        raise NotAReportError("The file is no signed access report, neither as JSON nor as a page.")
    return bytes(blocks[0])


def _parse(text: bytes) -> SignedReport:
    members = _object(text, "The file is no signed access report: it is not JSON.")
    if members.keys() != _MEMBERS:
        raise NotAReportError(
            "The file is no signed access report: it holds payload, protected and signature,"
            " and nothing else."
        )
    values = {name: value for name, value in members.items() if isinstance(value, str)}
    if len(values) != len(_MEMBERS) or not all(map(_BASE64URL.fullmatch, values.values())):
        raise NotAReportError("The file is no signed access report: a member is no base64url.")
    return SignedReport(**values)


def _read_header(signed: SignedReport) -> str:
    """Return the id of the key that a report says it was signed with."""
    not_ours = "The file is signed, and is no access report of Mooring's."
    try:
        header = _object(base64url_decode(signed.protected), not_ours)
    except ValueError as error:
        raise NotAReportError(not_ours) from error
    kid = header.get("kid")
    if (
        header.keys() != _HEADER
        or (header["alg"], header["typ"]) != (ALGORITHM, TYPE)
        or not isinstance(kid, str)
    ):
        raise NotAReportError(not_ours)
    return kid


def _find_key(key_set: bytes, kid: str) -> Json:
    not_a_set = "The set of keys is none: it is JSON with a list of keys (RFC 7517)."
    keys = _object(key_set, not_a_set).get("keys")
    if not isinstance(keys, list):
        raise NotAReportError(not_a_set)
    found = [key for key in keys if isinstance(key, dict) and key.get("kid") == kid]
    if len(found) != 1:
        raise UntrustedReportError(
            f"The report is signed with the key {show(kid)}, which is not in the set of keys, or is"
            " there twice."
        )
    return found[0]


def _public_key(key: Json) -> Ed25519PublicKey:
    try:
        return read_ed25519(key)
    except ValueError as error:
        raise NotAReportError(
            f"The set's key {show(str(key['kid']))} is no Ed25519 key, or has not its thumbprint as"
            " name."
        ) from error


def _check_time(report: Json, key: Json) -> None:
    """Refuse a report that was signed when its key was not in use any more."""
    signed_at, expires = report.get("signed_at"), key.get("exp")
    try:
        moment = datetime.fromisoformat(str(signed_at))
    except ValueError as error:
        raise NotAReportError("What was signed does not say when.") from error
    if isinstance(expires, int | float) and moment.timestamp() > expires:
        retired = datetime.fromtimestamp(expires, UTC)
        raise UntrustedReportError(
            f"The key was retired before: it signs nothing after {retired:%Y-%m-%d %H:%M:%S} UTC,"
            f" and the report says that it was signed at {show(str(signed_at))}."
        )


def _object(text: bytes, otherwise: str) -> Json:
    """Read a JSON object that has each member once, or raise NotAReportError."""
    try:
        found: JsonValue = json.loads(text, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise NotAReportError(otherwise) from error
    if not isinstance(found, dict):
        raise NotAReportError(otherwise)
    return found


def _once(pairs: list[tuple[str, JsonValue]]) -> Json:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("A member comes twice.")
    return members
