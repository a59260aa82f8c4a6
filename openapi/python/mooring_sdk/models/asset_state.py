from enum import StrEnum


class AssetState(StrEnum):
    ARCHIVED = "archived"
    AVAILABLE = "available"
    MISSING = "missing"

    def __str__(self) -> str:
        return str(self.value)
