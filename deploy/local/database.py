"""The database of the local stack: the embedded one, or the one that MOORING_DATABASE_URL names."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

import psycopg
from pydantic import SecretStr

from deploy.local.errors import LocalStackError
from deploy.local.local_secrets import keep_generated
from deploy.local.postgres import start_postgres
from deploy.local.processes import LAST_LINES
from deploy.local.roles import APP, make_service_role, may_create_roles
from deploy.local.settings import REPOSITORY, LocalSettings

CONNECT_SECONDS = 10
MIGRATION_TABLE = "alembic_version"


@dataclass(frozen=True, slots=True)
class DatabaseUrls:
    """How the services log in, how migrations do (None: not ours to migrate), and where it is."""

    app: SecretStr
    owner: SecretStr | None
    place: str


@contextmanager
def start_database(settings: LocalSettings) -> Iterator[DatabaseUrls]:
    """Start the embedded PostgreSQL, or find out how to use the one that is set."""
    if settings.database_url is not None:
        yield find_database(settings, settings.database_url)
        return
    directory = settings.data_dir / "postgres"
    port = settings.postgres_port
    with start_postgres(directory, port=port, run_as=settings.postgres_user) as postgres:
        yield DatabaseUrls(
            app=SecretStr(postgres.app_url()),
            owner=SecretStr(postgres.owner_url()),
            place=f"PostgreSQL on {postgres.host}:{postgres.port}",
        )


def find_database(settings: LocalSettings, url: SecretStr) -> DatabaseUrls:
    """Tell what the role of MOORING_DATABASE_URL is for.

    With MOORING_OWNER_DATABASE_URL it is the services'. Without, a role that may create roles is
    taken for the owner, and the services get a role of their own; any other role is taken for
    the services', on a schema that is already there.
    """
    parts = urlsplit(url.get_secret_value())
    place = f"your PostgreSQL on {parts.hostname}:{parts.port or 5432}"
    if settings.owner_database_url is not None:
        with connect(url, "MOORING_DATABASE_URL"):
            return DatabaseUrls(url, settings.owner_database_url, place)
    with connect(url, "MOORING_DATABASE_URL") as connection:
        if may_create_roles(connection):
            password = make_app_role(connection, settings.data_dir)
            return DatabaseUrls(with_login(url, APP, password), url, place)
        migrated = connection.execute(b"SELECT to_regclass(%s)", [MIGRATION_TABLE]).fetchone()
    if migrated in {None, (None,)}:
        raise LocalStackError(
            "The role of MOORING_DATABASE_URL may not create roles and finds no schema: set "
            "MOORING_OWNER_DATABASE_URL to the role that owns the database, which makes it."
        )
    return DatabaseUrls(url, None, place)


@contextmanager
def connect(url: SecretStr, setting: str) -> Iterator[psycopg.Connection]:
    try:
        connection = psycopg.connect(
            url.get_secret_value(), autocommit=True, connect_timeout=CONNECT_SECONDS
        )
    except psycopg.Error as error:
        reason = " ".join(str(error).split())
        raise LocalStackError(f"The database of {setting} cannot be used: {reason}") from error
    with connection:
        yield connection


def make_app_role(connection: psycopg.Connection, data_dir: Path) -> SecretStr:
    """Make the services' role; its password is generated once and kept."""
    password = keep_generated(data_dir / "secrets" / "app-database-password")
    try:
        make_service_role(connection, password.get_secret_value())
    except psycopg.Error as error:
        raise LocalStackError(
            f"The role of MOORING_DATABASE_URL could not make or change the role {APP} ({error}): "
            f"log in with a role that may, or make {APP} yourself, give MOORING_DATABASE_URL its "
            "login and MOORING_OWNER_DATABASE_URL the owner's."
        ) from error
    return password


def with_login(url: SecretStr, role: str, password: SecretStr) -> SecretStr:
    """Return `url` with another login; everything else of it stays."""
    parts = urlsplit(url.get_secret_value())
    login = f"{quote(role, safe='')}:{quote(password.get_secret_value(), safe='')}"
    place = parts.netloc.rpartition("@")[2]
    return SecretStr(urlunsplit(parts._replace(netloc=f"{login}@{place}")))


def migrate(urls: DatabaseUrls) -> None:
    """Bring the schema up to date, where it is ours to migrate.

    Raises:
        LocalStackError: with what the migration said.
    """
    if urls.owner is None:
        return
    environment = {**os.environ, "MOORING_OWNER_DATABASE_URL": urls.owner.get_secret_value()}
    ran = subprocess.run(
        [sys.executable, "-m", "shared.database.migrate"],
        cwd=REPOSITORY,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if ran.returncode != 0:
        said = "\n".join((ran.stdout + ran.stderr).strip().splitlines()[-LAST_LINES:])
        raise LocalStackError(f"The database could not be migrated:\n{said}")
