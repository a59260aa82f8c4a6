"""The report of rejected keys: a line of JSON for each, however many there are."""

import json

import httpx

from services.ingest.reports import ROWS
from tests.services.ingest.api.asking import pages_of, submit
from tests.services.ingest.conftest import Ground


async def test_rejected_keys_are_downloaded_as_lines(
    caller: httpx.AsyncClient, stranger: httpx.AsyncClient, ground: Ground
) -> None:
    files = [f"elsewhere/{number:05}.jpg" for number in range(ROWS + 1)]
    imported = await submit(caller, ground, source_files=files)
    path = f"/v1/imports/{imported['import_id']}/rejected-keys"
    listed = [row for page in await pages_of(caller, path, limit=1000) for row in page]
    answer = await caller.get(f"{path}.ndjson")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/x-ndjson"
    assert answer.headers["content-disposition"].endswith('.ndjson"')
    assert [json.loads(line) for line in answer.text.splitlines()] == listed
    assert [row["key"] for row in listed] == files
    assert (await stranger.get(f"{path}.ndjson")).status_code == 404


async def test_the_report_of_an_import_without_rejected_keys_is_empty(
    caller: httpx.AsyncClient, ground: Ground
) -> None:
    imported = await submit(caller, ground)
    answer = await caller.get(f"/v1/imports/{imported['import_id']}/rejected-keys.ndjson")
    assert (answer.status_code, answer.text) == (200, "")
