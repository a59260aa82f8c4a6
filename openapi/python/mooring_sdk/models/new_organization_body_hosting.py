from enum import StrEnum


class NewOrganizationBodyHosting(StrEnum):
    COPIED = "copied"
    SELF_HOSTED = "self_hosted"

    def __str__(self) -> str:
        return str(self.value)
