from enum import StrEnum


class CheckChangeBodyWhoType0(StrEnum):
    CALLER = "caller"
    CUSTOMER = "customer"
    OPERATOR = "operator"

    def __str__(self) -> str:
        return str(self.value)
