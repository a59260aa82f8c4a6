"""Routes of report keys: what access reports are checked with, and a new key for the operator."""

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse

from services.credentials.api.dependencies import CALLER, VaultDep
from services.credentials.proof_schemas import ReportKeysBody
from shared.auth import Operator
from shared.errors import SealBrokenError
from shared.web import raises

router = APIRouter(tags=["access reports"])


class KeySetResponse(JSONResponse):
    """A set of keys (RFC 7517, 8.5.2)."""

    media_type = "application/jwk-set+json"


# Open to everybody, as the keys of the OIDC issuer are, but not among those: clouds that read them
# know no keys of this kind, and whoever signs reports shall not sign tokens.
@router.get("/.well-known/report-keys.json", response_class=KeySetResponse, include_in_schema=False)
async def get_report_keys(vault: VaultDep, response: Response) -> ReportKeysBody:
    """Return every key that ever signed."""
    response.headers["Cache-Control"] = "no-cache"
    return ReportKeysBody(keys=await vault.report_keys.list_public())


@router.post(
    "/v1/report-keys",
    status_code=201,
    summary="Rotate the key of access reports",
    responses=raises(*CALLER, SealBrokenError),
)
async def rotate_report_key(_operator: Operator, vault: VaultDep) -> ReportKeysBody:
    """Sign access reports with a new key from now on. This needs the operator's key.

    What was signed before stays good: the key before is published for good, and cannot sign.
    """
    await vault.report_keys.rotate()
    return ReportKeysBody(keys=await vault.report_keys.list_public())
