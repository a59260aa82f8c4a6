"""Our own identity on Google Cloud: its tokens are kept, and what is wrong with it is said."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from deploy.local.clouds.google import PRINCIPAL
from deploy.local.clouds.google_keys import key_document
from services.credentials.issuers.google_identity import GoogleIdentity
from shared.clock import FrozenClock
from shared.errors import CloudIdentityError
from tests.services.credentials.google_cloud import Google, make_key


@pytest.fixture
async def unusable(tmp_path: Path, clock: FrozenClock) -> AsyncIterator[GoogleIdentity]:
    identity = GoogleIdentity(tmp_path / "given.json", clock)
    yield identity
    await identity.close()


async def test_a_token_is_for_iam_and_kept_until_five_minutes_before_its_end(
    google: Google,
) -> None:
    first = await google.identity.token()
    caller = google.world.caller_of(first.get_secret_value())
    assert caller is not None
    assert caller.principal == PRINCIPAL
    assert caller.scopes == {"https://www.googleapis.com/auth/iam"}
    google.clock.advance(timedelta(minutes=54))
    assert await google.identity.token() == first
    google.clock.advance(timedelta(minutes=1))
    assert await google.identity.token() != first


async def test_credentials_that_google_refuses_are_the_operators_matter(google: Google) -> None:
    google.world.accounts.pop(PRINCIPAL)
    with pytest.raises(CloudIdentityError, match="does not accept Mooring's own credentials"):
        await google.identity.token()


@pytest.mark.parametrize(
    "text", [None, "", "{}", "[]", '{"type": "magic"}', '{"type": "service_account"}']
)
async def test_a_file_that_holds_no_credentials_is_the_operators_matter(
    tmp_path: Path, unusable: GoogleIdentity, text: str | None
) -> None:
    if text is not None:
        (tmp_path / "given.json").write_text(text)
    with pytest.raises(CloudIdentityError, match="cannot be read"):
        await unusable.token()


async def test_a_token_service_that_cannot_be_reached_is_the_operators_matter(
    tmp_path: Path, unusable: GoogleIdentity
) -> None:
    document = key_document(PRINCIPAL, make_key(), token_uri="http://127.0.0.1:1/token")
    (tmp_path / "given.json").write_text(json.dumps(document))
    with pytest.raises(CloudIdentityError, match="no Google credentials of its own that answer"):
        await unusable.token()
