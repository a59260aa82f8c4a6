"""Keys that others break: from the listing to the bytes, each one is what the customer named it."""

from collections.abc import Iterator
from dataclasses import replace
from uuid import uuid4

import pytest
from mooring_sdk.api.presigning import redirect_to_content
from mooring_sdk.models import ImportState

from deploy.local.demo.aws_customer import AwsCustomer
from deploy.local.demo.fetch import Fetcher
from deploy.local.demo.files import HARD_KEYS as DEMO_KEYS
from deploy.local.demo.files import LONGEST_KEY_BYTES
from tests.hard_keys import HARD_KEYS
from tests.journeys.conftest import MakeCustomer, Organization
from tests.journeys.places import Place, connect, file_of, keys_of

pytestmark = pytest.mark.xdist_group("journeys")

LIKE_A_URI = "s3://some-bucket/key"
HARD_PREFIX = " a//+%2F ${*}?'e\u0301/"


def hard_keys(prefix: str) -> list[str]:
    """Return every hard key below the prefix, as it is and as the beginning of a longer one."""
    below = [f"{prefix}{key}" for key in (*HARD_KEYS, *DEMO_KEYS, LIKE_A_URI)]
    longer = [f"{key}/leaf.jpg" for key in below]
    return sorted({cut(key) for key in (*below, *longer)})


def cut(key: str) -> str:
    """Cut a key to what S3 takes."""
    return key.encode()[:LONGEST_KEY_BYTES].decode(errors="ignore")


@pytest.fixture(
    scope="module", params=["", "team/", HARD_PREFIX], ids=["bucket", "prefix", "hard prefix"]
)
def customer(request: pytest.FixtureRequest, make_customer: MakeCustomer) -> AwsCustomer:
    """Somebody whose bucket is full of hard keys."""
    customer = make_customer(request.param)
    customer.make_bucket(file_of(key) for key in hard_keys(customer.prefix))
    return customer


@pytest.fixture
def place(organization: Organization, customer: AwsCustomer) -> Place:
    return connect(organization.api, replace(customer, role=f"mooring-{uuid4().hex}"))


@pytest.fixture
def fetcher() -> Iterator[Fetcher]:
    """A client that sends a path as it stands."""
    fetcher = Fetcher()
    yield fetcher
    fetcher.close()


def test_every_hard_key_comes_back_as_the_same_bytes(place: Place, fetcher: Fetcher) -> None:
    keys = hard_keys(place.customer.prefix)
    finished = place.run_import()
    assert (finished.state, finished.counts.listed) == (ImportState.COMPLETED, len(keys))
    assets = place.list_assets()
    assert keys_of(assets) == keys
    urls = dict(zip((asset.key for asset in assets), place.presign(assets), strict=True))
    fetched = {key: fetcher.get(str(answer.url)) for key, answer in urls.items()}
    assert fetched == {key: key.encode() for key in keys}


def test_a_redirect_leads_to_every_hard_key(place: Place, fetcher: Fetcher) -> None:
    place.run_import()
    fetched = {}
    for asset in place.list_assets():
        answer = redirect_to_content.sync_detailed(
            asset.dataset_id, asset.asset_id, client=place.api.gateway
        )
        fetched[asset.key] = fetcher.get(answer.headers["Location"])
    assert fetched == {key: key.encode() for key in hard_keys(place.customer.prefix)}


@pytest.mark.parametrize("form", ["key", "URI"])
def test_every_hard_key_is_found_as_a_source_file(
    place: Place, fetcher: Fetcher, form: str
) -> None:
    keys = hard_keys(place.customer.prefix)
    uris = {key: f"s3://{place.customer.bucket}/{key}" for key in keys}
    named = [uris[key] if form == "URI" or key.startswith(LIKE_A_URI) else key for key in keys]
    finished = place.run_import(source_files=named)
    assert (finished.state, finished.rejected_by_code.to_dict()) == (ImportState.COMPLETED, {})
    assets = place.list_assets()
    assert keys_of(assets) == keys
    urls = dict(zip((asset.key for asset in assets), place.presign(assets), strict=True))
    fetched = {key: fetcher.get(str(answer.url)) for key, answer in urls.items()}
    assert fetched == {key: key.encode() for key in keys}
