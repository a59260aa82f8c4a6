"""Routes of proofs: the newest access report of a location, signed, to be kept as a file."""

from uuid import UUID

from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse, JSONResponse

from services.credentials.access_proofs import Proof
from services.credentials.api.dependencies import MISSING, LocationsReader, VaultDep
from services.credentials.proof_schemas import SignedReportBody
from services.credentials.proofs.pages import HEADERS
from shared.errors import ReportNotProvableError, SealBrokenError
from shared.web import raises

router = APIRouter(prefix="/v1/locations/{location_id}/access-report", tags=["locations"])

SIGNING = raises(*MISSING, ReportNotProvableError, SealBrokenError)


class JoseResponse(JSONResponse):
    """A JWS as JSON (RFC 7515, 9.2.1)."""

    media_type = "application/jose+json"


@router.get(
    "/proof",
    summary="Get the newest access report, signed",
    response_class=JoseResponse,
    responses=SIGNING,
)
async def get_access_proof(
    location_id: UUID, caller: LocationsReader, vault: VaultDep, response: Response
) -> SignedReportBody:
    """Return what was found when access was verified last, who may do what, and a signature.

    It can be filed, and checked offline with the keys of `/.well-known/report-keys.json`.
    """
    proof = await vault.proofs.sign_newest(caller.org_id, location_id)
    response.headers.update(_save_as(proof, "json"))
    return SignedReportBody.of(proof.signed)


@router.get(
    "/proof.html",
    summary="Get the newest access report as a signed page",
    response_class=HTMLResponse,
    responses=SIGNING,
)
async def get_access_proof_page(
    location_id: UUID, caller: LocationsReader, vault: VaultDep
) -> HTMLResponse:
    """Return the same as one HTML file without scripts, to be read, printed and checked offline."""
    proof = await vault.proofs.sign_newest(caller.org_id, location_id)
    return HTMLResponse(proof.page, headers={**HEADERS, **_save_as(proof, "html")})


def _save_as(proof: Proof, ending: str) -> dict[str, str]:
    """Let browsers save it: what customers named is not shown as a page of the vault's own."""
    name = f"access-report-{proof.report_id}.{ending}"
    return {"Content-Disposition": f'attachment; filename="{name}"'}
