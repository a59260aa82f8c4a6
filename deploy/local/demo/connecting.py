"""The first journey, connect: a credential, the setup kit, a verified location."""

from mooring_sdk.api.credentials import create_credential, get_setup_kit, list_credentials
from mooring_sdk.api.locations import (
    create_location,
    list_locations,
    verify_access,
    verify_location_access,
)
from mooring_sdk.models import (
    AccessReportBody,
    CredentialBody,
    LocationBody,
    NewLocationBody,
    Problem,
    SetupKitBody,
)

from deploy.local.demo.api import Api, given
from deploy.local.demo.customer import Customer
from deploy.local.demo.scene import NAME, PAGE, Demo, require
from deploy.local.demo.show import show_report


def connect(demo: Demo) -> LocationBody:
    """The customer does what the setup kit says; Mooring verifies the access, and its limits."""
    customer = demo.customer
    customer.consent(demo.api)
    credential = given(keep_credential(demo.api, customer))
    kit = given(
        get_setup_kit.sync(
            credential.credential_id,
            client=demo.api.vault,
            uri=customer.uri,
            origin=[customer.origin],
        )
    )
    customer.set_up(kit)
    body = location_of(credential, customer)
    dry_run = given(verify_access.sync(client=demo.api.vault, body=body))
    show_report(demo.console, f"Access to {customer.uri}", dry_run)
    require(dry_run.valid, "The access report of a correct setup is not valid.")
    location = keep_location(demo, body)
    find_mistake(demo, location, kit)
    return location


def keep_credential(api: Api, customer: Customer) -> CredentialBody | Problem | None:
    """Return the organization's credential for the customer, adding what it does not have."""
    body = customer.credential(NAME)
    page = given(list_credentials.sync(client=api.vault, limit=PAGE))
    for found in page.items:
        if found.retired_at is None and body.to_dict().items() <= found.to_dict().items():
            return found
    return create_credential.sync(client=api.vault, body=body)


def location_of(credential: CredentialBody, customer: Customer) -> NewLocationBody:
    """Return the customer's files as a location that a credential reaches."""
    return NewLocationBody(
        credential_id=credential.credential_id,
        uri=customer.uri,
        name=NAME,
        origins=[customer.origin],
    )


def keep_location(demo: Demo, body: NewLocationBody) -> LocationBody:
    page = given(list_locations.sync(client=demo.api.vault, limit=PAGE))
    for found in page.items:
        if found.credential_id == body.credential_id and found.uri == body.uri:
            return found
    return given(create_location.sync(client=demo.api.vault, body=body))


def find_mistake(demo: Demo, location: LocationBody, kit: SetupKitBody) -> None:
    """The customer makes a mistake: the report must say so, and what to do."""
    customer, mistake = demo.customer, demo.customer.mistake
    customer.err(kit)
    report = verify(demo, location)
    show_report(demo.console, f"The same, when {mistake.told}", report)
    failed = {check.name for check in report.checks if check.status.value == "failed"}
    require(not report.valid, f"The report is valid although {mistake.told}.")
    require(failed == mistake.checks, f"Other checks failed: {sorted(failed)}.")
    customer.mend(kit)
    require(verify(demo, location).valid, "The report is not valid after the remedy.")


def verify(demo: Demo, location: LocationBody) -> AccessReportBody:
    return given(verify_location_access.sync(location.location_id, client=demo.api.vault))
