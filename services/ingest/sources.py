"""Sources: where an import reads what it is about, when that is not in the request itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, JsonValue, TypeAdapter

from services.ingest.manifests.formats import ManifestFormat


@dataclass(frozen=True, slots=True)
class UploadedManifest:
    """A list of source files that a caller has uploaded."""

    manifest_id: UUID
    format: ManifestFormat
    kind: Literal["uploaded"] = "uploaded"


@dataclass(frozen=True, slots=True)
class ManifestObject:
    """A list of source files that is an object below the location's prefix."""

    key: str
    format: ManifestFormat
    kind: Literal["object"] = "object"


@dataclass(frozen=True, slots=True)
class InventoryReport:
    """The `manifest.json` of an S3 Inventory, in the bucket of another or the same location."""

    location_id: UUID
    key: str
    kind: Literal["inventory"] = "inventory"


ManifestSource = UploadedManifest | ManifestObject
Source = ManifestSource | InventoryReport

_AS_JSON: TypeAdapter[Source] = TypeAdapter(Annotated[Source, Field(discriminator="kind")])


def store_source(source: Source) -> dict[str, JsonValue]:
    """Return a source for a column that holds JSON."""
    stored: dict[str, JsonValue] = _AS_JSON.dump_python(source, mode="json")
    return stored


def source_of(stored: Mapping[str, JsonValue]) -> Source:
    """Give back what `store_source` made."""
    return _AS_JSON.validate_python(stored)
