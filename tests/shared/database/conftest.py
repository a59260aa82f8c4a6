"""Databases that a test may break."""

from collections.abc import AsyncIterator, Iterator

import psycopg
import pytest
from pydantic import SecretStr
from sqlalchemy import make_url

from deploy.local.postgres import Postgres
from shared.database.session import Database


@pytest.fixture
async def own_database(own_database_url: SecretStr) -> AsyncIterator[Database]:
    opened = Database(own_database_url)
    yield opened
    await opened.close()


@pytest.fixture
def own_name(own_database_url: SecretStr) -> str:
    name = make_url(own_database_url.get_secret_value()).database
    assert name is not None
    return name


@pytest.fixture
def own_owner_url(postgres: Postgres, own_name: str) -> SecretStr:
    return SecretStr(postgres.owner_url(own_name))


@pytest.fixture
def own_superuser_url(postgres: Postgres, own_name: str) -> str:
    return postgres.superuser_url(own_name)


@pytest.fixture
def own_superuser(own_superuser_url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(own_superuser_url, autocommit=True) as connection:
        yield connection
