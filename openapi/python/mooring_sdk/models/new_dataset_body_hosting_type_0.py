from enum import StrEnum


class NewDatasetBodyHostingType0(StrEnum):
    COPIED = "copied"
    SELF_HOSTED = "self_hosted"

    def __str__(self) -> str:
        return str(self.value)
