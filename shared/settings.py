"""Settings that every service reads from the environment (prefix `MOORING_`)."""

from typing import Annotated, Literal

from pydantic import Field, PostgresDsn, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from shared.errors import InvalidInputError
from shared.origins import parse_origin

SERVICE_KEY_BYTES = 32  # HS256 wants a key as long as its hash (RFC 7518, 3.2)


class ServiceSettings(BaseSettings):
    """Hold what the vault, ingest and the gateway all need."""

    model_config = SettingsConfigDict(
        env_prefix="MOORING_", extra="ignore", frozen=True, hide_input_in_errors=True
    )

    database_url: SecretStr
    """`postgresql://role:password@host:port/database` of the service role."""

    service_key: SecretStr = Field(min_length=SERVICE_KEY_BYTES)
    """Secret with which the services sign the tokens of their calls to each other."""

    origins: Annotated[tuple[str, ...], NoDecode] = ()
    """Browser origins that may call the services, exact, separated by commas."""

    allow_private_endpoints: bool = False
    """Let customer-given endpoints be private addresses and plain http (on-premises stores)."""

    log_format: Literal["json", "console"] = "json"
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @field_validator("database_url")
    @classmethod
    def _is_postgres(cls, value: SecretStr) -> SecretStr:
        PostgresDsn(value.get_secret_value())
        return value

    @field_validator("origins", mode="before")
    @classmethod
    def _split_origins(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        try:
            return tuple(parse_origin(part.strip()) for part in value.split(",") if part.strip())
        except InvalidInputError as error:
            raise ValueError(error.detail) from error
