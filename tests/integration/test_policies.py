"""The policy that customers of a Ceph paste, as a Ceph understands it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, TypeAlias

import pytest

from services.credentials.setup.stores import CEPH
from shared.errors import StorageDeniedError
from shared.storage.base import ObjectStore
from tests.hard_keys import HARD_KEYS
from tests.integration.ceph import Ceph
from tests.integration.customers import Customer

pytestmark = pytest.mark.integration

LONGEST = 900  # bytes of a prefix, so that keys fit behind it
PREFIXES = [
    "team/",
    "team:a/b:c/",
    "${aws:username}/",
    *(f"{key.encode()[:LONGEST].decode(errors='ignore')}/" for key in HARD_KEYS),
]
Grant: TypeAlias = Callable[[Customer, Mapping[str, Any]], None]


@pytest.fixture(scope="module")
def owner(ceph: Ceph) -> Customer:
    return Customer.make(ceph)


@pytest.fixture(params=["user policy", "bucket policy"])
def grant(request: pytest.FixtureRequest, owner: Customer) -> Iterator[Grant]:
    """Give one of the two ways in which the policy is granted; it is taken back in the end."""
    if request.param == "user policy":
        yield Customer.give_reader
        owner.take_from_reader()
    else:
        yield Customer.give_bucket
        owner.s3.delete_bucket_policy(Bucket=owner.bucket)


async def list_keys(store: ObjectStore, prefix: str) -> list[str]:
    return [row.key async for page in store.list_pages(prefix) for row in page.rows]


@pytest.mark.parametrize("prefix", PREFIXES, ids=ascii)
async def test_the_policy_for_a_prefix_opens_that_prefix_and_nothing_beside_it(
    owner: Customer, grant: Grant, prefix: str
) -> None:
    customer = replace(owner, prefix=prefix)
    customer.put("a", "b/c")
    policy = CEPH.policy(customer.bucket, prefix)
    assert policy is not None
    async with customer.open_bucket(customer.reader) as store:
        with pytest.raises(StorageDeniedError):
            await list_keys(store, prefix)
        grant(customer, policy)
        keys = [f"{prefix}a", f"{prefix}b/c"]
        assert await list_keys(store, prefix) == keys
        assert [(await store.read_range(key, 0, 4096)).decode() for key in keys] == keys
        for outside in ("", "elsewhere/", f"{prefix[:-1]}x/"):
            with pytest.raises(StorageDeniedError):
                await list_keys(store, outside)
            with pytest.raises(StorageDeniedError):
                await store.read_range(f"{outside}file", 0, 1)


async def test_the_policy_for_a_whole_bucket_opens_it_and_no_other(
    owner: Customer, grant: Grant
) -> None:
    owner.put("a")
    policy = CEPH.policy(owner.bucket, "")
    assert policy is not None
    grant(owner, policy)
    async with owner.open_bucket(owner.reader) as store:
        assert f"{owner.prefix}a" in await list_keys(store, "")
    other = replace(Customer.make(owner.ceph), reader=owner.reader)
    async with other.open_bucket(other.reader) as store:
        with pytest.raises(StorageDeniedError):
            await list_keys(store, "")
