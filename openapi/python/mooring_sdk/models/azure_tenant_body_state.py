from enum import StrEnum


class AzureTenantBodyState(StrEnum):
    APPROVED = "approved"
    BOUND = "bound"
    PENDING = "pending"

    def __str__(self) -> str:
        return str(self.value)
