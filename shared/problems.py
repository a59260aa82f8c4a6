"""Problem documents (RFC 9457): how an AppError looks on the wire."""

import json
import math
from collections.abc import Mapping
from datetime import timedelta

from pydantic import JsonValue
from starlette.responses import JSONResponse
from structlog.contextvars import get_contextvars

from shared.errors import AppError, error_of_code

MEDIA_TYPE = "application/problem+json"
_NOT_MEMBERS = {
    *("type", "title", "status", "detail", "code", "who", "request_id"),
    "wait",  # the header Retry-After says it
}


class ProblemResponse(JSONResponse):
    """Answer with a problem document."""

    media_type = MEDIA_TYPE

    def render(self, content: object) -> bytes:
        """Write JSON in UTF-8; half a character, which UTF-8 cannot hold, is escaped."""
        text = json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        return text.encode("utf-8", "backslashreplace")


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


def error_of(document: Mapping[str, JsonValue], *, retry_after: str = "") -> AppError:
    """Read the problem document of another service back into the error that it was.

    `retry_after` is the header of its answer, which says more than the error's class does.
    """
    members = {name: value for name, value in document.items() if name not in _NOT_MEMBERS}
    kind = error_of_code(str(document.get("code", "")))
    error = kind(str(document.get("detail", kind.title)), **members)
    if retry_after.isdecimal():
        error.retry_after = timedelta(seconds=int(retry_after))
    return error
