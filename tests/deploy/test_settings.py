"""Settings are read from the environment, and a wrong one is named without its value."""

from pathlib import Path

import pytest

from deploy.local.errors import LocalStackError
from deploy.local.settings import REPOSITORY, LocalSettings
from shared.uris import Provider


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in LocalSettings.model_fields:
        monkeypatch.delenv(f"MOORING_{name.upper()}", raising=False)


def test_without_an_environment_everything_is_embedded_and_in_the_checkout() -> None:
    assert LocalSettings.read().model_dump() == {
        "data_dir": REPOSITORY / ".mooring",
        "demo": (Provider.S3,),
        "database_url": None,
        "owner_database_url": None,
        "credentials_port": 8001,
        "ingest_port": 8002,
        "presign_port": 8003,
        "postgres_port": 8432,
        "cloud_port": 8577,
        "postgres_user": "nobody",
    }


@pytest.mark.parametrize(
    ("words", "chosen"),
    [
        ("off", ()),
        ("gcs", (Provider.GCS,)),
        ("azure,s3", (Provider.S3, Provider.AZURE)),
        ("all", (Provider.S3, Provider.GCS, Provider.AZURE)),
    ],
)
def test_the_clouds_of_the_demo_are_chosen_by_words(
    monkeypatch: pytest.MonkeyPatch, words: str, chosen: tuple[Provider, ...]
) -> None:
    monkeypatch.setenv("MOORING_DEMO", words)
    assert LocalSettings.read().demo == chosen


@pytest.mark.parametrize("words", ["", "on", "gs", "s3,all", "s3, gcs"])
def test_other_words_for_clouds_are_told_which_ones_there_are(
    monkeypatch: pytest.MonkeyPatch, words: str
) -> None:
    monkeypatch.setenv("MOORING_DEMO", words)
    with pytest.raises(LocalStackError) as refused:
        LocalSettings.read()
    assert str(refused.value) == "MOORING_DEMO: choose among s3, gcs, azure, all and off"


def test_a_relative_data_directory_is_below_where_we_are(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MOORING_DATA_DIR", "data")
    assert LocalSettings.read().data_dir == tmp_path / "data"


def test_wrong_settings_are_named_and_their_values_are_not_shown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MOORING_CREDENTIALS_PORT", "0")
    monkeypatch.setenv("MOORING_CLOUD_PORT", "70000")
    with pytest.raises(LocalStackError) as refused:
        LocalSettings.read()
    assert str(refused.value).splitlines() == [
        "MOORING_CREDENTIALS_PORT: Input should be greater than or equal to 1",
        "MOORING_CLOUD_PORT: Input should be less than or equal to 65535",
    ]


def test_two_settings_with_the_same_port_are_both_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOORING_INGEST_PORT", "8001")
    with pytest.raises(LocalStackError) as refused:
        LocalSettings.read()
    assert str(refused.value) == (
        "MOORING_CREDENTIALS_PORT and MOORING_INGEST_PORT are the same port"
    )
