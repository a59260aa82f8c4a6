"""Browser checks: what a customer's browser may say, and what services tell each other of it."""

from enum import StrEnum
from typing import Annotated, Literal, TypeAlias
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

Token = Annotated[str, StringConstraints(max_length=200), Field(repr=False)]
Origin = Annotated[str, StringConstraints(max_length=300)]


class Reached(StrEnum):
    """How loading an object without CORS ended."""

    LOADED = "loaded"
    """An image was shown."""
    ANSWERED = "answered"
    """The store answered; what it said of an object that is no image cannot be seen."""
    REFUSED = "refused"
    """The store answered, and not with the image."""
    UNREACHABLE = "unreachable"
    """Nothing came back."""


class Read(StrEnum):
    """How a read with CORS ended."""

    READ = "read"
    REFUSED = "refused"
    """The script got an answer, and it is an error."""
    BLOCKED = "blocked"
    """The browser kept the answer from the script."""
    SKIPPED = "skipped"
    """It was not tried."""


PartRead: TypeAlias = Read | Literal["whole", "hidden"]
"""Of a part: everything came, or headers that tell which part it is are kept from the script."""


class SeenBody(BaseModel):
    """What a browser saw. It says one of few words to each question, and nothing else."""

    model_config = ConfigDict(extra="forbid")

    reached: Reached
    get: Read
    preflight: Read
    range: PartRead
    head: Read


class OpenCheckBody(BaseModel):
    """Ask what a browser that came with this token shall look at."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    token: Token


class OpenedCheckBody(BaseModel):
    """Name the object to show, and the origins whose pages the bucket lets read."""

    location_id: UUID
    key: str
    is_image: bool
    origins: list[str]
    expires_at: AwareDatetime


class TellCheckBody(BaseModel):
    """Tell what a browser saw; `origin` is the header that it sent, if it sent one."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    token: Token
    origin: Origin | None
    seen: SeenBody


class ToldBody(BaseModel):
    """Say that it was kept."""

    told: Literal[True] = True
