"""The database's roles: who owns the schema, who the services log in as, who gets the grants."""

from collections.abc import Mapping

import psycopg
from psycopg import sql

SUPERUSER = "postgres"
OWNER = "mooring_owner"
APP = "mooring_app"
SERVICE_GROUP = "mooring_service"  # grants go to it; it cannot log in
DATABASE = "mooring"


def provision(superuser_url: str, passwords: Mapping[str, str]) -> None:
    """Make the roles and the owner's database as far as they are missing; set the passwords."""
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        make_service_role(connection, passwords[APP])
        make_login(connection, OWNER, passwords[OWNER])
        if not exists(connection, "SELECT FROM pg_database WHERE datname = %s", DATABASE):
            connection.execute(phrase("CREATE DATABASE {} OWNER {}", DATABASE, OWNER))


def make_service_role(connection: psycopg.Connection, password: str) -> None:
    """Make the role that the services log in as, in the group that the grants go to."""
    if not has_role(connection, SERVICE_GROUP):
        connection.execute(phrase("CREATE ROLE {} NOLOGIN", SERVICE_GROUP))
    make_login(connection, APP, password)
    connection.execute(phrase("GRANT {} TO {}", SERVICE_GROUP, APP))


def make_login(connection: psycopg.Connection, role: str, password: str) -> None:
    """Make `role`, or only set its password, so that it is always the one that we keep.

    The server gets the SCRAM verifier: a password in the statement could end in its log.
    """
    verifier = connection.pgconn.encrypt_password(
        password.encode(), role.encode(), b"scram-sha-256"
    )
    verb = "ALTER" if has_role(connection, role) else "CREATE"
    statement = phrase(verb + " ROLE {} LOGIN PASSWORD ", role)
    connection.execute(statement + sql.Literal(verifier.decode()))


def may_create_roles(connection: psycopg.Connection) -> bool:
    query = "SELECT FROM pg_roles WHERE rolname = %s AND (rolsuper OR rolcreaterole)"
    return exists(connection, query, connection.info.user)


def has_role(connection: psycopg.Connection, role: str) -> bool:
    return exists(connection, "SELECT FROM pg_roles WHERE rolname = %s", role)


def exists(connection: psycopg.Connection, query: str, name: str) -> bool:
    return connection.execute(query.encode(), [name]).fetchone() is not None


def phrase(statement: str, *names: str) -> sql.Composed:
    return sql.SQL(statement).format(*map(sql.Identifier, names))
