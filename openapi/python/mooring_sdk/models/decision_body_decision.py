from enum import StrEnum


class DecisionBodyDecision(StrEnum):
    APPLY = "apply"
    DISCARD = "discard"

    def __str__(self) -> str:
        return str(self.value)
