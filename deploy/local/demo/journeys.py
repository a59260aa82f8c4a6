"""The journeys once a bucket is connected: import, view, live with it."""

import hashlib
import time
from collections.abc import Iterator
from uuid import UUID, uuid4

from mooring_sdk.api.datasets import create_dataset, list_assets, list_datasets
from mooring_sdk.api.imports import create_import, get_import, list_imports
from mooring_sdk.api.presigning import presign_assets
from mooring_sdk.models import (
    AssetBody,
    AssetState,
    DatasetBody,
    ImportBody,
    ImportState,
    LocationBody,
    NewDatasetBody,
    NewImportBody,
    NewPresignedUrlsBody,
)

from deploy.local.demo.api import given
from deploy.local.demo.fetch import Fetcher
from deploy.local.demo.files import File
from deploy.local.demo.scene import NAME, PAGE, Demo, require
from deploy.local.demo.show import progress_bar, show_assets

POLL_SECONDS = 0.1
IMPORT_SECONDS = 120.0
SHOWN_ASSETS = 8
FINAL = (
    ImportState.COMPLETED,
    ImportState.FAILED,
    ImportState.CANCELLED,
    ImportState.AWAITING_DECISION,
    ImportState.DISCARDED,
)


def import_files(demo: Demo, location: LocationBody) -> DatasetBody:
    """Import the prefix without copying: every file becomes an asset, once."""
    dataset = keep_dataset(demo)
    finished = run_import(demo, location, dataset)
    require(
        finished.counts.listed == len(demo.files),
        f"{finished.counts.listed} objects were listed; the bucket has {len(demo.files)}.",
    )
    assets = list(available_assets(demo, dataset))
    require(
        sorted(asset.key for asset in assets) == sorted(demo.files),
        "The assets are not exactly the files of the bucket.",
    )
    step = max(len(assets) // SHOWN_ASSETS, 1)
    show_assets(demo.console, assets[::step])
    return dataset


def keep_dataset(demo: Demo) -> DatasetBody:
    page = given(list_datasets.sync(client=demo.api.ingest, limit=PAGE))
    for found in page.items:
        if found.name == NAME:
            return found
    return given(create_dataset.sync(client=demo.api.ingest, body=NewDatasetBody(name=NAME)))


def run_import(demo: Demo, location: LocationBody, dataset: DatasetBody) -> ImportBody:
    """Import the location's prefix and show how it goes until it is completed.

    What a killed run left behind is finished first: a worker goes on with it by itself.
    """
    page = given(list_imports.sync(client=demo.api.ingest, dataset_id=dataset.dataset_id, limit=1))
    for unfinished in page.items:
        follow(demo, unfinished)
    body = NewImportBody(dataset_id=dataset.dataset_id, location_id=location.location_id)
    job = follow(demo, given(create_import.sync(client=demo.api.ingest, body=body)))
    require(job.state is ImportState.COMPLETED, f"The import ended as {job.state.value}.")
    told = ", ".join(f"{count} {name}" for name, count in job.counts.to_dict().items() if count)
    demo.console.print(f"The import: {told}.")
    return job


def follow(demo: Demo, job: ImportBody) -> ImportBody:
    """Show an import's progress until it ends."""
    if job.state in FINAL:
        return job
    deadline = time.monotonic() + IMPORT_SECONDS
    with progress_bar(demo.console) as bar:
        task = bar.add_task("import", total=None, rate=0.0, state=job.state.value)
        while job.state not in FINAL:
            require(time.monotonic() < deadline, "The import does not end.")
            demo.check()
            time.sleep(POLL_SECONDS)
            job = given(get_import.sync(job.import_id, client=demo.api.ingest))
            bar.update(task, completed=job.counts.listed, rate=job.rate, state=job.state.value)
        bar.update(task, total=job.counts.listed)
    return job


def available_assets(demo: Demo, dataset: DatasetBody) -> Iterator[AssetBody]:
    cursor = None
    while True:
        page = given(
            list_assets.sync(
                dataset.dataset_id,
                client=demo.api.ingest,
                state=AssetState.AVAILABLE,
                limit=PAGE,
                cursor=cursor,
            )
        )
        yield from page.items
        if page.next_cursor is None:
            return
        cursor = page.next_cursor


def view(demo: Demo, dataset: DatasetBody) -> None:
    """Presign every asset, download it straight from the bucket and compare every byte."""
    keys = {asset.asset_id: asset.key for asset in available_assets(demo, dataset)}
    urls = presign(demo, dataset, list(keys))
    fetcher = Fetcher(demo.customer.certificates)
    total = 0
    for asset_id, url in urls.items():
        content = fetcher.get(url)
        total += len(content)
        require(
            hashlib.sha256(content).digest()
            == hashlib.sha256(demo.files[keys[asset_id]].content).digest(),
            f"The bytes of {keys[asset_id]!a} differ.",
        )
    fetcher.close()
    require(
        presign(demo, dataset, list(keys)) == urls,
        "The same assets have other URLs within the same window.",
    )
    demo.console.print(f"{len(urls)} presigned URLs fetched; all {total:,} bytes are the same.")
    image = next(asset_id for asset_id, key in keys.items() if key.endswith(".jpeg"))
    trusted = demo.customer.certificates
    who = "a browser" if trusted is None else f"a browser that trusts {trusted}"
    demo.console.print(f"One of them, to open in {who}:", style="bold", soft_wrap=True)
    demo.console.print(urls[image], markup=False, soft_wrap=True, highlight=False)


def presign(demo: Demo, dataset: DatasetBody, asset_ids: list[UUID]) -> dict[UUID, str]:
    body = NewPresignedUrlsBody(dataset_id=dataset.dataset_id, asset_ids=asset_ids)
    answer = given(presign_assets.sync(client=demo.api.gateway, body=body))
    require(all(item.url is not None for item in answer.items), "An available asset has no URL.")
    return {item.asset_id: item.url for item in answer.items if item.url is not None}


def live_with_it(demo: Demo, location: LocationBody, dataset: DatasetBody) -> None:
    """The bucket changes; importing again finds what is new, changed, gone and back."""
    texts = f"{demo.customer.prefix}texts/"
    gone, changed, added = (
        f"{texts}0000.txt",
        f"{texts}0001.txt",
        f"{texts}{uuid4()}.txt",  # another one each time: an asset's key is remembered
    )
    demo.customer.delete(gone)
    demo.customer.put(File(changed, b"another snippet\n", "text/plain"))
    demo.customer.put(File(added, b"a new snippet\n", "text/plain"))
    first = run_import(demo, location, dataset).counts
    require(
        (first.added, first.changed, first.missing) == (1, 1, 1),
        f"Not 1 added, 1 changed and 1 missing: {first.to_dict()}.",
    )
    demo.customer.delete(added)
    for key in (gone, changed):
        demo.customer.put(demo.files[key])
    second = run_import(demo, location, dataset).counts
    require(
        (second.added, second.changed, second.restored, second.missing) == (0, 1, 1, 1),
        f"Not 1 changed, 1 restored and 1 missing: {second.to_dict()}.",
    )
