"""The FastAPI application that every service is built on: errors, CORS, request ids, health."""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware

from shared.answers import AnswerMiddleware
from shared.auth import Authenticator
from shared.clock import Clock
from shared.database.session import Database
from shared.errors import (
    AppError,
    DatabaseUnavailableError,
    InvalidInputError,
    MethodNotAllowedError,
    NotFoundError,
    RequestTooLargeError,
)
from shared.failures import FailureMiddleware
from shared.idempotency import LONGEST_KEY, IdempotencyMiddleware
from shared.problems import MEDIA_TYPE, ProblemResponse, problem_of
from shared.request_bodies import RequestBodyMiddleware
from shared.request_ids import RequestIdMiddleware
from shared.settings import ServiceSettings
from shared.validation import NOT_JSON, Names, names_in, refuse_input

PREFLIGHT_SECONDS = 600  # Chromium keeps a preflight for two hours at most; ten minutes are enough


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
    """What makes a service an application. `streamed` are paths of POSTs with long bodies."""

    name: str
    title: str
    description: str
    routers: Sequence[APIRouter]
    lifespan: Callable[[FastAPI], AbstractAsyncContextManager[None]]
    streamed: frozenset[str] = frozenset()


_OF_THE_SHELL: tuple[type[AppError], ...] = (RequestTooLargeError, DatabaseUnavailableError)
"""What every route answers before it begins: when a body is too long, or nobody can be let in."""

_IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST_KEY},
    "description": "A second request with the same key gets the first one's answer for a day.",
}


class Application(FastAPI):
    """A FastAPI application whose description says what its problems really look like."""

    def openapi(self) -> dict[str, Any]:
        """Describe the API; FastAPI takes a problem's schema for one of the route's own type."""
        if self.openapi_schema is None:
            for path, item in super().openapi()["paths"].items():
                for method, operation in item.items():
                    takes_key = path.startswith("/v1/") and path not in self.state.streamed
                    if method == "post" and takes_key:
                        operation.setdefault("parameters", []).append(_IDEMPOTENCY_KEY)
                    for response in operation["responses"].values():
                        _move_problem(response.get("content", {}))
        return super().openapi()

    @cached_property
    def field_names(self) -> Names:
        """The names that a 422 may show: those that the description holds."""
        return names_in(self.openapi())


def build_app(
    service: Service,
    settings: ServiceSettings,
    *,
    database: Database,
    authenticator: Authenticator,
    clock: Clock,
) -> FastAPI:
    """Build a service's application; nothing connects before its lifespan starts."""
    app = Application(
        title=service.title,
        description=service.description,
        version="1",
        lifespan=service.lifespan,
        generate_unique_id_function=_operation_id,
        redirect_slashes=False,  # it would redirect to whatever host the request names
        responses={
            422: {"model": Problem, "content": {MEDIA_TYPE: {}}, "description": "Invalid request"}
        },
    )
    app.state.database = database
    app.state.authenticator = authenticator
    app.state.streamed = service.streamed
    for router in service.routers:
        app.include_router(router)
    app.add_api_route("/healthz", healthz, include_in_schema=False)
    app.add_api_route("/readyz", readyz, include_in_schema=False)
    app.add_exception_handler(RequestValidationError, _on_invalid_request)
    app.add_exception_handler(HTTPException, _on_http_exception)
    # The last one added is the first one met.
    app.add_middleware(
        IdempotencyMiddleware, authenticator=authenticator, database=database, clock=clock
    )
    app.add_middleware(RequestBodyMiddleware, streamed=service.streamed)
    app.add_middleware(FailureMiddleware)
    app.add_middleware(
        CORSMiddleware,
        allow_origins=settings.origins,
        allow_methods=["GET", "HEAD", "POST", "PATCH", "DELETE"],
        allow_headers=["Authorization", "Content-Type", "Idempotency-Key", "Last-Event-ID"],
        expose_headers=["ETag", "Idempotent-Replayed", "Location", "Retry-After", "X-Request-Id"],
        max_age=PREFLIGHT_SECONDS,
    )
    app.add_middleware(AnswerMiddleware)
    app.add_middleware(RequestIdMiddleware)
    return app


def raises(*errors: type[AppError]) -> dict[int | str, dict[str, Any]]:
    """Document the problems that a route answers with, by status: its own and the shell's."""
    by_status: dict[int | str, dict[str, Any]] = {}
    for error in dict.fromkeys((*errors, *_OF_THE_SHELL)):
        codes = by_status.setdefault(error.status, {"model": Problem, "description": ""})
        told = f"`{error.code}`{error.carries and f' ({error.carries})'}"
        codes["description"] += f"{', ' if codes['description'] else ''}{told}"
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


def _move_problem(content: dict[str, Any]) -> None:
    if MEDIA_TYPE in content:
        for other in content.keys() - {MEDIA_TYPE}:
            content[MEDIA_TYPE] = content.pop(other)


async def _on_invalid_request(request: Request, error: Exception) -> ProblemResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101 (registered for this class)
    assert isinstance(request.app, Application)  # noqa: S101
    return problem_of(refuse_input(error.errors(), request.app.field_names))


async def _on_http_exception(_request: Request, error: Exception) -> ProblemResponse:
    assert isinstance(error, HTTPException)  # noqa: S101 (registered for this class)
    response = problem_of(_refusal(error.status_code))
    response.headers.update(error.headers or {})
    return response


def _refusal(status: int) -> AppError:
    """Say in our words why the router, or FastAPI's reading of the body, refused."""
    match status:
        case 404:
            return NotFoundError("There is nothing at this path.")
        case 405:
            return MethodNotAllowedError("This path does not take the method.")
        case _:
            return InvalidInputError(NOT_JSON, field="body")
