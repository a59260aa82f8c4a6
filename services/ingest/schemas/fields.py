"""Fields that several bodies have."""

from typing import Annotated, Literal

from pydantic import AfterValidator, StringConstraints


def storable(text: str) -> str:
    """Refuse text that Postgres cannot hold: NUL characters and lone surrogates."""
    if "\0" in text:
        raise ValueError("a NUL character")
    text.encode()
    return text


Hosting = Literal["self_hosted", "copied"]
Storable = Annotated[str, AfterValidator(storable)]

# Printable on one line: Postgres holds no NUL, and a list shows names in rows.
Name = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]{1,200}$")]
