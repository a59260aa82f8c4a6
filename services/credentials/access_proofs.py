"""AccessProofs: the newest access report of a location, signed, as JSON and as a page."""

from dataclasses import dataclass
from uuid import UUID

from services.credentials.access_reports import AccessReports
from services.credentials.proofs.pages import render_page
from services.credentials.proofs.statements import make_statement
from services.credentials.report_keys import ReportKeys
from shared.clock import Clock
from shared.errors import ReportNotProvableError
from shared.signed_reports import SignedReport, digest_page, fill_page, sign_report


@dataclass(frozen=True, slots=True)
class Proof:
    """A signed report. `page` is HTML in UTF-8 that holds it too."""

    report_id: UUID
    signed: SignedReport
    page: bytes


class AccessProofs:
    """Sign what is kept of a report. It is signed when it is asked for, with the present key."""

    def __init__(self, reports: AccessReports, keys: ReportKeys, clock: Clock) -> None:
        self._reports = reports
        self._keys = keys
        self._clock = clock

    async def sign_newest(self, org_id: UUID, location_id: UUID) -> Proof:
        """Return the newest report's proof.

        Raise NotFoundError when access was never verified, ReportNotProvableError for a report
        of before there were proofs, and SealBrokenError.
        """
        row = await self._reports.get_newest(org_id, location_id)
        if row.facts is None:
            raise ReportNotProvableError(
                "The report was made before reports could be proved: verify access again first."
            )
        signer = await self._keys.open()
        statement = make_statement(row, row.facts, signed_at=self._clock.now())
        page = render_page(statement, signer.kid)
        report = {**statement, "page_sha256": digest_page(page)}
        signed = sign_report(report, signer.private, signer.kid)
        return Proof(row.report_id, signed, fill_page(page, signed))
