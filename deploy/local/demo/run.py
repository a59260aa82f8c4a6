"""Run the demo: for each cloud the four journeys, and that nobody else can go them."""

from collections.abc import Callable, Iterator
from typing import TypeVar

from rich.console import Console

from deploy.local.clouds.cloud import Cloud
from deploy.local.demo import journeys
from deploy.local.demo.apart import keep_apart
from deploy.local.demo.aws_customer import AwsCustomer
from deploy.local.demo.azure_customer import AzureCustomer
from deploy.local.demo.connecting import connect
from deploy.local.demo.customer import Customer
from deploy.local.demo.files import customer_files
from deploy.local.demo.google_customer import GoogleCustomer
from deploy.local.demo.scene import Demo
from deploy.local.demo.tenancy import HARBOUR_LABS, PIER_NINE, Tenancy, open_api
from deploy.local.stack import Stack

Outcome = TypeVar("Outcome")


def run_demo(stack: Stack, console: Console) -> dict[str, Tenancy]:
    """Run every journey on every cloud; return the organizations that made them, by the cloud.

    Raises:
        LocalStackError: a journey failed; the sentence says where.
    """
    tenancies: dict[str, Tenancy] = {}
    for cloud, customer in customers(stack):
        tenancy, stranger = (
            Tenancy.keep(stack, name) if cloud.lasts else Tenancy.make(stack, name)
            for name in (HARBOUR_LABS, PIER_NINE)
        )
        files = [file for file in customer_files(customer.prefix) if customer.holds(file.key)]
        customer.make_bucket(files)
        with open_api(stack, tenancy.api_key) as api, open_api(stack, stranger.api_key) as other:
            keyed = {file.key: file for file in files}
            run_journeys(cloud.title, Demo(api, other, customer, keyed, console, stack.check))
        tenancies[cloud.title] = tenancy
    return tenancies


def customers(stack: Stack) -> Iterator[tuple[Cloud, Customer]]:
    """Go through the clouds that run, with a customer in each."""
    clouds, vault_url = stack.clouds, stack.credentials_url
    if clouds.aws is not None:
        yield clouds.aws, AwsCustomer(clouds.aws)
    if clouds.google is not None:
        yield clouds.google, GoogleCustomer(clouds.google.world, vault_url)
    if clouds.azure is not None:
        tenant = clouds.azure.entra.add_tenant()
        yield clouds.azure, AzureCustomer(clouds.azure, vault_url, tenant)


def run_journeys(cloud: str, demo: Demo) -> None:
    """Run one after the other, each shown."""

    def journey(title: str, run: Callable[[], Outcome]) -> Outcome:
        demo.console.rule(f"{cloud}: {title}", align="left")
        outcome = run()
        demo.console.print(f"{title}: passed.", style="green")
        return outcome

    location = journey("1 Connect", lambda: connect(demo))
    dataset = journey("2 Import", lambda: journeys.import_files(demo, location))
    journey("3 View", lambda: journeys.view(demo, dataset))
    journey("4 Live with it", lambda: journeys.live_with_it(demo, location, dataset))
    journey("5 Kept apart", lambda: keep_apart(demo, location, dataset))
