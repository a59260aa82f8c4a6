"""Roles: whoever could step around row-level security is refused."""

from datetime import timedelta
from uuid import uuid4

import psycopg
import pytest
from pydantic import SecretStr

from deploy.local.postgres import Postgres
from shared.database.session import Database, UnsafeRoleError

AT_ONCE = timedelta()


async def test_the_services_own_role_is_safe(own_database: Database) -> None:
    await own_database.start(patience=AT_ONCE)


async def test_the_owner_of_the_tables_is_refused(own_owner_url: SecretStr) -> None:
    await refuse(own_owner_url)


async def test_a_superuser_is_refused(own_superuser_url: str) -> None:
    await refuse(SecretStr(own_superuser_url))


@pytest.mark.parametrize(
    "grant",
    [
        "ALTER ROLE {role} BYPASSRLS",
        "ALTER ROLE {role} SUPERUSER",
        "GRANT mooring_owner TO {role}",
        "GRANT {powerful} TO {role}",
        "CREATE TABLE owned (); ALTER TABLE owned OWNER TO {role}",
        "ALTER ROLE {role} BYPASSRLS; ALTER ROLE {role} SET role = mooring_app",
    ],
)
async def test_a_role_that_could_step_around_row_level_security_is_refused(
    postgres: Postgres,
    own_name: str,
    own_superuser: psycopg.Connection,
    own_database_url: SecretStr,
    grant: str,
) -> None:
    role, powerful = f"role_{uuid4().hex}", f"powerful_{uuid4().hex}"
    own_superuser.execute(f"CREATE ROLE {powerful} BYPASSRLS".encode())
    own_superuser.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'x' IN ROLE mooring_app".encode())
    own_superuser.execute(grant.format(role=role, powerful=powerful).encode())
    url = SecretStr(f"postgresql://{role}:x@{postgres.host}:{postgres.port}/{own_name}")
    try:
        await refuse(url)
    finally:
        own_superuser.execute(f"DROP OWNED BY {role}; DROP ROLE {role}, {powerful}".encode())
    assert own_database_url is not None


async def refuse(url: SecretStr) -> None:
    database = Database(url)
    with pytest.raises(UnsafeRoleError, match="mooring_service"):
        await database.start(patience=AT_ONCE)
    await database.close()
