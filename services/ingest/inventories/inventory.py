"""An inventory: what its manifest.json says of it ("Inventory manifest", S3 User Guide)."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, JsonValue, StringConstraints, ValidationError

from shared.errors import InvalidInventoryError, SourceDamagedError

LARGEST_DATA_FILE = 8 * 1024**3  # on a worker's disk while it is read; S3 writes them of 2 GiB
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NEEDED = {"key": "Key", "size": "Size", "etag": "ETag", "lastmodifieddate": "LastModifiedDate"}


class InventoryFormat(StrEnum):
    """What the data files are: CSV in gzip, ORC or Parquet."""

    CSV = "CSV"
    ORC = "ORC"
    PARQUET = "Parquet"


# The schemas of the three, each in its format's own language.
_COLUMNS = {
    InventoryFormat.CSV: re.compile(r"([^,\s]+)"),
    InventoryFormat.ORC: re.compile(r"(\w+):"),
    InventoryFormat.PARQUET: re.compile(r"(?:required|optional)\s+\w+(?:\(\d+\))?\s+(\w+)"),
}


class _FileBody(BaseModel):
    key: str
    size: Annotated[int, Field(ge=0, le=LARGEST_DATA_FILE)]
    md5: Annotated[str, Field(alias="MD5checksum"), StringConstraints(to_lower=True)]


class _ManifestBody(BaseModel):
    model_config = ConfigDict(hide_input_in_errors=True)

    source_bucket: Annotated[str, Field(alias="sourceBucket")]
    created: Annotated[int, Field(alias="creationTimestamp", ge=0, le=253_402_300_799_999)]
    file_format: Annotated[InventoryFormat, Field(alias="fileFormat")]
    file_schema: Annotated[str, Field(alias="fileSchema")]
    files: list[_FileBody]


@dataclass(frozen=True, slots=True)
class InventoryFile:
    """One data file with all that is needed to read it; `columns` are named by `column_name`."""

    key: str
    size: int
    md5: str
    file_format: InventoryFormat
    columns: Sequence[str]

    def as_work(self) -> dict[str, JsonValue]:
        """Return what a range holds of it."""
        return {
            "key": self.key,
            "size": self.size,
            "md5": self.md5,
            "format": self.file_format.value,
            "columns": [*self.columns],
        }

    @classmethod
    def of_work(cls, work: Mapping[str, JsonValue]) -> Self:
        """Read back what `as_work` returned."""
        match work:
            case {
                "key": str(key),
                "size": int(size),
                "md5": str(md5),
                "format": str(file_format),
                "columns": [*columns],
            }:
                return cls(key, size, md5, InventoryFormat(file_format), [*map(str, columns)])
        raise ValueError("This is no work of a data file.")


@dataclass(frozen=True, slots=True)
class Inventory:
    """A report of `source_bucket`, whose writing began at `created_at`."""

    source_bucket: str
    created_at: datetime
    file_format: InventoryFormat
    columns: Sequence[str]
    files: Sequence[InventoryFile]


def column_name(name: str) -> str:
    """Return the one name of a column that is `LastModifiedDate` to some and others write apart."""
    return name.replace("_", "").lower()


def require_columns(columns: Sequence[str]) -> None:
    """Raise InvalidInventoryError that names the columns which an import needs and are not here."""
    missing = [name for column, name in _NEEDED.items() if column not in columns]
    if missing:
        raise InvalidInventoryError(
            f"The inventory has no {' and no '.join(missing)}: add them to its configuration.",
            missing=[*missing],
        )


def parse_inventory(raw: bytes, *, bucket: str, checksum: bytes | None = None) -> Inventory:
    """Read a manifest.json, whose MD5 must be the `checksum` beside it, when there is one.

    Raise SourceDamagedError, and InvalidInventoryError when it is not one, is of another `bucket`,
    of no format that S3 writes, or lacks a column.
    """
    if checksum is not None:
        digest = hashlib.md5(raw, usedforsecurity=False).hexdigest()
        if checksum.decode(errors="replace").strip().lower() != digest:
            raise SourceDamagedError("The manifest.json does not match its manifest.checksum.")
    try:
        body = _ManifestBody.model_validate_json(raw)
    except ValidationError as error:
        place = ".".join(map(str, error.errors()[0]["loc"]))
        raise InvalidInventoryError(
            f"This is no manifest.json of an S3 Inventory: {place or 'it'} is not as S3 writes it."
        ) from error
    if body.source_bucket != bucket:
        raise InvalidInventoryError("The inventory is of another bucket than the location.")
    columns = [column_name(name) for name in _COLUMNS[body.file_format].findall(body.file_schema)]
    require_columns(columns)
    return Inventory(
        source_bucket=body.source_bucket,
        created_at=_EPOCH + timedelta(milliseconds=body.created),
        file_format=body.file_format,
        columns=columns,
        files=[
            InventoryFile(each.key, each.size, each.md5, body.file_format, columns)
            for each in body.files
        ],
    )
