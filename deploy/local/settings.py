"""What the local stack reads from the environment (prefix `MOORING_`)."""

from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from deploy.local.errors import LocalStackError
from shared.uris import Provider

REPOSITORY = Path(__file__).parents[2]
CLOUDS = {provider.name.lower(): provider for provider in Provider}

Port = Annotated[int, Field(ge=1, le=65535)]


class LocalSettings(BaseSettings):
    """Hold where things are and listen; what the services read is theirs (see services.py)."""

    model_config = SettingsConfigDict(
        env_prefix="MOORING_", extra="ignore", hide_input_in_errors=True, frozen=True
    )

    data_dir: Path = REPOSITORY / ".mooring"
    """Database, clouds of the demo, secrets, logs."""

    demo: Annotated[tuple[Provider, ...], NoDecode] = (Provider.S3,)
    """The clouds that the demo shows: `s3`, `gcs`, `azure`, some with commas, `all`, or `off`."""

    database_url: SecretStr | None = None
    """A PostgreSQL of your own instead of the embedded one."""

    owner_database_url: SecretStr | None = None
    """The role that owns the schema there; migrations run as it."""

    credentials_port: Port = 8001
    ingest_port: Port = 8002
    presign_port: Port = 8003
    postgres_port: Port = 8432
    cloud_port: Port = 8577

    postgres_user: str = "nobody"
    """Who runs the embedded PostgreSQL when we are root."""

    @classmethod
    def read(cls) -> Self:
        """Read the environment.

        Raises:
            LocalStackError: a setting is wrong; the sentence names it and not its value.
        """
        try:
            return cls()
        except ValidationError as error:
            wrong = [sentence(one["loc"], one["msg"]) for one in error.errors()]
            raise LocalStackError("\n".join(wrong)) from None  # the cause would show the values

    @model_validator(mode="after")
    def _ports_differ(self) -> Self:
        ports: dict[int, str] = {}
        for name in type(self).model_fields:
            if name.endswith("_port"):
                port, setting = getattr(self, name), f"MOORING_{name.upper()}"
                if port in ports:
                    raise ValueError(f"{ports[port]} and {setting} are the same port")
                ports[port] = setting
        return self

    @field_validator("demo", mode="before")
    @classmethod
    def _chosen_clouds(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        names = {"all": [*CLOUDS], "off": []}.get(value, value.split(","))
        if not CLOUDS.keys() >= set(names):
            raise ValueError(f"choose among {', '.join(CLOUDS)}, all and off")
        return tuple(provider for name, provider in CLOUDS.items() if name in names)

    @field_validator("data_dir")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.expanduser().absolute()


def sentence(place: tuple[int | str, ...], message: str) -> str:
    """Say what is wrong; a rule about several settings has no place and names them itself."""
    told = message.removeprefix("Value error, ")
    return f"MOORING_{str(place[0]).upper()}: {told}" if place else told
