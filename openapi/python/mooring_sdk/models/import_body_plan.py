from enum import StrEnum


class ImportBodyPlan(StrEnum):
    APPLY = "apply"
    DRY_RUN = "dry_run"
    NONE = "none"

    def __str__(self) -> str:
        return str(self.value)
