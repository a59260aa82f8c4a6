"""A small service on the shared shell, whose one use case does whatever a test wants."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, FastAPI, Query, Request, Response
from fastapi.sse import EventSourceResponse
from pydantic import BaseModel, ConfigDict, Field, SecretStr
from starlette.responses import JSONResponse

from shared.auth import Authenticator, FromService, Operator, Principal, Requires, Scope
from shared.clock import Clock
from shared.database.session import Database
from shared.errors import ConflictError, LocationNotVerifiedError
from shared.settings import ServiceSettings
from shared.web import Service, build_app, raises
from tests.conftest import SERVICE_KEY

NAME = "sample"
ORIGIN = "https://app.example.com"
ADMIN_KEY = SecretStr("the-operators-own-key-of-this-test")
PROBLEM = "application/problem+json"

router = APIRouter(prefix="/v1")
internal = APIRouter(prefix="/internal")
Writer = Annotated[Principal, Depends(Requires(Scope.DATASETS_WRITE))]


async def created() -> Response:
    return JSONResponse({"made": True}, status_code=201)


@dataclass
class Stage:
    """What the next requests meet, and how many came through."""

    outcome: Callable[[], Awaitable[Response]] = created
    runs: int = 0


@dataclass
class Sample:
    """The application, and the stage behind it."""

    app: FastAPI
    stage: Stage


class PartBody(BaseModel):
    """A part of a thing."""

    model_config = ConfigDict(extra="forbid")

    size: Annotated[int, Field(ge=1)]


class ThingBody(BaseModel):
    """A body with a field of each kind."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(max_length=10, pattern="^[a-z]*$")] = ""
    kind: Literal["near", "far"] = "near"
    owner_id: UUID | None = None
    parts: list[PartBody] = []
    labels: dict[str, int] = {}


def stage_of(request: Request) -> Stage:
    stage: Stage = request.app.state.stage
    return stage


AtStage = Annotated[Stage, Depends(stage_of)]


@router.post("/things", status_code=201)
async def add_thing(body: ThingBody, stage: AtStage, principal: Writer) -> Response:
    assert body is not None
    assert principal is not None
    stage.runs += 1
    return await stage.outcome()


@router.get("/things/{thing_id}")
async def get_thing(
    thing_id: UUID, stage: AtStage, limit: Annotated[int, Query(le=1000)] = 1
) -> Response:
    assert (thing_id, limit) is not None
    return await stage.outcome()


@router.post("/operations")
async def operate(operator: Operator, stage: AtStage) -> Response:
    assert operator.is_operator
    stage.runs += 1
    return await stage.outcome()


@router.get(
    "/events",
    response_class=EventSourceResponse,
    responses=raises(ConflictError, LocationNotVerifiedError),
)
async def stream_events(stage: AtStage) -> Response:
    return await stage.outcome()


@internal.get("/caller")
async def get_caller(caller: FromService) -> dict[str, str]:
    return {"service": caller.service, "org_id": str(caller.org_id)}


@asynccontextmanager
async def no_lifespan(_app: FastAPI) -> AsyncIterator[None]:
    yield


def build_sample(database: Database, database_url: SecretStr, clock: Clock) -> Sample:
    """Build a new application on a database."""
    authenticator = Authenticator(
        database, clock, service=NAME, service_key=SERVICE_KEY, admin_key=ADMIN_KEY
    )
    app = build_app(
        Service(NAME, "Sample", "", [router, internal], lifespan=no_lifespan),
        ServiceSettings(database_url=database_url, service_key=SERVICE_KEY, origins=(ORIGIN,)),
        database=database,
        authenticator=authenticator,
        clock=clock,
    )
    app.state.stage = Stage()
    return Sample(app, app.state.stage)
