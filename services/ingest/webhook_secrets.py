"""Webhook secrets: what messages are signed with, derived from one key and never stored."""

from base64 import b64encode
from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from pydantic import SecretStr
from standardwebhooks.webhooks import Webhook as Signer

from shared.database.webhooks import Webhook

OLD_SECRET_FOR = timedelta(hours=24)
_SECRET_BYTES = 32  # of the 24 to 64 that the specification allows
_PREFIX = "whsec_"


class WebhookSecrets:
    """Derive the secrets of webhooks from the operator's key, and sign with them."""

    def __init__(self, key: SecretStr) -> None:
        self._key = key

    def of(self, webhook: Webhook) -> SecretStr:
        """Return the present secret as receivers know it: `whsec_` and base64."""
        return self._secret(webhook.org_id, webhook.webhook_id, webhook.secret_version)

    def sign(
        self, webhook: Webhook, event_id: UUID, body: bytes, signed_at: datetime
    ) -> dict[str, str]:
        """Return the headers of a message, signed with each secret that is good now."""
        signatures = [
            Signer(secret.get_secret_value()).sign(str(event_id), signed_at, body.decode())
            for secret in self._good(webhook, signed_at)
        ]
        return {
            "webhook-id": str(event_id),
            "webhook-timestamp": str(int(signed_at.timestamp())),
            "webhook-signature": " ".join(signatures),
        }

    def _good(self, webhook: Webhook, now: datetime) -> Iterable[SecretStr]:
        yield self.of(webhook)
        if webhook.rotated_at is not None and now < webhook.rotated_at + OLD_SECRET_FOR:
            yield self._secret(webhook.org_id, webhook.webhook_id, webhook.secret_version - 1)

    def _secret(self, org_id: UUID, webhook_id: UUID, version: int) -> SecretStr:
        derived = HKDF(
            algorithm=SHA256(),
            length=_SECRET_BYTES,
            salt=None,
            info=f"mooring webhook {org_id} {webhook_id} {version}".encode(),
        ).derive(self._key.get_secret_value().encode())
        return SecretStr(_PREFIX + b64encode(derived).decode())
