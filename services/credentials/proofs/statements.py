"""Statements: what a proof says, which is what is signed."""

from collections.abc import Mapping
from datetime import UTC, datetime

from pydantic import JsonValue

from services.credentials.access.checks import Status
from services.credentials.proofs.digests import digest
from services.credentials.proofs.facts import Facts
from shared.database.access_reports import AccessReport

Statement = dict[str, JsonValue]

REFUSALS = ("external_id_enforced", "subject_enforced", "scope", "write_refused")
"""Checks that pass when the customer's cloud refuses what was tried and should not work."""


def make_statement(row: AccessReport, facts: Facts, *, signed_at: datetime) -> Statement:
    """Return what a report and its facts say, signed at a moment.

    Documents of remedies are told by their digests: they are long, and a trust policy holds the
    ExternalId.
    """
    checks = [_with_digests(check) for check in row.checks]
    passed = {check["name"] for check in row.checks if check["status"] == Status.PASSED}
    return {
        "report_id": str(row.report_id),
        "valid": row.valid,
        "verified_at": _utc(row.created_at),
        "signed_at": _utc(signed_at),
        **facts,
        "proved_refused": [name for name in REFUSALS if name in passed],
        "checks": [*checks],
    }


def _with_digests(part: JsonValue) -> JsonValue:
    """Return a part of a report with the digest in the place of each of its `documents`."""
    if isinstance(part, list):
        return [_with_digests(each) for each in part]
    if not isinstance(part, dict):
        return part
    return {
        name: _digests(value)
        if name == "documents" and isinstance(value, Mapping)
        else _with_digests(value)
        for name, value in part.items()
    }


def _digests(documents: Mapping[str, JsonValue]) -> JsonValue:
    return {name: digest(document) for name, document in documents.items()}


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
