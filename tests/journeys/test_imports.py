"""Imports: what a bucket holds becomes assets, each once, and what cannot is told."""

from typing import Any
from uuid import uuid4

import pytest
from mooring_sdk.api.imports import create_import, decide_import
from mooring_sdk.models import (
    AssetState,
    DecisionBody,
    DecisionBodyDecision,
    ImportBody,
    ImportState,
    NewImportBody,
)

from deploy.local.demo.files import File
from tests.journeys.places import Place, counts, file_of, keys_of

pytestmark = pytest.mark.xdist_group("journeys")

FROZEN = (
    "The object is in the storage class GLACIER: its owner must restore it before it can be read."
)


def states(place: Place) -> dict[str, str]:
    start = len(place.customer.prefix)
    return {asset.key[start:]: asset.state.value for asset in place.list_assets()}


def test_importing_again_adds_nothing(place: Place) -> None:
    place.put("a", "b", "c")
    assert counts(place.run_import()) == {"listed": 3, "added": 3}
    before = place.list_assets()
    assert counts(place.run_import()) == {"listed": 3, "unchanged": 3}
    assert place.list_assets() == before


def test_what_changes_in_the_bucket_is_found(place: Place) -> None:
    place.put("gone", "changed", "same")
    place.run_import()
    ids = {asset.key: asset.asset_id for asset in place.list_assets()}
    place.customer.delete("team/gone")
    place.customer.put(File("team/changed", b"other", "text/plain"))
    place.put("new")
    assert counts(place.run_import(max_missing_share=0.5)) == {
        "listed": 3,
        "added": 1,
        "changed": 1,
        "unchanged": 1,
        "missing": 1,
        "probed": 2,
        "applied": 3,
    }
    assert states(place) == {
        "gone": "missing",
        "changed": "available",
        "same": "available",
        "new": "available",
    }
    place.put("gone")
    assert counts(place.run_import()) == {
        "listed": 4,
        "restored": 1,
        "unchanged": 3,
        "probed": 1,
        "applied": 1,
    }
    assert states(place)["gone"] == "available"
    found = {asset.key: asset.asset_id for asset in place.list_assets()}
    assert found == ids | {"team/new": found["team/new"]}


def test_a_part_of_the_prefix_leaves_the_rest_alone(place: Place) -> None:
    place.put("one/a", "one/b", "two/c")
    place.run_import()
    for key in ("team/one/a", "team/two/c"):
        place.customer.delete(key)
    assert counts(place.run_import(prefix="team/one/", max_missing_share=0.5)) == {
        "listed": 1,
        "unchanged": 1,
        "missing": 1,
        "applied": 1,
    }
    assert states(place) == {"one/a": "missing", "one/b": "available", "two/c": "available"}


def test_an_emptied_prefix_waits_for_a_decision(place: Place) -> None:
    place.put("a", "b")
    place.run_import()
    for key in ("team/a", "team/b"):
        place.customer.delete(key)
    waiting = place.run_import()
    assert (waiting.state, waiting.counts.missing) == (ImportState.AWAITING_DECISION, 2)
    assert states(place) == {"a": "available", "b": "available"}
    decide_import.sync(
        waiting.import_id,
        client=place.api.ingest,
        body=DecisionBody(decision=DecisionBodyDecision.APPLY),
    )
    assert counts(place.await_end(waiting.import_id)) == {"missing": 2, "applied": 2}
    assert states(place) == {"a": "missing", "b": "missing"}


def test_a_moved_object_keeps_its_asset(place: Place) -> None:
    place.put("in/scan", "in/other", "out/last")
    place.run_import()
    (asset,) = [each for each in place.list_assets() if each.key == "team/in/scan"]
    place.customer.s3.copy_object(
        Bucket=place.customer.bucket,
        Key="team/out/scan",
        CopySource={"Bucket": place.customer.bucket, "Key": "team/in/scan"},
    )
    place.customer.delete("team/in/scan")
    assert counts(place.run_import())["moved"] == 1
    (moved,) = [each for each in place.list_assets() if each.key == "team/out/scan"]
    assert (moved.asset_id, moved.version) == (asset.asset_id, 2)


