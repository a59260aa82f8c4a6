"""Write the specs of the services and the merged public one: `python -m openapi.export [check]`."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fastapi import FastAPI

import services.credentials.main
import services.credentials.settings
import services.ingest.main
import services.ingest.settings
import services.presign.main
import services.presign.settings

FOLDER = Path(__file__).parent
PUBLIC = "mooring"

Spec = dict[str, Any]

# An application connects to nothing before it starts: any well-formed values do.
_VALUES = {"database_url": "postgresql://nobody@127.0.0.1/none", "service_key": "0" * 32}


class ClashError(RuntimeError):
    """Two services define the same path or schema in different ways."""


def applications() -> Iterator[tuple[str, FastAPI]]:
    """Yield each service's name and application."""
    vault = services.credentials.settings.Settings.model_validate(
        {**_VALUES, "admin_key": "0" * 32, "keyset_file": "none.json"}
    )
    yield "credentials", services.credentials.main.create_app(vault)
    ingest = services.ingest.settings.Settings.model_validate(_VALUES)
    yield "ingest", services.ingest.main.create_app(ingest)
    gateway = services.presign.settings.Settings.model_validate(_VALUES)
    yield "presign", services.presign.main.create_app(gateway)


def merge(specs: list[Spec]) -> Spec:
    """Merge the public paths and all schemas they use. Raise ClashError where two disagree."""
    merged: Spec = {
        "openapi": specs[0]["openapi"],
        "info": {
            "title": "Mooring",
            "description": "Work on files that stay in your customers' own buckets.",
            "version": specs[0]["info"]["version"],
        },
        "paths": {},
        "components": {},
    }
    for spec in specs:
        public = {
            path: item for path, item in spec["paths"].items() if not path.startswith("/internal")
        }
        _add(merged["paths"], public)
        for kind, entries in spec.get("components", {}).items():
            _add(merged["components"].setdefault(kind, {}), entries)
    _drop_unused(merged)
    return merged


def _add(target: Spec, entries: Spec) -> None:
    for name, entry in entries.items():
        if target.setdefault(name, entry) != entry:
            raise ClashError(f"{name} is defined twice, differently.")


def _drop_unused(spec: Spec) -> None:
    """Drop the schemas that only internal paths used."""
    schemas = spec["components"].get("schemas", {})
    used: set[str] = set()
    waiting = list(_references(spec["paths"]))
    while waiting:
        name = waiting.pop()
        if name not in used:
            used.add(name)
            waiting.extend(_references(schemas[name]))
    spec["components"]["schemas"] = {name: schemas[name] for name in schemas if name in used}


def _references(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        reference = node.get("$ref")
        if isinstance(reference, str):
            yield reference.rpartition("/")[2]
        for child in node.values():
            yield from _references(child)
    elif isinstance(node, list):
        for child in node:
            yield from _references(child)


def render() -> dict[Path, str]:
    """Return each spec's file and text, with sorted keys."""
    specs = {name: app.openapi() for name, app in applications()}
    specs[PUBLIC] = merge(list(specs.values()))
    return {
        FOLDER / f"{name}.json": json.dumps(spec, indent=2, sort_keys=True) + "\n"
        for name, spec in specs.items()
    }


def main(arguments: list[str]) -> int:
    """Write the specs, or with `check` say which of the committed ones are out of date."""
    rendered = render()
    if arguments != ["check"]:
        for path, text in rendered.items():
            path.write_text(text)
        return 0
    stale = [p.name for p, text in rendered.items() if not p.exists() or p.read_text() != text]
    if stale:
        sys.stderr.write(f"Out of date: {', '.join(stale)}. Run `make openapi` and commit.\n")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
