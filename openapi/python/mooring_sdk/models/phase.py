from enum import StrEnum


class Phase(StrEnum):
    APPLYING = "applying"
    PLANNING = "planning"
    READING = "reading"
    SCANNING = "scanning"

    def __str__(self) -> str:
        return str(self.value)
