"""Google Cloud, for the checks that ask it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.services.credentials.google_cloud import Google, open_google


@pytest.fixture
async def google(tmp_path: Path) -> AsyncIterator[Google]:
    """A customer's bucket in Google Cloud, and the parts of the vault that speak to it."""
    async with open_google(tmp_path) as opened:
        yield opened
