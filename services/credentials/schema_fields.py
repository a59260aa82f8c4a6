"""What the vault's bodies have in common."""

from typing import Annotated, TypeAlias

from pydantic import BaseModel, ConfigDict, JsonValue, StringConstraints

Json: TypeAlias = dict[str, JsonValue]

# Printable on one line: Postgres holds no NUL, and a list shows names in rows.
Name = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]{1,200}$")]


class RequestBody(BaseModel):
    """A body that takes no field that it does not know, and is never shown in an error."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)
