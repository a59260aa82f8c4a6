"""Statements: what is signed of a report, with digests in the place of documents."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

from services.credentials.proofs.digests import digest
from services.credentials.proofs.statements import make_statement
from services.credentials.setup.policies import trust_policy
from shared.database.access_reports import AccessReport

TRUST = trust_policy("arn:aws:iam::111111111111:user/mooring", "the-external-id")
CAUSE = {
    "code": "external-id-not-required",
    "confidence": "certain",
    "who": "customer",
    "summary": "The role can be assumed without any ExternalId.",
    "tell": "The trust policy has no condition.",
    "remedy": "Replace the trust policy.",
    "documents": {"trust_policy": TRUST, "script": "echo the-external-id"},
}


def check(name: str, status: str, *causes: dict[str, Any]) -> dict[str, Any]:
    first = causes[0] if causes else None
    return {
        "name": name,
        "subject": None,
        "status": status,
        "duration_ms": 1.5,
        "finding": "It is so.",
        "causes": [*causes],
        "remedy": first
        and {"who": "customer", "text": first["remedy"], "documents": first["documents"]},
    }


def test_a_statement_says_what_was_found_by_whom_and_when() -> None:
    tokyo = timezone(timedelta(hours=9))
    row = AccessReport(
        report_id=UUID(int=1),
        org_id=UUID(int=2),
        location_id=UUID(int=3),
        valid=False,
        checks=[
            check("external_id_enforced", "failed", CAUSE),
            check("write_refused", "passed"),
            check("scope", "skipped"),
            check("list", "passed"),
        ],
        created_at=datetime(2026, 11, 21, 21, 0, tzinfo=tokyo),
    )
    digests = {
        "trust_policy": digest(TRUST),
        "script": digest("echo the-external-id"),
    }
    told = make_statement(
        row,
        {"mooring_version": "0.1.0", "documents": {"cors": "ab"}},
        signed_at=datetime(2026, 11, 21, 12, 30, 0, 5, tzinfo=UTC),
    )
    assert told == {
        "report_id": "00000000-0000-0000-0000-000000000001",
        "valid": False,
        "verified_at": "2026-11-21T12:00:00Z",
        "signed_at": "2026-11-21T12:30:00.000005Z",
        "mooring_version": "0.1.0",
        "documents": {"cors": "ab"},
        "proved_refused": ["write_refused"],
        "checks": [
            check("external_id_enforced", "failed", {**CAUSE, "documents": digests}),
            check("write_refused", "passed"),
            check("scope", "skipped"),
            check("list", "passed"),
        ],
    }
    assert "the-external-id" not in str(told)
