"""Run the demo: the four journeys, one after the other, each shown."""

from collections.abc import Callable
from typing import TypeVar

from rich.console import Console

from deploy.local.clouds.aws import AwsCloud
from deploy.local.demo import journeys
from deploy.local.demo.customer import Customer
from deploy.local.demo.files import customer_files
from deploy.local.demo.tenancy import Tenancy, open_api
from deploy.local.stack import Stack

Outcome = TypeVar("Outcome")


def run_demo(stack: Stack, cloud: AwsCloud, console: Console) -> Tenancy:
    """Run every journey and return the organization that made them.

    Raises:
        LocalStackError: a journey failed; the sentence says where.
    """
    tenancy = Tenancy.keep(stack)
    customer = Customer(cloud)
    files = {file.key: file for file in customer_files(customer.prefix)}
    customer.make_bucket(files.values())
    with open_api(stack, tenancy.api_key) as api:
        demo = journeys.Demo(api, customer, files, console, stack.check)

        def journey(title: str, run: Callable[[], Outcome]) -> Outcome:
            console.rule(title, align="left")
            outcome = run()
            console.print(f"{title}: passed.", style="green")
            return outcome

        location = journey("1 Connect", lambda: journeys.connect(demo))
        dataset = journey("2 Import", lambda: journeys.import_files(demo, location))
        journey("3 View", lambda: journeys.view(demo, dataset))
        journey("4 Live with it", lambda: journeys.live_with_it(demo, location, dataset))
    return tenancy
