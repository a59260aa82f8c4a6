from enum import StrEnum


class NewPresignedUrlsBodyMethod(StrEnum):
    GET = "GET"
    HEAD = "HEAD"

    def __str__(self) -> str:
        return str(self.value)
