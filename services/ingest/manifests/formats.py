"""Formats: how a manifest's lines are written; whether it is gzip shows by itself."""

from enum import StrEnum

from shared.errors import InvalidInputError


class ManifestFormat(StrEnum):
    """CSV with a key in the first column or in one named so, JSON lines, or a key per line."""

    CSV = "csv"
    JSONL = "jsonl"
    TEXT = "text"


_BY_MEDIA_TYPE = {
    "text/csv": ManifestFormat.CSV,
    "application/csv": ManifestFormat.CSV,
    "application/x-ndjson": ManifestFormat.JSONL,
    "application/ndjson": ManifestFormat.JSONL,
    "application/jsonl": ManifestFormat.JSONL,
    "text/plain": ManifestFormat.TEXT,
}


def choose_format(asked: ManifestFormat | None, content_type: str) -> ManifestFormat:
    """Return the format that is asked for, or else the one that a Content-Type means.

    Raise InvalidInputError when it means none, and for a form, whose boundaries would become lines.
    """
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type.startswith("multipart/"):
        raise InvalidInputError("Send the manifest itself as the body, not a form.", field="body")
    chosen = asked or _BY_MEDIA_TYPE.get(media_type)
    if chosen is None:
        raise InvalidInputError(
            "The Content-Type does not tell the manifest's format: say csv, jsonl or text.",
            field="format",
        )
    return chosen
