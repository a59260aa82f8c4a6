from enum import StrEnum


class SelectionBodyKind(StrEnum):
    INVENTORY = "inventory"
    PREFIX = "prefix"
    SOURCE_FILES = "source_files"

    def __str__(self) -> str:
        return str(self.value)
