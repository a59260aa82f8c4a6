"""CORS documents on a bucket: our checks beside what a page in Chromium gets from it."""

from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
from playwright.async_api import Browser, Page

from deploy.local.clouds.aws import AwsCloud, Keys
from services.credentials.access.browsers import BrowserChecks, SignedUrl
from services.credentials.access.checks import Status
from services.credentials.access.cors_findings import CorsRule
from services.credentials.access.origin_checks import ORIGIN_CHECKS, OriginChecks, ViewerUrls
from services.credentials.access.probes import open_probes
from services.credentials.setup.cors import EXPOSED_HEADERS, cors_rules
from shared.egress import EgressGuard
from shared.leases import Bucket
from shared.uris import Provider
from tests.emulators.customer import allow, policy
from tests.emulators.ministack import ministack
from tests.integration.chromium import (
    ask_fetch,
    ask_image,
    ask_page,
    open_chromium,
)
from tests.integration.cors_server import PIXEL, Served, serving_page

pytestmark = pytest.mark.integration

REGION = "eu-central-1"
KEY = "a.gif"
RULE = CorsRule("Give the bucket this rule.", {})
GET, PREFLIGHT, RANGE, HEAD = ORIGIN_CHECKS

# With values that no object has, so that the store answers with the object itself.
VIEWER_HEADERS = {
    "Range": "bytes=-1",
    "If-Match": "*",
    "If-None-Match": '"none"',
    "If-Modified-Since": "Sat, 01 Nov 2025 02:00:00 GMT",
    "If-Range": '"none"',
}

CHANGES: dict[str, dict[str, Any]] = {
    "the kit's rule": {},
    "any origin": {"AllowedOrigins": ["*"]},
    "a pattern": {"AllowedOrigins": ["http://*"]},
    "another origin": {"AllowedOrigins": ["https://other.example"]},
    "another scheme": {"AllowedOrigins": ["https://{rest}"]},
    "no port": {"AllowedOrigins": ["http://app.localhost"]},
    "a slash": {"AllowedOrigins": ["{origin}/"]},
    "upper case": {"AllowedOrigins": ["HTTP://{rest}"]},
    "get alone": {"AllowedMethods": ["GET"]},
    "head alone": {"AllowedMethods": ["HEAD"]},
    "put alone": {"AllowedMethods": ["PUT"]},
    "any header": {"AllowedHeaders": ["*"]},
    "a pattern of headers": {"AllowedHeaders": ["Range", "If-*"]},
    "range alone": {"AllowedHeaders": ["range"]},
    "conditions alone": {"AllowedHeaders": ["if-*"]},
    "authorization alone": {"AllowedHeaders": ["authorization"]},
    "no header": {"AllowedHeaders": []},
    "nothing exposed": {"ExposeHeaders": []},
    "etag exposed": {"ExposeHeaders": ["ETag"]},
    "no age": {"MaxAgeSeconds": 0},
}


@pytest.fixture(scope="module")
def cloud() -> Iterator[AwsCloud]:
    with ministack() as started:
        yield started


@pytest.fixture(scope="module")
async def pages() -> AsyncIterator[Served]:
    async with serving_page() as served:
        yield served


@pytest.fixture(scope="module")
async def chromium() -> AsyncIterator[Browser]:
    async with open_chromium() as browser:
        yield browser


@pytest.fixture
async def page(chromium: Browser, pages: Served) -> AsyncIterator[Page]:
    context = await chromium.new_context()
    opened = await context.new_page()
    await opened.goto(pages.url("", "app.localhost"))
    yield opened
    await context.close()


@pytest.fixture(scope="module")
def reader(cloud: AwsCloud) -> Keys:
    """A user of the customer's who may read: the signatures of an account's root are not judged."""
    iam = cloud.client("iam", cloud.customer)
    iam.create_user(UserName="reader")
    reading = policy(allow(Action="s3:GetObject", Resource="*"))
    iam.put_user_policy(UserName="reader", PolicyName="read", PolicyDocument=reading)
    made = iam.create_access_key(UserName="reader")["AccessKey"]
    return Keys(made["AccessKeyId"], made["SecretAccessKey"])


