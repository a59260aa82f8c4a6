"""Signatures of service accounts: by a customer's private key, or by IAM for an account of ours."""

import asyncio
from base64 import b64decode, b64encode
from collections.abc import Sequence
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from pydantic import SecretStr

from services.credentials.issuers.base import FederatedServiceAccount, ServiceAccountKey
from services.credentials.issuers.google_calls import GoogleCalls
from services.credentials.issuers.google_refusals import GoogleRefusalError
from services.credentials.issuers.google_tokens import (
    GoogleTokens,
    Impersonated,
    ServiceAccount,
    denied_by,
)
from services.credentials.service_account_keys import open_private_key
from shared.errors import StorageDeniedError, StorageUnavailableError

MOST_AT_ONCE = 16  # calls of signBlob, of all batches; IAM counts them by the project

_QUESTION = "Mooring asks whether it may sign."  # opens nothing, should it be signed


class GoogleSignatures:
    """Sign texts as a service account (RSASSA-PKCS1-v1_5 with SHA-256), in the order given."""

    def __init__(self, calls: GoogleCalls, tokens: GoogleTokens) -> None:
        self._calls = calls
        self._tokens = tokens
        self._places = asyncio.Semaphore(MOST_AT_ONCE)

    async def sign(
        self, org_id: UUID, account: ServiceAccount, texts: Sequence[str]
    ) -> list[bytes]:
        """Return a signature for each text; raise what an Issuer raises."""
        if isinstance(account, ServiceAccountKey):
            # A third of a millisecond each, in which nobody else would be answered.
            return await asyncio.to_thread(_sign_by_key, account, texts)
        bearer = await self._tokens.signing_bearer(org_id, account)
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(self._ask(account, bearer, text)) for text in texts]
        except ExceptionGroup as failures:
            raise failures.exceptions[0] from failures
        return [task.result() for task in tasks]

    async def is_open(self, org_id: UUID, account: FederatedServiceAccount) -> bool:
        """Say whether we may sign as the account for this organization, as GoogleTokens says.

        Signing is a right of its own (iam.serviceAccounts.signBlob), which needs no token.
        """
        try:
            await self.sign(org_id, account, [_QUESTION])
        except StorageDeniedError:
            return False
        return True

    async def _ask(self, account: Impersonated, bearer: SecretStr, text: str) -> bytes:
        url = self._tokens.account_url(account.email, "signBlob")
        payload = b64encode(text.encode()).decode()
        try:
            async with self._places:
                answer = await self._calls.post(url, {"payload": payload}, bearer=bearer)
        except GoogleRefusalError as refusal:
            raise denied_by(account, refusal) from refusal
        try:
            return b64decode(answer["signedBlob"], validate=True)
        except (KeyError, TypeError, ValueError) as error:
            raise StorageUnavailableError(
                "Google Cloud answered with something other than a signature."
            ) from error


def _sign_by_key(key: ServiceAccountKey, texts: Sequence[str]) -> list[bytes]:
    private = open_private_key(key)
    return [private.sign(text.encode(), PKCS1v15(), SHA256()) for text in texts]
