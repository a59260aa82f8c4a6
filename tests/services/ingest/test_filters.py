"""Filters: which rows they select, why they leave out the others, and how they are stored."""

import json
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.filters import Filters, Selected
from services.ingest.globs import Globs
from shared.errors import InvalidInputError
from shared.storage.base import ObjectRow

NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
GLOBS = ["*.jpg", "a/**", "/*", "a*"]


def row(key: str, *, size: int = 10, last_modified: datetime = NEW_YEAR) -> ObjectRow:
    return ObjectRow(key, size, "etag", last_modified)


def kept(filters: Filters, rows: list[ObjectRow], *, prefix: str = "") -> list[str]:
    return [each.key for each in filters.compile(prefix).select(rows).rows]


def test_no_filters_are_falsy_and_select_the_very_same_rows() -> None:
    rows = [row("a"), row("b/", size=0)]
    selected = Filters().compile("photos/").select(rows)
    assert not Filters()
    assert selected == Selected(rows)
    assert selected.rows is rows


@pytest.mark.parametrize(
    ("filters", "keys"),
    [
        (Filters(extensions=("jpg",)), ["a.jpg", "b.JPG"]),
        (Filters(extensions=("nii.gz",)), ["c.nii.gz"]),
        (Filters(extensions=("gz", "jpg")), ["a.jpg", "b.JPG", "c.nii.gz"]),
        (Filters(extensions=("strasse",)), ["d.Straße"]),
        (Filters(include=("*.jpg",)), ["a.jpg"]),
        (Filters(exclude=("*.*",)), ["jpg", "folder/"]),
        (Filters(include=("*.jpg", "*.gz"), exclude=("a*",)), ["c.nii.gz"]),
    ],
)
def test_filters_by_key(filters: Filters, keys: list[str]) -> None:
    all_keys = ["a.jpg", "b.JPG", "c.nii.gz", "d.Straße", "jpg", "folder/"]
    assert kept(filters, [row(key) for key in all_keys]) == keys


def test_both_ends_of_a_size_and_the_moment_itself_count() -> None:
    sizes = [row(str(size), size=size) for size in (0, 1, 2, 3)]
    assert kept(Filters(min_size=1, max_size=2), sizes) == ["1", "2"]
    assert kept(Filters(min_size=2), sizes) == ["2", "3"]
    assert kept(Filters(max_size=0), sizes) == ["0"]
    second = timedelta(seconds=1)
    times = [row(str(n), last_modified=NEW_YEAR + n * second) for n in (-1, 0, 1)]
    assert kept(Filters(modified_since=NEW_YEAR), times) == ["0", "1"]


def test_folder_markers_are_skipped_when_that_is_asked() -> None:
    rows = [row("a/", size=0), row("b/", size=1), row("c", size=0)]
    assert kept(Filters(skip_folder_markers=True), rows) == ["b/", "c"]
    assert kept(Filters(min_size=0), rows) == ["a/", "b/", "c"]


@pytest.mark.parametrize(
    ("prefix", "glob", "keys"),
    [
        ("", "/photos/*", ["photos/a.jpg"]),
        ("photos/", "/*", ["photos/a.jpg"]),
        ("photos/", "b/*", ["photos/b/c.jpg"]),
        ("photos/", "photos/**", []),
        ("photos/b", "/b/*", ["photos/b/c.jpg"]),
        ("pho", "photos/*", ["photos/a.jpg"]),
    ],
)
def test_globs_are_about_what_follows_the_last_slash_of_the_prefix(
    prefix: str, glob: str, keys: list[str]
) -> None:
    rows = [row("photos/a.jpg"), row("photos/b/c.jpg")]
    assert kept(Filters(include=(glob,)), rows, prefix=prefix) == keys


def test_a_row_is_counted_under_the_first_filter_that_leaves_it_out() -> None:
    rows = [
        row("folder/", size=0),
        row("a.txt", size=0),
        row("a.jpg", size=0),
        row("a.jpg", last_modified=NEW_YEAR - timedelta(days=1)),
        row("b.jpg"),
        row("a-mask.jpg"),
        row("a.jpg"),
    ]
    filters = Filters(
        include=("a*",),
        exclude=("*-mask.*",),
        extensions=("jpg",),
        min_size=1,
        modified_since=NEW_YEAR,
        skip_folder_markers=True,
    )
    assert filters
    assert filters.compile("").select(rows) == Selected(
        rows[-1:],
        rows[:-1],
        Counter(
            {
                "folder-marker": 1,
                "filtered-by-extension": 1,
                "filtered-by-size": 1,
                "filtered-by-age": 1,
                "filtered-by-include": 1,
                "filtered-by-exclude": 1,
            }
        ),
    )


def test_a_glob_that_cannot_be_read_is_refused() -> None:
    with pytest.raises(InvalidInputError):
        Filters(exclude=("[",)).compile("")


def test_filters_are_stored_by_what_they_ask() -> None:
    filters = Filters(
        include=("*.jpg", "a/**"), extensions=("jpg",), max_size=2**62, modified_since=NEW_YEAR
    )
    assert filters.to_json() == {
        "include": ["*.jpg", "a/**"],
        "extensions": ["jpg"],
        "max_size": 2**62,
        "modified_since": "2026-01-01T00:00:00Z",
    }
    assert Filters().to_json() == {}
    assert Filters.from_json({}) == Filters()


globs = st.lists(st.sampled_from(GLOBS), max_size=2).map(tuple)
some_filters = st.builds(
    Filters,
    include=globs,
    exclude=globs,
    extensions=st.lists(st.sampled_from(["jpg", "x"]), max_size=2).map(tuple),
    min_size=st.none() | st.integers(0, 3),
    max_size=st.none() | st.integers(0, 3),
    modified_since=st.none() | st.datetimes(timezones=st.just(UTC)),
    skip_folder_markers=st.booleans(),
)
some_rows = st.lists(
    st.builds(
        ObjectRow,
        st.text("a/.jpgX", min_size=1),
        st.integers(0, 3),
        st.just("etag"),
        st.datetimes(timezones=st.just(UTC)),
    )
)


@given(filters=some_filters)
def test_what_is_stored_is_what_was_asked(filters: Filters) -> None:
    assert Filters.from_json(json.loads(json.dumps(filters.to_json()))) == filters


@given(filters=some_filters, rows=some_rows)
def test_selecting_by_columns_is_selecting_row_by_row(
    filters: Filters, rows: list[ObjectRow]
) -> None:
    selected = filters.compile("").select(rows)
    expected = [each for each in rows if passes(filters, each)]
    assert list(selected.rows) == expected
    assert sorted(map(id, [*selected.rows, *selected.left_out])) == sorted(map(id, rows))
    assert selected.skipped.total() == len(selected.left_out)


def passes(filters: Filters, each: ObjectRow) -> bool:
    return not (
        (filters.skip_folder_markers and each.size == 0 and each.key.endswith("/"))
        or (filters.extensions and each.key.lower().rpartition(".")[2] not in filters.extensions)
        or (filters.extensions and "." not in each.key)
        or (filters.min_size is not None and each.size < filters.min_size)
        or (filters.max_size is not None and each.size > filters.max_size)
        or (filters.modified_since is not None and each.last_modified < filters.modified_since)
        or (filters.include and not Globs(filters.include).matches(each.key))
        or Globs(filters.exclude).matches(each.key)
    )
