from enum import StrEnum


class PresignErrorBodyCode(StrEnum):
    ASSET_ARCHIVED = "asset-archived"
    ASSET_MISSING = "asset-missing"

    def __str__(self) -> str:
        return str(self.value)
