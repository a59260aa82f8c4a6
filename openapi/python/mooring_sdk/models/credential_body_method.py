from enum import StrEnum


class CredentialBodyMethod(StrEnum):
    ACCESS_KEY = "access_key"
    ASSUME_ROLE = "assume_role"
    ORGANIZATION_ROLE = "organization_role"

    def __str__(self) -> str:
        return str(self.value)
