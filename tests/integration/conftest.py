"""One Mooring in front of one Ceph for the integration tests of a process."""

from collections.abc import Iterator

import pytest

from deploy.local.demo.api import Api
from deploy.local.demo.tenancy import Tenancy, open_api
from deploy.local.stack import Stack
from tests.integration.ceph import Ceph
from tests.integration.customers import Customer
from tests.integration.stacks import stack_at


@pytest.fixture(scope="session")
def stack(ceph: Ceph) -> Iterator[Stack]:
    with stack_at(ceph) as stack:
        yield stack


@pytest.fixture(scope="session")
def api(stack: Stack) -> Iterator[Api]:
    """The services, for an organization with every scope."""
    with open_api(stack, Tenancy.make(stack, "Harbour Labs").api_key) as api:
        yield api


@pytest.fixture
def customer(ceph: Ceph) -> Customer:
    return Customer.make(ceph)
