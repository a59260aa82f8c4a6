"""Imports from a Ceph: twenty thousand objects and the hard keys, and what changes among them."""

from collections.abc import Iterator

import pytest
from mooring_sdk.models import AssetBody

from deploy.local.demo.api import Api
from deploy.local.demo.fetch import Fetcher
from tests.integration.ceph import Ceph
from tests.integration.customers import Customer
from tests.integration.places import Place, connect
from tests.journeys.owners import hard_keys
from tests.journeys.places import counts, keys_of

pytestmark = [pytest.mark.integration, pytest.mark.xdist_group("integration")]

OBJECTS = 20_000
FOLDERS = 40
FETCHED_EVERY = 200


@pytest.fixture
def fetcher() -> Iterator[Fetcher]:
    """A client that sends a path as it stands."""
    fetcher = Fetcher()
    yield fetcher
    fetcher.close()


def fetch_all(place: Place, fetcher: Fetcher, assets: list[AssetBody]) -> dict[str, bytes]:
    """Return the bytes to which the assets' presigned URLs lead, by key."""
    urls = [str(answer.url) for answer in place.presign(assets)]
    return {asset.key: fetcher.get(url) for asset, url in zip(assets, urls, strict=True)}


async def test_a_large_prefix_is_imported_whole_viewed_and_kept_in_sync(
    api: Api, ceph: Ceph, fetcher: Fetcher
) -> None:
    customer = Customer.make(ceph)
    hard = hard_keys(customer.prefix)
    plain = [f"{customer.prefix}{n % FOLDERS:02}/{n:06}.jpg" for n in range(OBJECTS)]
    await customer.put_many([*plain, *hard, "elsewhere/not ours"])
    place = connect(api, customer)
    place.paste()
    total = len(plain) + len(hard)

    first = counts(place.run_import())
    assert (first["listed"], first["added"]) == (total, total)
    assets = place.list_assets()
    assert keys_of(assets) == sorted([*plain, *hard])
    by_key = {asset.key: asset for asset in assets}
    chosen = [by_key[key] for key in (*plain[::FETCHED_EVERY], *hard)]
    assert fetch_all(place, fetcher, chosen) == {each.key: each.key.encode() for each in chosen}

    assert counts(place.run_import()) == {"listed": total, "unchanged": total}

    gone, changed, new = plain[7], plain[11], f"{customer.prefix}50/new +%.jpg"
    customer.s3.delete_object(Bucket=customer.bucket, Key=gone)
    customer.s3.put_object(Bucket=customer.bucket, Key=changed, Body=b"other bytes")
    await customer.put_many([new])
    again = counts(place.run_import())
    assert {
        name: again[name] for name in ("listed", "added", "changed", "missing", "unchanged")
    } == {
        "listed": total,
        "added": 1,
        "changed": 1,
        "missing": 1,
        "unchanged": total - 2,
    }
    found = {asset.key: asset for asset in place.list_assets()}
    assert {found[key].state.value for key in (changed, new)} == {"available"}
    assert found[gone].state.value == "missing"
    assert fetch_all(place, fetcher, [found[changed], found[new]]) == {
        changed: b"other bytes",
        new: new.encode(),
    }
    assert found[changed].asset_id == by_key[changed].asset_id


async def test_versions_are_pinned_and_viewed_as_they_were(
    api: Api, ceph: Ceph, fetcher: Fetcher
) -> None:
    customer = Customer.make(ceph)
    customer.s3.put_bucket_versioning(
        Bucket=customer.bucket, VersioningConfiguration={"Status": "Enabled"}
    )
    keys = hard_keys(customer.prefix)
    await customer.put_many(keys)
    place = connect(api, customer)
    place.paste()
    finished = counts(place.run_import(pin_versions=True))
    assert (finished["listed"], finished["added"]) == (len(keys), len(keys))
    assets = place.list_assets()
    for key in keys:
        customer.s3.put_object(Bucket=customer.bucket, Key=key, Body=b"a later version")
    assert fetch_all(place, fetcher, assets) == {key: key.encode() for key in keys}
