"""Ingest's description says what its routes really answer."""

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI

Operation = dict[str, Any]


@pytest.fixture
def operations(ingest: FastAPI) -> dict[str, Operation]:
    return {each["operationId"]: each for each in _operations(ingest)}


def _operations(app: FastAPI) -> Iterator[Operation]:
    for item in app.openapi()["paths"].values():
        yield from item.values()


def test_every_route_has_a_summary_of_its_own(operations: dict[str, Operation]) -> None:
    assert {name: each["summary"] for name, each in operations.items()} == {
        "create_dataset": "Add a dataset",
        "list_datasets": "List datasets",
        "get_dataset": "Get a dataset",
        "list_assets": "List assets",
        "get_asset": "Get an asset",
        "list_asset_versions": "List an asset's earlier versions",
        "schedule_syncs": "Schedule syncs",
        "sync_dataset": "Sync a dataset",
        "create_import": "Start an import",
        "preview_import": "Preview an import",
        "list_imports": "List imports",
        "get_import": "Get an import",
        "follow_import": "Follow an import",
        "cancel_import": "Cancel an import",
        "pause_import": "Pause an import",
        "resume_import": "Resume an import",
        "retry_import": "Retry an import",
        "decide_import": "Decide about a plan",
        "list_import_changes": "List changes",
        "download_rejected_keys": "Download the rejected keys",
        "list_rejected_keys": "List rejected keys",
        "create_manifest": "Upload a manifest",
        "get_manifest": "Get a manifest",
        "delete_manifest": "Delete a manifest",
        "create_webhook": "Add a webhook",
        "list_webhooks": "List webhooks",
        "get_webhook": "Get a webhook",
        "change_webhook": "Change a webhook",
        "delete_webhook": "Delete a webhook",
        "rotate_webhook_secret": "Rotate a webhook's secret",
        "test_webhook": "Test a webhook",
        "list_webhook_deliveries": "List deliveries",
        "replay_webhook_delivery": "Replay a delivery",
    }


def test_lists_end_with_a_cursor_and_a_limit(operations: dict[str, Operation]) -> None:
    lists = {name: each for name, each in operations.items() if name.startswith("list_")}
    assert len(lists) >= 8
    for name, operation in lists.items():
        names = [each["name"] for each in operation["parameters"] if each["in"] == "query"]
        assert names[-2:] == ["cursor", "limit"], name


def test_an_accepted_import_says_where_to_look(operations: dict[str, Operation]) -> None:
    accepted = operations["create_import"]["responses"]["202"]
    assert accepted["headers"].keys() == {"Location"}
    assert accepted["content"].keys() == {"application/json"}


def test_a_refused_import_says_for_what(operations: dict[str, Operation]) -> None:
    responses = operations["create_import"]["responses"]
    assert set(responses) >= {"202", "401", "403", "404", "409", "413", "422", "424", "500", "503"}
    assert "`location-not-verified` (`failed_checks`" in responses["409"]["description"]
    assert "`conflict`" in responses["409"]["description"]
    for code in ("storage-throttled", "database-unavailable", "vault-unavailable"):
        assert f"`{code}`" in responses["503"]["description"]


def test_events_are_described_as_events(operations: dict[str, Operation]) -> None:
    responses = operations["follow_import"]["responses"]
    assert responses["200"]["content"].keys() == {"text/event-stream"}
    assert "content" not in responses["204"]
