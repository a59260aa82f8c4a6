"""Routes of browser checks: a page and a module for browsers that come with a link.

They are for no client of the API, so that its description does not have them. Who comes has a token
in the path, and no API key. The module runs in pages of whichever origin, which therefore may read
what these routes answer.
"""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Header, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response

from services.presign.browser_checks import BrowserChecks
from services.presign.pages import PAGE, SCRIPTS, page_policy
from shared.browser_checks import SeenBody

# A body without a Content-Type is JSON here: one with it would need a preflight.
router = APIRouter(
    prefix="/v1/browser-checks/{token}", include_in_schema=False, strict_content_type=False
)

PRIVATE = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",  # the address is a secret
    "X-Content-Type-Options": "nosniff",
}
FOR_ALL_ORIGINS = {
    **PRIVATE,
    "Access-Control-Allow-Origin": "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
}


def get_browser_checks(request: Request) -> BrowserChecks:
    """Return the browser checks of this application."""
    checks: BrowserChecks = request.app.state.browser_checks
    return checks


ChecksDep = Annotated[BrowserChecks, Depends(get_browser_checks)]


@router.get("/", summary="Show the page of a browser check", response_class=HTMLResponse)
async def show_browser_check(token: str, checks: ChecksDep) -> HTMLResponse:
    """Show the page, which may load from itself and from the store alone."""
    questions = await checks.open(token)
    headers = {**PRIVATE, "Content-Security-Policy": page_policy(questions.store)}
    return HTMLResponse(PAGE, headers=headers)


@router.get("/questions", summary="Say what to look at")
async def list_browser_questions(token: str, checks: ChecksDep) -> JSONResponse:
    """Return the URLs of the object, and where scripts are to read it."""
    questions = await checks.open(token)
    body = {
        "get": questions.get,
        "head": questions.head,
        "is_image": questions.is_image,
        "origins": list(questions.origins),
    }
    return JSONResponse(body, headers=FOR_ALL_ORIGINS)


@router.post("/results", summary="Say what a browser saw", status_code=204)
async def tell_browser_results(
    token: str,
    body: SeenBody,
    checks: ChecksDep,
    origin: Annotated[str | None, Header(max_length=300)] = None,
) -> Response:
    """Keep what the browser saw. The header Origin, which no script can set, says where."""
    await checks.tell(token, origin=origin, seen=body)
    return Response(status_code=204, headers=FOR_ALL_ORIGINS)


@router.get("/{script}", summary="Get a script of a browser check")
async def get_browser_script(script: Literal["check.js", "page.js"]) -> Response:
    """Return a script, the same for every check."""
    return Response(SCRIPTS[script], media_type="text/javascript", headers=FOR_ALL_ORIGINS)