def test_archived_objects_are_counted_and_say_why_they_cannot_be_seen(place: Place) -> None:
    place.put("warm")
    place.customer.s3.put_object(
        Bucket=place.customer.bucket, Key="team/frozen", Body=b"ice", StorageClass="GLACIER"
    )
    assert counts(place.run_import()) == {"listed": 2, "added": 2, "archived": 1}
    [frozen] = place.list_assets(state=AssetState.ARCHIVED)
    assert (frozen.key, frozen.storage_class, frozen.state_reason) == (
        "team/frozen",
        "GLACIER",
        FROZEN,
    )
    [answer] = place.presign([frozen])
    assert answer.to_dict() == {
        "asset_id": str(frozen.asset_id),
        "version": None,
        "etag": None,
        "url": None,
        "expires_at": None,
        "error": {
            "code": "asset-archived",
            "detail": "The object is archived and must be restored in the bucket first.",
        },
    }


def test_source_files_are_taken_once_and_the_others_are_told(place: Place) -> None:
    place.put("a", "b c+d", "not asked")
    place.customer.put(file_of("elsewhere/e"))
    bucket = place.customer.bucket
    finished = place.run_import(
        source_files=[
            "team/a",
            f"s3://{bucket}/team/a",
            f"s3://{bucket}/team/b c+d",
            "team/none",
            f"s3://{bucket}/team/none",
            "elsewhere/e",
            f"s3://{bucket}/elsewhere/e",
            "s3://another-bucket/team/a",
            "team/nul\0",
        ]
    )
    assert counts(finished) == {"listed": 7, "added": 2, "rejected": 5}
    assert finished.rejected_by_code.to_dict() == {
        "key-not-storable": 1,
        "outside-location": 3,
        "source-file-missing": 1,
    }
    assert keys_of(place.list_assets()) == ["team/a", "team/b c+d"]
    rejected = {
        each.key: (each.code, each.reason) for each in place.list_rejected(finished.import_id)
    }
    outside = ("outside-location", "The key is outside of the location's prefix.")
    assert rejected == {
        "elsewhere/e": outside,
        f"s3://{bucket}/elsewhere/e": outside,
        "s3://another-bucket/team/a": ("outside-location", "The object is in another bucket."),
        "team/none": ("source-file-missing", "The bucket holds no object with this key."),
        "team/nul\0": ("key-not-storable", "The key holds a NUL character."),
    }


def test_a_source_file_that_is_gone_is_marked_and_the_rest_left_alone(place: Place) -> None:
    place.put("a", "b", "c")
    place.run_import()
    for key in ("team/a", "team/b"):
        place.customer.delete(key)
    finished = place.run_import(source_files=["team/a", "team/c"])
    assert counts(finished) == {"listed": 2, "unchanged": 1, "missing": 1, "rejected": 1}
    assert states(place) == {"a": "missing", "b": "available", "c": "available"}


def test_a_request_that_is_sent_again_starts_one_import(place: Place) -> None:
    place.put("a")
    body = NewImportBody(dataset_id=place.dataset_id, location_id=place.location_id)
    headers = {"Idempotency-Key": str(uuid4())}
    client = place.api.ingest.with_headers(headers)
    with client as once:
        first = create_import.sync_detailed(client=once, body=body)
        again = create_import.sync_detailed(client=once, body=body)
    assert (first.status_code, again.status_code) == (202, 202)
    assert first.content == again.content
    assert again.headers["Idempotent-Replayed"] == "true"
    assert isinstance(first.parsed, ImportBody)
    assert first.headers["Location"] == f"/v1/imports/{first.parsed.import_id}"
    assert counts(place.await_end(first.parsed.import_id)) == {"listed": 1, "added": 1}


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"prefix": "elsewhere/"}, "prefix"),
        ({"prefix": "team/nul\0"}, "prefix"),
        ({"prefix": "team/" + "k" * 1024}, "prefix"),
        ({"prefix": 1}, "prefix"),
        ({"mode": "copy"}, "mode"),
        ({"dataset_id": "no id"}, "dataset_id"),
        ({"location_id": None}, "location_id"),
        ({"source_files": []}, "source_files"),
        ({"source_files": ["team/a", ""]}, "source_files.1"),
        ({"source_files": ["team/a", 7]}, "source_files.1"),
        ({"source_files": ["s3://"]}, "source_files.0"),
        ({"source_files": ["team/" + "k" * 1024]}, "source_files.0"),
        ({"source_files": ["team/a"] * 10_001}, "source_files"),
        ({"source_files": ["team/a"], "prefix": "team/"}, "source_files"),
        ({"surprise": 1}, "body"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_wrong_values_are_refused_by_the_name_of_their_field(
    place: Place, wrong: dict[str, Any], field: str
) -> None:
    body = {"dataset_id": str(place.dataset_id), "location_id": str(place.location_id)}
    answer = place.api.ingest.get_httpx_client().post("/v1/imports", json=body | wrong)
    assert (answer.status_code, answer.json()["field"]) == (422, field)
