"""The FastAPI application that every service is built on: errors, CORS, request ids, health."""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any

import structlog
from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel, JsonValue
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware

from shared.answers import AnswerMiddleware
from shared.auth import Authenticator
from shared.clock import Clock
from shared.database.session import Database
from shared.errors import AppError, InvalidInputError
from shared.idempotency import IdempotencyMiddleware
from shared.problems import MEDIA_TYPE, ProblemResponse, problem_of
from shared.request_ids import RequestIdMiddleware
from shared.settings import ServiceSettings

PREFLIGHT_SECONDS = 600  # Chromium keeps a preflight for two hours at most; ten minutes are enough

log = structlog.get_logger()


class Problem(BaseModel):
    """A problem document (RFC 9457). `who` must act: caller, customer or operator."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    who: str
    request_id: str | None


@dataclass(frozen=True, slots=True)
class Service:
    """What makes a service an application."""

    name: str
    title: str
    description: str
    routers: Sequence[APIRouter]
    lifespan: Callable[[FastAPI], AbstractAsyncContextManager[None]]


def build_app(
    service: Service,
    settings: ServiceSettings,
    *,
    database: Database,
    authenticator: Authenticator,
    clock: Clock,
) -> FastAPI:
    """Build a service's application; nothing connects before its lifespan starts."""
    app = FastAPI(
        title=service.title,
        description=service.description,
        version="1",
        lifespan=service.lifespan,
        generate_unique_id_function=_operation_id,
        responses={
            422: {"model": Problem, "content": {MEDIA_TYPE: {}}, "description": "Invalid request"}
        },
    )
    app.state.database = database
    app.state.authenticator = authenticator
    for router in service.routers:
        app.include_router(router)
    app.add_api_route("/healthz", healthz, include_in_schema=False)
    app.add_api_route("/readyz", readyz, include_in_schema=False)
    app.add_exception_handler(AppError, _on_app_error)
    app.add_exception_handler(RequestValidationError, _on_invalid_request)
    app.add_exception_handler(HTTPException, _on_http_exception)
    app.add_exception_handler(Exception, _on_unexpected)
    app.add_middleware(
        IdempotencyMiddleware, authenticator=authenticator, database=database, clock=clock
    )
    app.add_middleware(AnswerMiddleware)
    app.add_middleware(
        CORSMiddleware,
        allow_origins=settings.origins,
        allow_methods=["GET", "HEAD", "POST", "PATCH", "DELETE"],
        allow_headers=["Authorization", "Content-Type", "Idempotency-Key", "Last-Event-ID"],
        expose_headers=["ETag", "Location", "Retry-After", "X-Request-Id"],
        max_age=PREFLIGHT_SECONDS,
    )
    app.add_middleware(RequestIdMiddleware)
    return app


def raises(*errors: type[AppError]) -> dict[int | str, dict[str, Any]]:
    """Document the problems that a route answers with, by status."""
    by_status: dict[int | str, dict[str, Any]] = {}
    for error in errors:
        codes = by_status.setdefault(error.status, {"model": Problem, "description": ""})
        codes["description"] += f"{', ' if codes['description'] else ''}`{error.code}`"
        codes["content"] = {MEDIA_TYPE: {}}
    return by_status


async def healthz() -> dict[str, str]:
    """Say that the process runs."""
    return {"status": "ok"}


async def readyz(request: Request) -> dict[str, str]:
    """Say that the process can work: its database answers."""
    database: Database = request.app.state.database
    await database.ping()
    return {"status": "ready"}


def _operation_id(route: APIRoute) -> str:
    return route.name


def _on_app_error(_request: Request, error: Exception) -> ProblemResponse:
    assert isinstance(error, AppError)  # noqa: S101 (registered for this class)
    if error.status >= 500:  # noqa: PLR2004
        log.warning("request failed", code=error.code, detail=error.detail)
    return problem_of(error)


def _on_invalid_request(_request: Request, error: Exception) -> ProblemResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101
    problems: list[JsonValue] = [
        {
            "field": _field(each["type"], each["loc"]),
            "problem": _sentence(each["type"], each["msg"]),
        }
        for each in error.errors()
    ]
    field = _field(error.errors()[0]["type"], error.errors()[0]["loc"])
    return problem_of(
        InvalidInputError(f"The field {field} is not valid.", field=field, errors=problems)
    )


def _field(kind: str, location: Sequence[str | int]) -> str:
    # The name of an unknown field is the caller's text: it is not sent back.
    known = location[:-1] if kind == "extra_forbidden" else location
    return ".".join(str(part) for part in known if part != "body") or "body"


_OWN_WORDS = {
    "missing", "enum", "literal_error", "string_type", "string_too_short", "string_too_long",
    "int_type", "bool_type", "list_type", "dict_type", "too_long", "too_short",
    "greater_than", "greater_than_equal", "less_than", "less_than_equal", "model_attributes_type",
    "timezone_aware", "string_pattern_mismatch",
}  # fmt: skip
"""Kinds of pydantic's errors whose message holds our rule only, never the value."""


def _sentence(kind: str, message: str) -> str:
    if kind in _OWN_WORDS:
        return message
    if kind == "extra_forbidden":
        return "holds a field that is not known"
    return "is not valid"


def _on_http_exception(_request: Request, error: Exception) -> ProblemResponse:
    assert isinstance(error, HTTPException)  # noqa: S101
    response = problem_of(_HttpError.of(error))
    response.headers.update(error.headers or {})
    return response


def _on_unexpected(_request: Request, error: Exception) -> ProblemResponse:
    log.error("unexpected error", exc_info=error)
    return problem_of(AppError("Something went wrong on our side; the request id finds it."))


class _HttpError(AppError):
    """What the router itself answers: no such path, no such method."""

    code = "http-error"
    who = "caller"

    @classmethod
    def of(cls, error: HTTPException) -> AppError:
        made = cls(error.detail)
        made.status = error.status_code  # type: ignore[misc]
        made.title = error.detail  # type: ignore[misc]
        return made
