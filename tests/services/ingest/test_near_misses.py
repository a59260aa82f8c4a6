"""Near misses: why nothing matches, and what would."""

from datetime import UTC, datetime

import pytest

from services.ingest.filters import Filters
from services.ingest.near_misses import NearMiss, NoMatch, explain_no_match, find_near_filters
from shared.storage.base import ObjectRow

NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
ROWS = [
    ObjectRow(key, size, "etag", NEW_YEAR)
    for key, size in [
        ("photos/train/a.JPEG", 10),
        ("photos/train/b.JPEG", 20),
        ("photos/val/c.png", 30),
    ]
]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (
            Filters(extensions=("jpg",)),
            NearMiss("The extensions are: .jpeg (2), .png (1).", "filters.extensions", "jpeg"),
        ),
        (
            Filters(min_size=31),
            NearMiss("The largest object has 30 bytes.", "filters.min_size", 30),
        ),
        (
            Filters(max_size=9),
            NearMiss("The smallest object above max_size has 10 bytes.", "filters.max_size", 10),
        ),
        (
            Filters(min_size=21, max_size=29),
            NearMiss("The smallest object above max_size has 30 bytes.", "filters.max_size", 30),
        ),
        (
            Filters(modified_since=datetime(2027, 1, 1, tzinfo=UTC)),
            NearMiss(
                "The newest object was last modified at 2026-01-01T00:00:00Z.",
                "filters.modified_since",
                "2026-01-01T00:00:00Z",
            ),
        ),
        (
            Filters(include=("nope", "photos/train/*")),
            NearMiss(
                "A glob is about what follows the last slash of the prefix.",
                "filters.include.1",
                "train/*",
            ),
        ),
        (
            Filters(include=("s3://bucket/photos/val/*",)),
            NearMiss(
                "A glob is about what follows the last slash of the prefix.",
                "filters.include.0",
                "val/*",
            ),
        ),
        (
            Filters(include=("train",)),
            NearMiss(
                "A glob that is to match all below a folder ends in a slash.",
                "filters.include.0",
                "train/",
            ),
        ),
        (
            Filters(include=("/c.*",)),
            NearMiss(
                "A glob with a slash in it begins right behind the prefix.",
                "filters.include.0",
                "**/c.*",
            ),
        ),
        (
            Filters(include=("Train/*.jpeg",)),
            NearMiss("A glob tells upper case from lower case.", "filters.include.0"),
        ),
        (
            Filters(include=("nope", "*.tif")),
            NearMiss("Behind the prefix, keys look like this: 'train/a.JPEG'.", "filters.include"),
        ),
        (
            Filters(exclude=("*.png", "*")),
            NearMiss("This glob leaves out 3 of 3 keys.", "filters.exclude.1"),
        ),
    ],
)
def test_a_filter_that_nothing_passes_is_told_what_would(
    filters: Filters, expected: NearMiss
) -> None:
    assert find_near_filters(filters, "photos/", ROWS) == [expected]


def test_only_empty_folder_markers_are_told_of() -> None:
    rows = [ObjectRow("a/", 0, "etag", NEW_YEAR)]
    assert find_near_filters(Filters(skip_folder_markers=True), "", rows) == [
        NearMiss("There are only empty folder markers.", "filters.skip_folder_markers")
    ]


def test_keys_without_an_extension_are_no_suggestion() -> None:
    rows = [ObjectRow(key, 1, "etag", NEW_YEAR) for key in ("IM0001", "IM0002", "a.b/IM0003")]
    assert find_near_filters(Filters(extensions=("dcm",)), "", rows) == [
        NearMiss("The extensions are: none (3).", "filters.extensions")
    ]


def test_the_filter_without_which_the_most_would_pass_comes_first() -> None:
    filters = Filters(extensions=("png",), include=("train/*",), max_size=30)
    near = find_near_filters(filters, "photos/", ROWS)
    assert [(miss.field, miss.value) for miss in near] == [
        ("filters.extensions", "jpeg"),
        ("filters.include", None),
    ]


def test_all_filters_are_told_of_when_no_single_one_is_to_blame() -> None:
    filters = Filters(extensions=("tif",), min_size=100)
    near = find_near_filters(filters, "photos/", ROWS)
    assert [(miss.field, miss.value) for miss in near] == [
        ("filters.extensions", "jpeg"),
        ("filters.min_size", 30),
    ]


def test_a_prefix_without_keys_is_explained_by_what_is_near() -> None:
    assert explain_no_match("prefix", listed=0, skipped={}) == NoMatch(
        "nothing-listed", "No key begins with the prefix."
    )
    near = [NearMiss("There is 'photos/'.", "prefix", "photos/"), NearMiss("Other.", "prefix")]
    assert explain_no_match("prefix", listed=0, skipped={}, near_misses=near) == NoMatch(
        "nothing-listed", "No key begins with the prefix. There is 'photos/'."
    )


def test_what_was_left_out_is_explained_by_counts_alone() -> None:
    skipped = {"filtered-by-include": 1, "filtered-by-extension": 1_200}
    assert explain_no_match("prefix", listed=1_203, skipped=skipped, rejected=2) == NoMatch(
        "everything-skipped",
        "None of the 1,203 keys matches:"
        " 1,200 have another extension, 1 match no glob of include, 2 were rejected.",
    )


def test_keys_that_were_skipped_for_unknown_reasons_are_explained_all_the_same() -> None:
    assert explain_no_match("inventory", listed=1_203, skipped={}) == NoMatch(
        "everything-skipped", "None of the 1,203 keys matches."
    )


def test_an_explanation_of_a_part_says_that_there_is_more() -> None:
    skipped = {"folder-marker": 3}
    assert explain_no_match("prefix", listed=3, skipped=skipped, is_complete=False) == NoMatch(
        "everything-skipped",
        "None of the 3 keys matches: 3 are folder markers. There are more than were looked at.",
    )


def test_rejected_keys_alone_are_a_reason_of_their_own() -> None:
    assert explain_no_match("source_files", listed=2, skipped={}, rejected=2) == NoMatch(
        "everything-rejected",
        "None of the 2 source files can be taken: see the rejected keys.",
    )
    assert explain_no_match("prefix", listed=1, skipped={}, rejected=1) == NoMatch(
        "everything-rejected", "None of the 1 keys can be taken: see the rejected keys."
    )
