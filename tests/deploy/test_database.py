"""A database of one's own: which role migrates, and which one the services get."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from pydantic import SecretStr

from deploy.local.database import DatabaseUrls, find_database, migrate, with_login
from deploy.local.errors import LocalStackError
from deploy.local.postgres import Postgres, temporary_postgres
from deploy.local.roles import provision
from deploy.local.settings import LocalSettings


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    """A server whose roles these tests may change, unlike the one that all tests share."""
    with temporary_postgres() as postgres:
        yield postgres


@pytest.fixture
def database(server: Postgres) -> Iterator[str]:
    """An empty database, and the roles with the passwords that the server's URLs have."""
    provision(server.superuser_url(), server.passwords)
    with psycopg.connect(server.superuser_url(), autocommit=True) as connection:
        connection.execute(b"CREATE DATABASE own OWNER mooring_owner")
        yield "own"
        connection.execute(b"DROP DATABASE own WITH (FORCE)")


def settings(tmp_path: Path, url: str, owner: str | None = None) -> LocalSettings:
    return LocalSettings(
        data_dir=tmp_path,
        database_url=SecretStr(url),
        owner_database_url=SecretStr(owner) if owner else None,
    )


def found(chosen: LocalSettings) -> DatabaseUrls:
    assert chosen.database_url is not None
    return find_database(chosen, chosen.database_url)


def user_of(url: SecretStr) -> object:
    with psycopg.connect(url.get_secret_value()) as connection:
        row = connection.execute(b"SELECT current_user::text").fetchone()
        return row and row[0]


def test_a_role_that_may_create_roles_migrates_and_the_services_get_their_own(
    server: Postgres, database: str, tmp_path: Path
) -> None:
    own = settings(tmp_path, server.superuser_url(database))
    urls = found(own)
    assert urls.owner == own.database_url
    assert user_of(urls.app) == "mooring_app"
    assert found(own) == urls, "the password is kept"
    migrate(urls)
    with psycopg.connect(urls.app.get_secret_value()) as connection:
        assert connection.execute(b"SELECT FROM organization").fetchall() == []


def test_with_both_urls_each_is_used_for_what_it_is(
    server: Postgres, database: str, tmp_path: Path
) -> None:
    app, owner = server.app_url(database), server.owner_url(database)
    urls = found(settings(tmp_path, app, owner))
    assert urls == DatabaseUrls(
        SecretStr(app), SecretStr(owner), f"your PostgreSQL on 127.0.0.1:{server.port}"
    )
    assert not list(tmp_path.iterdir()), "nothing is generated"


def test_a_role_that_may_create_none_needs_a_schema_that_is_there(
    server: Postgres, database: str, tmp_path: Path
) -> None:
    owner = server.owner_url(database)
    with pytest.raises(LocalStackError) as refused:
        found(settings(tmp_path, owner))
    assert str(refused.value) == (
        "The role of MOORING_DATABASE_URL may not create roles and finds no schema: set "
        "MOORING_OWNER_DATABASE_URL to the role that owns the database, which makes it."
    )
    migrate(DatabaseUrls(SecretStr(owner), SecretStr(owner), ""))
    assert found(settings(tmp_path, owner)).owner is None


def test_a_database_that_cannot_be_reached_is_told_without_its_password(tmp_path: Path) -> None:
    with pytest.raises(LocalStackError) as refused:
        found(settings(tmp_path, "postgresql://me:canary@127.0.0.1:1/none"))
    text = str(refused.value)
    assert text.startswith("The database of MOORING_DATABASE_URL cannot be used: ")
    assert "canary" not in text


def test_a_migration_that_fails_says_why_without_the_password() -> None:
    nowhere = SecretStr("postgresql://me:canary@127.0.0.1:1/none")
    with pytest.raises(LocalStackError) as refused:
        migrate(DatabaseUrls(nowhere, nowhere, ""))
    assert str(refused.value).startswith("The database could not be migrated:\n")
    assert "canary" not in str(refused.value)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("postgresql://a:b@db:5433/m", "postgresql://x:p%2Fw@db:5433/m"),
        ("postgresql://db/m?sslmode=require", "postgresql://x:p%2Fw@db/m?sslmode=require"),
        ("postgresql://a@[::1]:5432/m", "postgresql://x:p%2Fw@[::1]:5432/m"),
    ],
)
def test_another_login_leaves_the_rest_of_a_url(given: str, expected: str) -> None:
    assert with_login(SecretStr(given), "x", SecretStr("p/w")) == SecretStr(expected)
