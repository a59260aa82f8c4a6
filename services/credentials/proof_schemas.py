"""The vault's bodies: signed access reports, and the keys that sign them."""

from dataclasses import asdict
from typing import Self

from pydantic import BaseModel

from services.credentials.schema_fields import Json
from shared.signed_reports import SignedReport


class SignedReportBody(BaseModel):
    """An access report as a JWS (RFC 7515, flattened JSON), each member in base64url.

    `payload` is the report: who may do what, each check, and when it was signed. `protected` names
    the key.
    """

    payload: str
    protected: str
    signature: str

    @classmethod
    def of(cls, signed: SignedReport) -> Self:
        return cls(**asdict(signed))


class ReportKeysBody(BaseModel):
    """The public keys of access reports (RFC 7517, 5), the one that signs first.

    A key with `exp` is retired, and signs nothing after it.
    """

    keys: list[Json]
