"""The gateway's settings."""

from datetime import timedelta

from pydantic import Field

from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """Hold where the vault is, and for how long a URL stays the same."""

    credentials_url: str = "http://127.0.0.1:8001"

    presign_window: timedelta = Field(
        default=timedelta(minutes=5), ge=timedelta(seconds=1), le=timedelta(hours=12)
    )
    """The same asset has the same URL for this long, so that browsers can cache it."""
