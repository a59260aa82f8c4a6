from enum import StrEnum


class CauseBodyWho(StrEnum):
    CALLER = "caller"
    CUSTOMER = "customer"
    OPERATOR = "operator"

    def __str__(self) -> str:
        return str(self.value)
