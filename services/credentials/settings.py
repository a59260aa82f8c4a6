"""The vault's settings."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr, field_validator, model_validator

from services.credentials.arns import parse_principal_arn
from services.credentials.azure_settings import AzureSettings
from services.credentials.google_settings import GoogleSettings
from services.credentials.health.slots import Periods
from services.credentials.region_names import Region
from services.credentials.setup.cloudformation import parse_template_url

ADMIN_KEY_CHARACTERS = 32  # it makes organizations: long enough that nobody guesses it
SHORTEST_PERIOD = timedelta(seconds=1)


class Settings(GoogleSettings, AzureSettings):
    """Hold the vault's keys, and who it is on each cloud."""

    admin_key: SecretStr = Field(min_length=ADMIN_KEY_CHARACTERS)
    """The operator's key: makes organizations and their first API keys."""

    keyset_file: Path
    """The key-encryption keys: `{"primary": id, "keys": {id: base64 of 32 bytes}}`."""

    aws_principal_arn: str | None = None
    """Our IAM user or role, which customers trust. Unset: only `access_key` credentials work."""

    aws_access_key_id: str | None = None
    aws_secret_access_key: SecretStr | None = None
    """Our keys. Unset: the AWS SDK finds them (environment, container, instance)."""

    aws_region: Region = "us-east-1"
    """Where we ask STS when the bucket's region is not enabled in the role's account."""

    aws_template_url: str | None = None
    """Where the CloudFormation template of setup kits is for everybody, in Amazon S3."""

    aws_s3_endpoint: str | None = None
    aws_sts_endpoint: str | None = None
    aws_iam_endpoint: str | None = None
    """Stand-ins for AWS's own endpoints."""

    presign_public_url: Annotated[str, Field(pattern=r"^https?://[^\s?#]+[^\s?#/]$")] = (
        "http://127.0.0.1:8003"
    )
    """Where browsers of customers reach the gateway, for the links to browser checks."""

    health_checks: bool = True
    """Look at every location's access by schedule."""

    health_quick_every: timedelta = Field(default=timedelta(hours=1), ge=SHORTEST_PERIOD)
    """How often a location is looked at quickly."""

    health_full_every: timedelta = Field(default=timedelta(days=1), ge=SHORTEST_PERIOD)
    """How often a location is looked at fully."""

    health_confirm_after: timedelta = Field(default=timedelta(minutes=3), ge=SHORTEST_PERIOD)
    """How soon bad news, and what may be over soon, is looked at again."""

    health_concurrency: int = Field(default=8, ge=1, le=64)
    """Locations that one process of the vault looks at at the same time."""

    @property
    def health_periods(self) -> Periods:
        """How often locations are looked at."""
        return Periods(self.health_quick_every, self.health_full_every, self.health_confirm_after)

    @field_validator("aws_principal_arn")
    @classmethod
    def _is_principal(cls, value: str | None) -> str | None:
        if value is not None:
            parse_principal_arn(value)
        return value

    @field_validator("aws_template_url")
    @classmethod
    def _is_template_url(cls, value: str | None) -> str | None:
        return None if value is None else parse_template_url(value)

    @model_validator(mode="after")
    def _has_both_keys(self) -> "Settings":
        if (self.aws_access_key_id is None) != (self.aws_secret_access_key is None):
            raise ValueError("Set both AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or neither.")
        return self
