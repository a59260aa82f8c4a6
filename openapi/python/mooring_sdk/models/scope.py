from enum import StrEnum


class Scope(StrEnum):
    API_KEYSWRITE = "api-keys:write"
    ASSETSVIEW = "assets:view"
    CREDENTIALSREAD = "credentials:read"
    CREDENTIALSWRITE = "credentials:write"
    DATASETSREAD = "datasets:read"
    DATASETSWRITE = "datasets:write"
    LOCATIONSREAD = "locations:read"
    LOCATIONSWRITE = "locations:write"
    WEBHOOKSREAD = "webhooks:read"
    WEBHOOKSWRITE = "webhooks:write"

    def __str__(self) -> str:
        return str(self.value)