@dataclass(frozen=True, slots=True)
class Store:
    """A bucket with an image in it, and URLs that a viewer got for that."""

    s3: Any
    bucket: str
    urls: ViewerUrls

    def put_rule(self, origin: str, changes: Mapping[str, Any]) -> None:
        """Set the kit's rule for the origin, with changes to it."""
        document: Any = cors_rules([origin])
        (rule,) = document["CORSRules"]
        named = {"origin": origin, "rest": origin.removeprefix("http://")}
        origins = [each.format(**named) for each in changes.get("AllowedOrigins", [origin])]
        configuration = {"CORSRules": [{**rule, **changes, "AllowedOrigins": origins}]}
        self.s3.put_bucket_cors(Bucket=self.bucket, CORSConfiguration=configuration)

    def delete(self) -> None:
        """Delete the image."""
        self.s3.delete_object(Bucket=self.bucket, Key=KEY)


@pytest.fixture
def store(cloud: AwsCloud, reader: Keys) -> Store:
    name = f"acme-{uuid4().hex}"
    s3 = cloud.client("s3", cloud.customer, region=REGION)
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket=name, Key=KEY, Body=PIXEL, ContentType="image/gif")
    place = Bucket(Provider.S3, name, REGION, cloud.endpoint, path_style=True)
    signer = cloud.client("s3", reader, region=REGION)
    get, head = (
        signer.generate_presigned_url(each, Params={"Bucket": name, "Key": KEY})
        for each in ("get_object", "head_object")
    )
    urls = ViewerUrls(SignedUrl(place, get), SignedUrl(place, head), object_exists=True)
    return Store(s3, name, urls)


async def ours(urls: ViewerUrls, origin: str) -> dict[str, Status]:
    async with open_probes(EgressGuard(allow_private=True)) as probes:
        checks = OriginChecks(BrowserChecks(probes), urls, RULE)
        return {name: (await question).status for name, question in checks.ask(origin)}


async def theirs(page: Page, urls: ViewerUrls) -> dict[str, Status]:
    """Say what the browser does, in the words of our checks."""
    image, everything, parts, part, head = await ask_page(
        page,
        [
            ask_image(urls.get.url),
            ask_fetch(urls.get.url, headers=VIEWER_HEADERS),
            ask_fetch(urls.get.url, headers={"Range": "bytes=-1"}),
            ask_fetch(urls.get.url, headers={"Range": "bytes=0-0"}),
            ask_fetch(urls.head.url, "HEAD"),
        ],
    )
    seen = part.visible >= {name.lower() for name in EXPOSED_HEADERS}
    return {
        GET: _status(passed=image.read),
        PREFLIGHT: _status(passed=everything.read, warned=parts.read),
        RANGE: _status(passed=part.read and seen, warned=part.read),
        HEAD: _status(passed=head.read),
    }


def _status(*, passed: bool, warned: bool = False) -> Status:
    if passed:
        return Status.PASSED
    return Status.WARNING if warned else Status.FAILED


@pytest.mark.parametrize("name", CHANGES)
async def test_our_checks_say_what_the_browser_does(
    page: Page, pages: Served, store: Store, name: str
) -> None:
    origin = pages.url("", "app.localhost").rstrip("/")
    store.put_rule(origin, CHANGES[name])
    assert await ours(store.urls, origin) == await theirs(page, store.urls)


async def test_a_bucket_without_rules_and_one_that_refuses_fail_in_both(
    page: Page, pages: Served, store: Store
) -> None:
    origin = pages.url("", "app.localhost").rstrip("/")
    everything = dict.fromkeys(ORIGIN_CHECKS, Status.FAILED)
    assert await ours(store.urls, origin) == await theirs(page, store.urls) == everything
    store.put_rule(origin, {})
    store.delete()  # the URL of a file that has gone
    assert await ours(store.urls, origin) == {**everything, PREFLIGHT: Status.PASSED}
