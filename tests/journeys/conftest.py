"""One running stack for all journeys of a test process, with organizations and customers on it."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TypeAlias
from uuid import UUID, uuid4

import httpx
import pytest

from deploy.local.demo.api import Api
from deploy.local.demo.customer import Customer
from deploy.local.demo.tenancy import Tenancy, open_api
from deploy.local.stack import Stack
from tests.journeys.azure_owner import Administrator
from tests.journeys.places import Place, connect
from tests.journeys.running import Running, run_stack
from tests.journeys.stand_ins import StandIns, start_stand_ins


@dataclass(frozen=True, slots=True)
class Organization:
    """An organization, a key of it with every scope, and the services for who holds that key."""

    org_id: UUID
    api_key: str = field(repr=False)
    api: Api


MakeOrganization: TypeAlias = Callable[[str], Organization]
MakeCustomer: TypeAlias = Callable[[str], Customer]
MakeAdministrator: TypeAlias = Callable[[], Administrator]


@pytest.fixture(scope="session")
def stand_ins(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandIns]:
    with start_stand_ins(tmp_path_factory.mktemp("stand-ins")) as started:
        yield started


@pytest.fixture(scope="session")
def running(stand_ins: StandIns) -> Iterator[Running]:
    with run_stack(stand_ins.environment) as running:
        yield running
        running.stack.check()  # nothing that the tests did ended a process


@pytest.fixture(scope="session")
def stack(running: Running) -> Stack:
    return running.stack


@pytest.fixture(scope="session")
def make_organization(stack: Stack) -> Iterator[MakeOrganization]:
    with ExitStack() as clients:

        def make(name: str) -> Organization:
            tenancy = Tenancy.make(stack, name)
            api = clients.enter_context(open_api(stack, tenancy.api_key))
            return Organization(tenancy.org_id, tenancy.api_key, api)

        yield make


@pytest.fixture
def organization(make_organization: MakeOrganization) -> Organization:
    return make_organization("Harbour Labs")


@pytest.fixture(scope="session")
def make_administrator(stack: Stack, stand_ins: StandIns) -> Iterator[MakeAdministrator]:
    """Make administrators, each of an Azure tenant of its own."""
    with httpx.Client(trust_env=False, timeout=30.0) as http:

        def make() -> Administrator:
            tenant = stand_ins.entra.add_tenant()
            return Administrator(stand_ins.entra, http, stack.credentials_url, tenant)

        yield make


@pytest.fixture(scope="session")
def make_customer(running: Running) -> MakeCustomer:
    def make(prefix: str) -> Customer:
        number = uuid4().hex
        names = {"bucket": f"acme-{number}", "role": f"mooring-{number}"}
        customer = Customer(running.cloud, prefix=prefix, **names)
        customer.make_bucket([])
        return customer

    return make


@pytest.fixture
def customer(make_customer: MakeCustomer) -> Customer:
    return make_customer("team/")


@pytest.fixture
def place(organization: Organization, customer: Customer) -> Place:
    """A connected bucket with nothing in it yet."""
    return connect(organization.api, customer)
