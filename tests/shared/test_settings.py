"""Settings: read from the environment, refused without being shown."""

import traceback

import pytest
from pydantic import SecretStr, ValidationError

from shared.settings import ServiceSettings

URL = "postgresql://app:canary-password@db.internal:5432/mooring"
KEY = "canary-service-key-of-at-least-32-characters"


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set what every service needs, and nothing else."""
    for name in ("ORIGINS", "ALLOW_PRIVATE_ENDPOINTS", "LOG_FORMAT", "LOG_LEVEL"):
        monkeypatch.delenv(f"MOORING_{name}", raising=False)
    monkeypatch.setenv("MOORING_DATABASE_URL", URL)
    monkeypatch.setenv("MOORING_SERVICE_KEY", KEY)


def read() -> ServiceSettings:
    return ServiceSettings()


def test_the_defaults_are_careful() -> None:
    assert read() == ServiceSettings(
        database_url=SecretStr(URL),
        service_key=SecretStr(KEY),
        origins=(),
        allow_private_endpoints=False,
        log_format="json",
        log_level="info",
    )


def test_origins_are_separated_by_commas_and_written_as_browsers_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MOORING_ORIGINS", " https://A.example.com:443 ,http://localhost:3000,, ")
    assert read().origins == ("https://a.example.com", "http://localhost:3000")


def test_no_text_of_the_settings_shows_a_secret() -> None:
    settings = read()
    for text in (repr(settings), str(settings), settings.model_dump_json(), f"{settings}"):
        assert "canary" not in text


def test_settings_do_not_change() -> None:
    with pytest.raises(ValidationError):
        read().log_level = "debug"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "mysql://app:canary-password@db/mooring"),
        ("DATABASE_URL", "canary-password"),
        ("DATABASE_URL", "postgresql://app:canary-password@/"),
        ("DATABASE_URL", "postgresql://app:canary-password@db:port/m"),
        ("DATABASE_URL", ""),
        ("SERVICE_KEY", "canary-too-short"),
        ("SERVICE_KEY", ""),
        ("ORIGINS", "https://canary.example.com/path"),
        ("ORIGINS", "https://*.canary.com"),
        ("ALLOW_PRIVATE_ENDPOINTS", "canary"),
        ("LOG_FORMAT", "canary"),
        ("LOG_LEVEL", "canary"),
    ],
)
def test_a_setting_that_is_not_valid_is_named_and_not_shown(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(f"MOORING_{name}", value)
    with pytest.raises(ValidationError) as refusal:
        read()
    assert name.lower() in str(refusal.value)
    assert "canary" not in str(refusal.value)
    assert "canary" not in "".join(traceback.format_exception(refusal.value))


@pytest.mark.parametrize("name", ["DATABASE_URL", "SERVICE_KEY"])
def test_a_setting_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.delenv(f"MOORING_{name}")
    with pytest.raises(ValidationError, match=name.lower()):
        read()
