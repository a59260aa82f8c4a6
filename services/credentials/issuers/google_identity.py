"""Our own identity on Google Cloud: what the operator gave the vault, and tokens for it."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path

import aiohttp
from gcloud.aio.auth import Token
from jwt import PyJWTError
from pydantic import SecretStr

from shared.clock import Clock
from shared.errors import CloudIdentityError

SCOPE = "https://www.googleapis.com/auth/iam"
"""Makes service accounts, acts as them and signs with them; reaches no data."""

SPARE = timedelta(minutes=5)  # a token with less left is replaced
SECONDS = 10  # for one answer of the token's source

_UNUSABLE = (OSError, ValueError, KeyError, TypeError, PyJWTError)  # a file, or what it holds


class GoogleIdentity:
    """Get tokens from a key file, or from what Google's libraries find in the environment.

    That is the file of GOOGLE_APPLICATION_CREDENTIALS, a login of `gcloud`, or the machine's own
    service account ("Application Default Credentials").
    """

    def __init__(self, key_file: Path | None, clock: Clock) -> None:
        self._key_file = key_file
        self._clock = clock
        self._lock = asyncio.Lock()
        self._source: Token | None = None
        self._token = SecretStr("")
        self._replace_at: datetime | None = None

    async def token(self) -> SecretStr:
        """Return a token that lives for five more minutes, or raise CloudIdentityError."""
        async with self._lock:
            now = self._clock.now()
            if self._replace_at is None or now >= self._replace_at:
                self._token, lasts = await self._ask()
                self._replace_at = now + lasts - SPARE
            return self._token

    async def close(self) -> None:
        """Close the connections."""
        if self._source is not None:
            await self._source.close()

    async def _ask(self) -> tuple[SecretStr, timedelta]:
        try:
            if self._source is None:
                self._source = Token(service_file=_check(self._key_file), scopes=[SCOPE])
            # Not `get()`: it tries five times, and renews in a task that nobody waits for.
            answer = await self._source.refresh(timeout=SECONDS)
        except aiohttp.ClientResponseError as error:
            raise CloudIdentityError(
                "Google Cloud does not accept Mooring's own credentials."
            ) from error
        except (aiohttp.ClientError, TimeoutError) as error:
            raise CloudIdentityError(
                "Mooring found no Google credentials of its own that answer: the operator must "
                "give it some."
            ) from error
        except _UNUSABLE as error:
            raise CloudIdentityError(
                "Mooring's own Google credentials cannot be read: the operator must correct "
                "MOORING_GOOGLE_KEY_FILE or GOOGLE_APPLICATION_CREDENTIALS."
            ) from error
        return SecretStr(answer.value), timedelta(seconds=answer.expires_in)


@asynccontextmanager
async def open_google_identity(
    key_file: Path | None, clock: Clock
) -> AsyncIterator[GoogleIdentity]:
    """Return our identity; its connections close with the context."""
    identity = GoogleIdentity(key_file, clock)
    try:
        yield identity
    finally:
        await identity.close()


def _check(key_file: Path | None) -> str | None:
    """Raise an error for a file that holds no credentials.

    The library would not: it would take the machine's own service account instead.
    """
    if key_file is None:
        return None
    document = json.loads(key_file.read_text())
    if not isinstance(document, dict) or "type" not in document:
        raise ValueError("The file holds no credentials.")
    return str(key_file)
