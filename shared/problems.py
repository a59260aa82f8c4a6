"""Problem documents (RFC 9457): how an AppError looks on the wire."""

import math
from collections.abc import Mapping

from pydantic import JsonValue
from starlette.responses import JSONResponse
from structlog.contextvars import get_contextvars

from shared.errors import AppError, error_of_code

MEDIA_TYPE = "application/problem+json"
_OWN_MEMBERS = {"type", "title", "status", "detail", "code", "who", "request_id"}


class ProblemResponse(JSONResponse):
    """Answer with a problem document."""

    media_type = MEDIA_TYPE


def problem_of(error: AppError) -> ProblemResponse:
    """Write an error as a problem document, with Retry-After where waiting helps."""
    document: dict[str, JsonValue] = {
        **error.members,
        "type": f"urn:mooring:problem:{error.code}",
        "title": error.title,
        "status": error.status,
        "detail": error.detail,
        "code": error.code,
        "who": error.who,
        "request_id": get_contextvars().get("request_id"),
    }
    headers = {}
    if error.retry_after is not None:
        headers["Retry-After"] = str(math.ceil(error.retry_after.total_seconds()))
    if error.status == 401:  # noqa: PLR2004 (RFC 9110, 11.6.1: a 401 names the scheme)
        headers["WWW-Authenticate"] = "Bearer"
    return ProblemResponse(document, status_code=error.status, headers=headers)


def error_of(document: Mapping[str, JsonValue]) -> AppError:
    """Read the problem document of another service back into the error that it was."""
    members = {name: value for name, value in document.items() if name not in _OWN_MEMBERS}
    error = error_of_code(str(document.get("code", "")))
    return error(str(document.get("detail", error.title)), **members)
