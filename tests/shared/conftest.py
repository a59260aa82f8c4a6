"""The sample service, and a client of it."""

import logging
from collections.abc import AsyncIterator, Iterator
from logging import Logger

import httpx
import pytest
import structlog
from pydantic import SecretStr
from structlog.testing import capture_logs
from structlog.typing import EventDict

from shared.clock import FrozenClock
from shared.database.session import Database
from tests.conftest import Tenant
from tests.shared.output import Output
from tests.shared.sample import Sample, build_sample


@pytest.fixture
def logs() -> Iterator[list[EventDict]]:
    """The log events of this test."""
    with capture_logs() as events:
        yield events


@pytest.fixture
def sample(
    database: Database, database_url: SecretStr, clock: FrozenClock, logs: list[EventDict]
) -> Sample:
    assert logs == []
    return build_sample(database, database_url, clock)


@pytest.fixture
async def stranger(sample: Sample) -> AsyncIterator[httpx.AsyncClient]:
    """A client without a key."""
    transport = httpx.ASGITransport(sample.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://sample") as client:
        yield client


@pytest.fixture
async def caller(stranger: httpx.AsyncClient, tenant: Tenant) -> httpx.AsyncClient:
    """A client with an organization's key of every scope."""
    stranger.headers.update(tenant.headers)
    return stranger


@pytest.fixture
def output() -> Iterator[Output]:
    before = structlog.get_config()
    known = [each for each in logging.root.manager.loggerDict.values() if type(each) is Logger]
    levels = [(each, each.level) for each in (logging.root, *known)]
    yield Output()
    # pytest's own handlers are those that are left.
    kept = [each for each in logging.root.handlers if type(each) is not logging.StreamHandler]
    logging.root.handlers = kept
    for each, level in levels:
        each.setLevel(level)
    structlog.configure(**before)
