from enum import StrEnum


class ImportBodyTrigger(StrEnum):
    INVENTORY = "inventory"
    REQUEST = "request"
    SCHEDULE = "schedule"

    def __str__(self) -> str:
        return str(self.value)
