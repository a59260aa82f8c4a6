from enum import StrEnum


class DisabledBecause(StrEnum):
    ASKED = "asked"
    GONE = "gone"

    def __str__(self) -> str:
        return str(self.value)
