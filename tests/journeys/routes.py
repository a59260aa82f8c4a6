"""Every route of the three services, as the committed descriptions tell, and calls of them."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import quote
from uuid import UUID

import httpx

from deploy.local.settings import REPOSITORY
from deploy.local.stack import Stack

Json = dict[str, Any]
Where = Literal["path", "query", "header", "body"]

SPECS = ("credentials", "ingest", "presign")
BYTES = "bytes"
"""The variant of a body that is no JSON."""

METHODS = ("get", "put", "post", "patch", "delete", "head", "options")


class UnknownPartError(AssertionError):
    """A route has a part that no test knows how to fill: teach it, and what is expected there."""


@dataclass(frozen=True, slots=True)
class Part:
    """A parameter, or a property of a body."""

    where: Where
    name: str
    required: bool
    schema: Json

    @property
    def is_id(self) -> bool:
        """Whether it names something; an id that does not say so by its form does by its name."""
        return self.name.endswith(("_id", "_ids")) or any(
            one.get("format") == "uuid" for one in self.kinds
        )

    @property
    def is_list(self) -> bool:
        return any(one.get("type") == "array" for one in self.kinds)

    @property
    def kinds(self) -> list[Json]:
        """What may stand here: the alternatives, and what a list holds."""
        alternatives = self.schema.get("anyOf", [self.schema])
        return [*alternatives, *(one["items"] for one in alternatives if "items" in one)]


@dataclass(frozen=True, slots=True)
class Route:
    """One operation. One whose body comes in variants is one route for each of them."""

    service: str
    operation: str
    variant: str
    method: str
    path: str
    parts: tuple[Part, ...]

    def __str__(self) -> str:
        variant = f" {self.variant}" if self.variant else ""
        return f"{self.method} {self.path}{variant}"

    @property
    def ids(self) -> list[Part]:
        return [part for part in self.parts if part.is_id]

    @property
    def is_internal(self) -> bool:
        return self.path.startswith("/internal/")

    @property
    def has_body(self) -> bool:
        return self.variant not in ("", BYTES)


@dataclass(frozen=True, slots=True)
class Call:
    """A request to a route, by what its parts are filled with."""

    route: Route
    values: Mapping[str, Any]

    def filled(self, where: Where) -> dict[str, Any]:
        names = {part.name for part in self.route.parts if part.where == where}
        return {name: value for name, value in self.values.items() if name in names}

    def send(
        self, stack: Stack, http: httpx.Client, key: str | None, *, content: bytes | None = None
    ) -> httpx.Response:
        """Send it as who holds `key`, to the service that has the route.

        `content` takes the place of the body.
        """
        path = self.route.path
        for name, value in self.filled("path").items():
            path = path.replace(f"{{{name}}}", quote(str(value), safe=""))
        if content is None and self.route.has_body:
            content = json.dumps(self.filled("body")).encode()
        headers = {"Content-Type": "application/json"} if self.route.has_body else {}
        if self.route.variant == BYTES:
            content, headers = b"a file.txt\n", {"Content-Type": "text/plain"}
        if key is not None:
            headers["Authorization"] = f"Bearer {key}"
        return http.request(
            self.route.method,
            f"{base_urls(stack)[self.route.service]}{path}",
            params=self.filled("query"),
            headers={**headers, **self.filled("header")},
            content=content,
        )


def fill(route: Route, known: Mapping[str, Any], **others: Any) -> Call:
    """Fill every required part with what is `known` by its name, and those named in `others`.

    What is known by the name of the route's variant and its own goes first. A constant fills
    itself. Raise UnknownPartError for a part that nothing is known about.
    """
    values: dict[str, Any] = {}
    for part in route.parts:
        if part.name in others:
            values[part.name] = on_wire(part, others[part.name])
        elif "const" in part.schema:
            values[part.name] = part.schema["const"]
        elif part.required:
            name = f"{route.variant} {part.name}"
            if name not in known and part.name not in known:
                raise UnknownPartError(f"{route}: {part.where} {part.name}")
            values[part.name] = on_wire(part, known[name if name in known else part.name])
    return Call(route, values)


def on_wire(part: Part, value: Any) -> Any:
    if isinstance(value, UUID):
        return [str(value)] if part.is_list else str(value)
    return value


def base_urls(stack: Stack) -> dict[str, str]:
    urls = (stack.credentials_url, stack.ingest_url, stack.presign_url)
    return dict(zip(SPECS, urls, strict=True))


def read_routes() -> list[Route]:
    return [route for name in SPECS for route in _routes(name)]


def _routes(service: str) -> Iterator[Route]:
    spec = json.loads((REPOSITORY / "openapi" / f"{service}.json").read_text())
    for path, operations in spec["paths"].items():
        for method in METHODS:
            if method not in operations:
                continue
            operation = operations[method]
            name = operation["operationId"]
            parameters = tuple(
                Part(one["in"], one["name"], one.get("required", False), one["schema"])
                for one in operation.get("parameters", ())
            )
            for variant, body in _bodies(spec, operation):
                parts = (*parameters, *body)
                yield Route(service, name, variant, method.upper(), path, parts)


def _bodies(spec: Json, operation: Json) -> Iterator[tuple[str, tuple[Part, ...]]]:
    """Yield the variants of an operation's body with their parts; a lone one is called `body`."""
    if "requestBody" not in operation:
        yield "", ()
        return
    content = operation["requestBody"]["content"]
    if "application/json" not in content:
        yield BYTES, ()
        return
    schema = content["application/json"]["schema"]
    variants = schema.get("oneOf", [schema])
    for reference in variants:
        name = reference["$ref"].rpartition("/")[2]
        found = spec["components"]["schemas"][name]
        parts = tuple(
            Part("body", each, each in found.get("required", ()), kind)
            for each, kind in found["properties"].items()
        )
        yield name, parts
