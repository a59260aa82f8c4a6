"""What every test may ask for: a real Postgres, organizations, a frozen clock."""

import secrets
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID, uuid4

import psycopg
import pytest
from pydantic import SecretStr
from xdist.remote import Producer  # type: ignore[import-untyped] # ships no types
from xdist.scheduler import LoadGroupScheduling  # type: ignore[import-untyped]

from deploy.local.clouds.azurite import Azurite
from deploy.local.postgres import Postgres, temporary_postgres
from shared.auth import Scope
from shared.clock import FrozenClock
from shared.database import migrate
from shared.database.api_keys import ApiKey
from shared.database.organizations import Organization
from shared.database.session import Database
from shared.tokens import mint_api_key, parse_api_key
from tests.emulators.azurite import empty_azurite
from tests.integration.ceph import Ceph, start_ceph

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
SERVICE_KEY = SecretStr(secrets.token_urlsafe(32))
WEBHOOK_KEY = SecretStr(secrets.token_urlsafe(32))

# Of what is in the folders whose tests share a stack, those that need none.
STACKLESS = (
    *(f"tests/journeys/test_{each}" for each in ("import_faults", "worker_kills")),
    *(
        f"tests/integration/test_{each}"
        for each in ("browser_verdicts", "bucket_cors", "policies", "quirks", "role_sessions")
    ),
)
SHARING = {"tests/journeys/": "journeys", "tests/integration/": "integration"}


class JourneysTogether(LoadGroupScheduling):  # type: ignore[misc] # it has no types
    """Keep the tests which share one stack on one worker: the journeys, and those at a real store.

    Their mark `xdist_group` says so; pytest 9.2 loses it (pytest-dev/pytest-xdist, issue 1386).
    """

    def _split_scope(self, nodeid: str) -> str:
        for folder, scope in SHARING.items():
            if nodeid.startswith(folder) and not nodeid.startswith(STACKLESS):
                return scope
        return str(super()._split_scope(nodeid))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadGroupScheduling | None:
    return JourneysTogether(config, log) if config.getvalue("dist") == "loadgroup" else None


@dataclass(frozen=True, slots=True)
class Tenant:
    """An organization and an API key of it with every scope."""

    org_id: UUID
    api_key: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.api_key}"}


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server of this test process, migrated."""
    with temporary_postgres() as server:
        migrate.upgrade(SecretStr(server.owner_url()))
        yield server


@pytest.fixture(scope="session")
def database_url(postgres: Postgres) -> SecretStr:
    """The database that tests share; each keeps to organizations of its own."""
    return SecretStr(postgres.app_url())


@pytest.fixture(scope="session")
async def database(database_url: SecretStr) -> AsyncIterator[Database]:
    opened = Database(database_url)
    yield opened
    await opened.close()


@pytest.fixture
def own_database_url(postgres: Postgres) -> Iterator[SecretStr]:
    """A database of the test's own, cloned from the migrated one's schema."""
    name = f"test_{uuid4().hex}"
    with psycopg.connect(postgres.superuser_url(), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} OWNER mooring_owner".encode())
    migrate.upgrade(SecretStr(postgres.owner_url(name)))
    yield SecretStr(postgres.app_url(name))
    with psycopg.connect(postgres.superuser_url(), autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@pytest.fixture(scope="session")
def azurite() -> Iterator[Azurite]:
    """An Azurite of this test process, whose certificate everything in it trusts."""
    with empty_azurite() as server, pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(server.certificate))
        yield server


@pytest.fixture(scope="session")
def ceph() -> Iterator[Ceph]:
    """A cluster of this test process."""
    with start_ceph() as cluster:
        yield cluster


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock(NOW)


@pytest.fixture
async def tenant(database: Database) -> Tenant:
    return await add_tenant(database)


@pytest.fixture
async def other_tenant(database: Database) -> Tenant:
    return await add_tenant(database)


async def add_tenant(database: Database) -> Tenant:
    """Make an organization with an API key that may do everything."""
    org_id, api_key_id = uuid4(), uuid4()
    api_key = mint_api_key(org_id, api_key_id).get_secret_value()
    token = parse_api_key(api_key)
    assert token is not None
    async with database.begin(org_id) as session:
        session.add(Organization(org_id=org_id, name="Test", hosting="self_hosted"))
        await session.flush()
        session.add(
            ApiKey(
                api_key_id=api_key_id,
                org_id=org_id,
                name="all",
                secret_hash=token.secret_hash,
                scopes=[scope.value for scope in Scope],
            )
        )
    return Tenant(org_id, api_key)
