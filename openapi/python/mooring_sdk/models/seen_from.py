from enum import StrEnum


class SeenFrom(StrEnum):
    BROWSER = "browser"
    SERVER = "server"

    def __str__(self) -> str:
        return str(self.value)
