from enum import StrEnum


class WantedEvent(StrEnum):
    DATASET_CHANGED = "dataset.changed"
    IMPORT_AWAITING_DECISION = "import.awaiting_decision"
    IMPORT_COMPLETED = "import.completed"
    IMPORT_FAILED = "import.failed"
    LOCATION_HEALTH_CHANGED = "location.health_changed"

    def __str__(self) -> str:
        return str(self.value)
