"""Ingest's settings, of its API and its workers."""

from datetime import timedelta

from pydantic import Field, SecretStr

from shared.settings import ServiceSettings

WEBHOOK_KEY_BYTES = 32  # HKDF makes no secret stronger than the key that it comes from


class Settings(ServiceSettings):
    """Hold where the vault is, and how often and how much at a time the workers work.

    Durations are ISO 8601 (`PT15M`).
    """

    credentials_url: str = "http://127.0.0.1:8001"

    access_max_age: timedelta = timedelta(minutes=15)
    """An import is refused or accepted by an access report that is not older than this."""

    progress_interval: timedelta = Field(
        default=timedelta(milliseconds=500), gt=timedelta(), le=timedelta(seconds=10)
    )
    """Pause between two looks at an import whose events somebody follows."""

    webhook_key: SecretStr | None = Field(default=None, min_length=WEBHOOK_KEY_BYTES)
    """Secret from which those of all webhooks follow; without it there are no webhooks."""

    worker_concurrency: int = Field(default=4, ge=1, le=64)
    """Ranges that one worker process walks at the same time."""

    worker_ranges_per_location: int = Field(default=16, ge=1, le=256)
    """Ranges of one location that are listed at the same time, by all workers together."""

    worker_slice: timedelta = timedelta(seconds=60)
    """A range gives its place to the next one in the queue after this long."""

    worker_heartbeat: timedelta = timedelta(seconds=2)
    worker_silence: timedelta = timedelta(seconds=6)
    """A worker without a heartbeat for this long is taken for dead, and its ranges go on."""

    worker_patience: timedelta = timedelta(seconds=1)
    """First pause before a range is tried again; it doubles each time up to a minute."""
