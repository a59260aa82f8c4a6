from enum import StrEnum


class ChangeKind(StrEnum):
    ADDED = "added"
    CHANGED = "changed"
    MISSING = "missing"
    MOVED = "moved"
    RESTORED = "restored"

    def __str__(self) -> str:
        return str(self.value)
