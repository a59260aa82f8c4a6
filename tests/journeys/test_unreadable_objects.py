"""What the customer's cloud lists and does not let us read: told by the import that finds it."""

import json

import pytest
from mooring_sdk.api.imports import list_import_changes
from mooring_sdk.models import ImportBody, WarningBody

from deploy.local.demo.api import given
from tests.journeys.places import Place, counts

pytestmark = pytest.mark.xdist_group("journeys")


def deny(place: Place, keys: str) -> None:
    """Let the customer's bucket deny everybody to read these objects."""
    arn = f"arn:aws:s3:::{place.customer.bucket}"
    statement = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": f"{arn}/{place.customer.prefix}{keys}",
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    place.customer.s3.put_bucket_policy(Bucket=place.customer.bucket, Policy=policy)


def unreadable_in(place: Place, finished: ImportBody) -> dict[str, str]:
    """Return the codes of the objects that an import could not read, by their keys."""
    page = list_import_changes.sync(
        finished.import_id, client=place.api.ingest, unreadable=True, limit=1_000
    )
    return {each.key: each.unreadable.code for each in given(page).items if each.unreadable}


def test_what_a_policy_denies_is_told_by_the_import_that_finds_it(place: Place) -> None:
    place.put("a", "b")
    place.run_import()
    deny(place, "secret/*")
    place.put("open/c", "secret/1", "secret/2")
    finished = place.run_import()
    assert counts(finished) == {
        "listed": 5,
        "added": 3,
        "unchanged": 2,
        "probed": 3,
        "unreadable": 2,
        "applied": 3,
    }
    assert finished.warnings == [
        WarningBody(
            code="objects-unreadable",
            detail="2 of 3 objects that were tried cannot be read: storage-denied (2)."
            " The changes say which.",
        )
    ]
    assert unreadable_in(place, finished) == {
        "team/secret/1": "storage-denied",
        "team/secret/2": "storage-denied",
    }


def test_where_all_reading_is_denied_everything_that_was_tried_is_unreadable(
    place: Place,
) -> None:
    place.put("a", *(f"new/{number:02}" for number in range(60)))
    place.run_import(prefix="team/a")
    deny(place, "*")
    finished = place.run_import(dry_run=True)
    assert counts(finished) == {
        "listed": 61,
        "added": 60,
        "unchanged": 1,
        "probed": 50,
        "unreadable": 50,
    }
    assert set(unreadable_in(place, finished).values()) == {"storage-denied"}
