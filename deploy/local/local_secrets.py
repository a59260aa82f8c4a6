"""The secrets that the local stack makes for itself, once, and keeps in `secrets/`."""

import json
import os
import secrets
from base64 import b64encode
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from deploy.local.directories import make_directory
from deploy.local.secret_files import write_secret

KEY_ENCRYPTION_KEY_BYTES = 32  # AES-256


@dataclass(frozen=True, slots=True)
class LocalSecrets:
    """What the environment sets wins over what is made here."""

    admin_key: SecretStr
    service_key: SecretStr
    webhook_key: SecretStr
    keyset_file: Path

    @classmethod
    def keep(cls, data_dir: Path) -> "LocalSecrets":
        """Read the secrets of this data directory, making those that are missing."""
        place = make_directory(data_dir / "secrets")
        keyset = place / "keyset.json"
        if not keyset.exists():
            key = b64encode(secrets.token_bytes(KEY_ENCRYPTION_KEY_BYTES)).decode()
            write_secret(keyset, json.dumps({"primary": "local-1", "keys": {"local-1": key}}))
        return cls(
            admin_key=given("MOORING_ADMIN_KEY") or keep_generated(place / "admin-key"),
            service_key=given("MOORING_SERVICE_KEY") or keep_generated(place / "service-key"),
            webhook_key=given("MOORING_WEBHOOK_KEY") or keep_generated(place / "webhook-key"),
            keyset_file=Path(os.environ.get("MOORING_KEYSET_FILE") or keyset).absolute(),
        )


def given(variable: str) -> SecretStr | None:
    value = os.environ.get(variable)
    return SecretStr(value) if value else None


def keep_generated(file: Path) -> SecretStr:
    """Return the secret in `file`, which is generated when there is none."""
    if not file.exists():
        make_directory(file.parent)
        write_secret(file, secrets.token_urlsafe(32))
    return SecretStr(file.read_text())
