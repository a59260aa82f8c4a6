from enum import StrEnum


class ManifestFormat(StrEnum):
    CSV = "csv"
    JSONL = "jsonl"
    TEXT = "text"

    def __str__(self) -> str:
        return str(self.value)
