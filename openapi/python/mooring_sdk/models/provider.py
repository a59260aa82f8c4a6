from enum import StrEnum


class Provider(StrEnum):
    AZ = "az"
    GS = "gs"
    S3 = "s3"

    def __str__(self) -> str:
        return str(self.value)
