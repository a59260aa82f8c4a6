"""Secrets are made once, kept for their owner alone, and give way to the environment's."""

import json
import stat
from base64 import b64decode
from pathlib import Path

import pytest

from deploy.local.local_secrets import LocalSecrets


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (
        "MOORING_ADMIN_KEY",
        "MOORING_SERVICE_KEY",
        "MOORING_WEBHOOK_KEY",
        "MOORING_KEYSET_FILE",
    ):
        monkeypatch.delenv(name, raising=False)


def test_secrets_are_made_once(tmp_path: Path) -> None:
    made = LocalSecrets.keep(tmp_path)
    assert LocalSecrets.keep(tmp_path) == made
    keys = {made.admin_key, made.service_key, made.webhook_key}
    assert len(keys) == 3


def test_secrets_are_long_enough_and_the_keyset_is_what_the_vault_reads(tmp_path: Path) -> None:
    made = LocalSecrets.keep(tmp_path)
    assert len(made.service_key.get_secret_value()) >= 32
    assert len(made.admin_key.get_secret_value()) >= 32
    assert len(made.webhook_key.get_secret_value()) >= 32
    keyset = json.loads(made.keyset_file.read_text())
    assert list(keyset["keys"]) == [keyset["primary"]]
    assert len(b64decode(keyset["keys"][keyset["primary"]], validate=True)) == 32


def test_nobody_else_can_read_them(tmp_path: Path) -> None:
    LocalSecrets.keep(tmp_path)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.rglob("*")}
    assert modes == {
        "secrets": 0o700,
        "admin-key": 0o600,
        "service-key": 0o600,
        "webhook-key": 0o600,
        "keyset.json": 0o600,
    }


def test_the_environment_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOORING_ADMIN_KEY", "from the environment")
    assert LocalSecrets.keep(tmp_path).admin_key.get_secret_value() == "from the environment"
    assert not (tmp_path / "secrets" / "admin-key").exists()
