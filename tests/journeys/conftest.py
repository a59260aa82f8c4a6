"""One running stack for all journeys of a test process, with organizations and customers on it."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TypeAlias
from uuid import UUID, uuid4

import httpx
import pytest

from deploy.local.demo.api import Api
from deploy.local.demo.aws_customer import AwsCustomer
from deploy.local.demo.azure_administrator import Administrator
from deploy.local.demo.tenancy import Tenancy, open_api
from deploy.local.stack import Stack
from tests.journeys.places import Place, connect
from tests.journeys.running import Running, run_stack


@dataclass(frozen=True, slots=True)
class Organization:
    """An organization, a key of it with every scope, and the services for who holds that key."""

    org_id: UUID
    api_key: str = field(repr=False)
    api: Api


MakeOrganization: TypeAlias = Callable[[str], Organization]
MakeCustomer: TypeAlias = Callable[[str], AwsCustomer]
MakeAdministrator: TypeAlias = Callable[[], Administrator]


@pytest.fixture(scope="session")
def running() -> Iterator[Running]:
    with run_stack() as running:
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
def make_administrator(running: Running) -> Iterator[MakeAdministrator]:
    """Make administrators, each of an Azure tenant of its own."""
    with httpx.Client(trust_env=False, timeout=30.0) as http:

        def make() -> Administrator:
            entra = running.azure.entra
            return Administrator(entra, http, running.stack.credentials_url, entra.add_tenant())

        yield make


@pytest.fixture(scope="session")
def make_customer(running: Running) -> MakeCustomer:
    def make(prefix: str) -> AwsCustomer:
        number = uuid4().hex
        names = {"bucket": f"acme-{number}", "role": f"mooring-{number}"}
        customer = AwsCustomer(running.cloud, prefix=prefix, **names)
        customer.make_bucket([])
        return customer

    return make


@pytest.fixture
def customer(make_customer: MakeCustomer) -> AwsCustomer:
    return make_customer("team/")


@pytest.fixture
def place(organization: Organization, customer: AwsCustomer) -> Place:
    """A connected bucket with nothing in it yet."""
    return connect(organization.api, customer)
