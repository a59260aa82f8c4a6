from enum import StrEnum


class Health(StrEnum):
    BROKEN = "broken"
    DEGRADED = "degraded"
    HEALTHY = "healthy"
    UNKNOWN = "unknown"

    def __str__(self) -> str:
        return str(self.value)
