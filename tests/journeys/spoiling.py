"""Spoiled requests: right ones with a canary where it does not belong."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from secrets import token_hex
from typing import Any
from uuid import UUID

from tests.journeys.routes import Call, Part

KEY_CHARACTERS = 43  # of the secret part of an API key


@dataclass(frozen=True, slots=True)
class Spoiled:
    """A request, and where its canary is; `key` and `content` take the place of the right ones."""

    call: Call
    part: str
    canary: str
    is_secret: bool = False
    key: str | None = None
    content: bytes | None = field(default=None, repr=False)

    def __str__(self) -> str:
        return f"{self.call.route}: {self.part}"


def new_canary() -> str:
    return f"canary{token_hex(12)}"


def spoil(right: Call, org_id: UUID) -> Iterator[Spoiled]:
    """Yield the request with a canary in each of its parts, in its body and as its key."""
    for part in right.route.parts:
        yield from _spoil_part(right, part)
    if right.route.has_body:
        yield from _spoil_body(right)
    for form in ("{}", f"mrg_{org_id.hex}_{org_id.hex}_{{:_<{KEY_CHARACTERS}}}"):
        canary = new_canary()
        yield Spoiled(right, "the key", canary, is_secret=True, key=form.format(canary))


def _spoil_part(right: Call, part: Part) -> Iterator[Spoiled]:
    canary = new_canary()
    values: list[Any] = [canary]
    if part.where == "body":
        values += [[canary], {canary: canary}, canary * 200]
    for value in values:
        wrong = replace(right, values={**right.values, part.name: value})
        yield Spoiled(wrong, part.name, canary, is_secret=part.schema.get("writeOnly", False))


def _spoil_body(right: Call) -> Iterator[Spoiled]:
    canary = new_canary()
    bodies = {
        "an unknown field": json.dumps({**right.filled("body"), canary: canary}),
        "a list": json.dumps([canary]),
        "half a body": f'{{"name": "{canary}',
        "no UTF-8": f'{{"name": "{canary}\udcff"}}',
    }
    for what, body in bodies.items():
        content = body.encode(errors="surrogateescape")
        yield Spoiled(right, what, canary, content=content)
