"""The last journey, kept apart: another organization finds nothing, and opens nothing."""

from mooring_sdk.api.credentials import get_credential, get_setup_kit
from mooring_sdk.api.datasets import get_dataset, list_assets
from mooring_sdk.api.imports import create_import
from mooring_sdk.api.locations import get_location, verify_access, verify_location_access
from mooring_sdk.api.presigning import presign_assets
from mooring_sdk.models import (
    DatasetBody,
    LocationBody,
    NewImportBody,
    NewPresignedUrlsBody,
    Problem,
)

from deploy.local.demo.api import given
from deploy.local.demo.connecting import keep_credential, location_of
from deploy.local.demo.journeys import available_assets
from deploy.local.demo.scene import Demo, require
from deploy.local.demo.show import show_report
from deploy.local.errors import LocalStackError

NOT_FOUND = 404  # not 403: whether there is such a thing is nobody else's business


def keep_apart(demo: Demo, location: LocationBody, dataset: DatasetBody) -> None:
    """Let a stranger ask for all that there is, and name the same bucket as theirs."""
    for what, answer in ask_for_everything(demo, location, dataset).items():
        require(
            isinstance(answer, Problem) and answer.status == NOT_FOUND,
            f"Another organization asks for {what} and is not told that there is none.",
        )
    demo.console.print("Another organization that knows every id finds nothing.")
    credential = keep_credential(demo.stranger, demo.customer)
    if isinstance(credential, Problem):
        demo.console.print(f"It names the same bucket: {credential.detail}")
        return
    body = location_of(given(credential), demo.customer)
    report = given(verify_access.sync(client=demo.stranger.vault, body=body))
    show_report(demo.console, "The same bucket, named by another organization", report)
    require(not report.valid, "Another organization reaches the bucket by naming it.")


def ask_for_everything(
    demo: Demo, location: LocationBody, dataset: DatasetBody
) -> dict[str, object]:
    """Return what the stranger is answered, by what they ask for."""
    vault, ingest = demo.stranger.vault, demo.stranger.ingest
    asset = next(available_assets(demo, dataset), None)
    if asset is None:
        raise LocalStackError("There is no asset to ask for.")
    urls = NewPresignedUrlsBody(dataset_id=dataset.dataset_id, asset_ids=[asset.asset_id])
    job = NewImportBody(dataset_id=dataset.dataset_id, location_id=location.location_id)
    return {
        "the credential": get_credential.sync(location.credential_id, client=vault),
        "its setup kit": get_setup_kit.sync(
            location.credential_id, client=vault, uri=demo.customer.uri
        ),
        "the location": get_location.sync(location.location_id, client=vault),
        "a report on it": verify_location_access.sync(location.location_id, client=vault),
        "an import": create_import.sync(client=ingest, body=job),
        "the dataset": get_dataset.sync(dataset.dataset_id, client=ingest),
        "its assets": list_assets.sync(dataset.dataset_id, client=ingest),
        "a URL": presign_assets.sync(client=demo.stranger.gateway, body=urls),
    }
