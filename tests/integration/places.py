"""Places: a customer's bucket at a Ceph as a location of an organization."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mooring_sdk.api.credentials import get_setup_kit
from mooring_sdk.models import AccessReportBody, CheckBody, CredentialBody, SetupKitBody

from deploy.local.demo.api import Api, given
from deploy.local.demo.customer import document
from tests.integration.customers import Customer
from tests.journeys.owners import ORIGIN, NewCredential, add_credential, locate
from tests.journeys.places import Reach

BROWSERS = ("cors", "browser_")
WORSE = ("passed", "skipped", "warning", "failed")


@dataclass(frozen=True, slots=True)
class Place(Reach):
    """Both sides of a bucket, and a dataset of its own."""

    customer: Customer
    credential: CredentialBody
    kit: SetupKitBody

    def paste(self) -> None:
        """Do what the kit says, with its documents."""
        self.customer.give_reader(document(self.kit.permission_policy))
        self.customer.set_cors(document(self.kit.cors))


def connect(
    api: Api,
    customer: Customer,
    body: NewCredential | None = None,
    *,
    origins: Sequence[str] = (ORIGIN,),
) -> Place:
    """Make a location of the customer's bucket; they have not done anything for it yet."""
    credential = add_credential(api, body or customer.credential())
    kit = given(
        get_setup_kit.sync(
            credential.credential_id, client=api.vault, uri=customer.uri, origin=[*origins]
        )
    )
    reach = locate(api, credential.credential_id, customer.uri, origins)
    return Place(api, reach.location_id, reach.dataset_id, customer, credential, kit)


def statuses(report: AccessReportBody) -> dict[str, str]:
    """Return the status of each check; of those that are a browser's, the worst one."""
    found: dict[str, str] = {}
    for check in report.checks:
        name = "browser" if check.name.startswith(BROWSERS) else check.name
        found[name] = max(found.get(name, "passed"), check.status.value, key=WORSE.index)
    return found


def failed_check(report: AccessReportBody, beginning: str) -> CheckBody:
    """Return the first failed check whose name begins so."""
    failed = (check for check in report.checks if check.status.value == "failed")
    return next(check for check in failed if check.name.startswith(beginning))


def documents(check: CheckBody) -> dict[str, Any]:
    """Return the documents that mend what a check found."""
    assert check.remedy is not None
    found: dict[str, Any] = check.remedy.documents.to_dict()
    return found
