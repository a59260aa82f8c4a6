"""Signatures as the emulated Cloud Storage checks them: V4 in a URL, and SigV4 in a header.

"Signatures", "Canonical requests" and "Simple migration from Amazon S3", Cloud Storage.
"""

import hmac
import re
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from urllib.parse import unquote

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from deploy.local.clouds.gcs_questions import Question
from deploy.local.clouds.gcs_world import Caller, GcsWorld

LONGEST = 604_800
_MOMENT = "%Y%m%dT%H%M%SZ"
_SKEW = timedelta(minutes=15)
_SCOPE_PARTS = 4  # date, location, service, kind of request
_PARTS = re.compile(r"(\w+)=([^, ]+)")


class RefusedError(Exception):
    """The XML API's refusal of a signature."""

    def __init__(self, status: int, code: str, message: str, details: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.details = details


def check_signed_url(world: GcsWorld, question: Question) -> Caller:
    """Return who signed a URL, in Google's way or in that of S3."""
    style = "X-Goog-" if "X-Goog-Algorithm" in question.parameters else "X-Amz-"
    given = _signed_parameters(question, style)
    signed_at, expires = _lifetime(given)
    if expires > LONGEST:
        raise RefusedError(
            400, "InvalidArgument", "Invalid argument.", f"{style}Expires must be at most 604800."
        )
    if signed_at > world.now() + _SKEW:
        raise RefusedError(403, "RequestTimeTooSkewed", "The request's time is in the future.")
    if world.now() >= signed_at + timedelta(seconds=expires):
        raise RefusedError(400, "ExpiredToken", "The provided token has expired.")
    if "host" not in given["SignedHeaders"].split(";"):
        raise RefusedError(400, "MalformedSecurityHeader", "The host header must be signed.")
    end = "goog4_request" if style == "X-Goog-" else "aws4_request"
    who, scope = _credential(given["Credential"], signed_at, end)
    signature = f"{style}Signature="
    pairs = sorted(pair for pair in question.query.split("&") if not pair.startswith(signature))
    canonical = _canonical(question, "&".join(pairs), given["SignedHeaders"], "UNSIGNED-PAYLOAD")
    text = _to_sign(given["Algorithm"], given["Date"], scope, canonical)
    match style, given["Algorithm"]:
        case "X-Goog-", "GOOG4-HMAC-SHA256":
            return _check_hmac(world, who, "GOOG4", text, _unhex(given["Signature"]))
        case "X-Goog-", "GOOG4-RSA-SHA256":
            return _check_rsa(world, who, text, _unhex(given["Signature"]))
        case "X-Amz-", "AWS4-HMAC-SHA256":
            return _check_hmac(world, who, "AWS4", text, _unhex(given["Signature"]))
    raise RefusedError(400, "MalformedSecurityHeader", "The algorithm is not known.")


def check_signed_header(world: GcsWorld, question: Question) -> Caller:
    """Return who signed a request in the way of S3 (AWS4-HMAC-SHA256)."""
    parts = dict(_PARTS.findall(question.headers["Authorization"]))
    moment = question.headers["x-amz-date"]
    signed_at = datetime.strptime(moment, _MOMENT).replace(tzinfo=UTC)
    if abs(signed_at - world.now()) > _SKEW:
        raise RefusedError(403, "RequestTimeTooSkewed", "The clocks differ too much.")
    who, scope = _credential(parts["Credential"], signed_at, "aws4_request")
    pairs = sorted(
        pair if "=" in pair else f"{pair}=" for pair in question.query.split("&") if pair
    )
    canonical = _canonical(
        question,
        "&".join(pairs),
        parts["SignedHeaders"],
        question.headers["x-amz-content-sha256"],
    )
    text = _to_sign("AWS4-HMAC-SHA256", moment, scope, canonical)
    return _check_hmac(world, who, "AWS4", text, _unhex(parts["Signature"]))


def _signed_parameters(question: Question, style: str) -> dict[str, str]:
    """Return the parameters of a signature without the beginning of their names."""
    names = ("Algorithm", "Credential", "Date", "Expires", "SignedHeaders", "Signature")
    given = {name: question.parameters.get(style + name, "") for name in names}
    missing = [name for name, text in given.items() if not text]
    if missing:
        raise RefusedError(400, "MalformedSecurityHeader", f"{style}{missing[0]} is missing.")
    return given


def _lifetime(given: dict[str, str]) -> tuple[datetime, int]:
    try:
        signed_at = datetime.strptime(given["Date"], _MOMENT).replace(tzinfo=UTC)
        return signed_at, int(given["Expires"])
    except ValueError as error:
        raise RefusedError(
            400, "MalformedSecurityHeader", "The date or the expiry is malformed."
        ) from error


def _credential(credential: str, signed_at: datetime, end: str) -> tuple[str, str]:
    """Return who signed, and the scope, of which any region will do."""
    who, *scope = credential.rsplit("/", _SCOPE_PARTS)
    if len(scope) != _SCOPE_PARTS or scope[0] != f"{signed_at:%Y%m%d}" or scope[3] != end:
        raise RefusedError(400, "MalformedSecurityHeader", "The credential scope is malformed.")
    return who, "/".join(scope)


def _canonical(question: Question, query: str, signed_headers: str, payload: str) -> str:
    headers = "".join(
        f"{name}:{' '.join(','.join(question.headers.getall(name, [''])).split())}\n"
        for name in signed_headers.split(";")
    )
    return f"{question.method}\n{question.path}\n{query}\n{headers}\n{signed_headers}\n{payload}"


def _to_sign(algorithm: str, moment: str, scope: str, canonical: str) -> str:
    return "\n".join([algorithm, moment, scope, sha256(canonical.encode()).hexdigest()])


def _check_hmac(world: GcsWorld, access_id: str, start: str, text: str, signature: bytes) -> Caller:
    owner = world.owner_of(access_id)
    if owner is None:
        raise RefusedError(403, "InvalidSecurity", "The access id is not known.")
    account, secret = owner
    key = f"{start}{secret}".encode()
    for part in text.split("\n")[2].split("/"):  # the scope
        key = hmac.digest(key, part.encode(), "sha256")
    if not hmac.compare_digest(hmac.digest(key, text.encode(), "sha256"), signature):
        raise _mismatch(text)
    return Caller(account.email)


def _check_rsa(world: GcsWorld, email: str, text: str, signature: bytes) -> Caller:
    account = world.accounts.get(unquote(email))
    if account is None:
        raise RefusedError(403, "InvalidSecurity", "The service account is not known.")
    try:
        account.private_key.public_key().verify(signature, text.encode(), PKCS1v15(), SHA256())
    except InvalidSignature as error:
        raise _mismatch(text) from error
    return Caller(account.email)


def _mismatch(text: str) -> RefusedError:
    return RefusedError(
        403, "SignatureDoesNotMatch", "The signature does not match the request.", text
    )


def _unhex(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        return b""
