from bisect import bisect_right
from functools import cache

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.storage.pages import decode_s3_page
from tests.emulators.key_space import LAYOUTS, KeySpace, Listed
from tests.emulators.page_server import read_bucket, render_page

LENGTH = 2_345
LONG = 10_000_000

layouts = st.sampled_from(sorted(LAYOUTS))
near_keys = st.one_of(
    st.integers(0, LENGTH - 1).map(str),
    st.sampled_from(["", "i", "images/", "images/0000001/", "images/0000001/5", "scans/", "z"]),
    st.sampled_from(["images/00000", "scans/frame-00000012", "images/0000001/500.jpg0"]),
)


@cache
def all_keys(layout: str) -> list[str]:
    space = KeySpace(layout, LENGTH)
    keys = [space.key(number) for number in range(LENGTH)]
    assert keys == sorted(set(keys))
    return keys


def model(layout: str, prefix: str, after: str, delimiter: str) -> list[str]:
    """All entries, keys and common prefixes, as S3 documents ListObjectsV2."""
    entries: list[str] = []
    for key in all_keys(layout):
        if not key.startswith(prefix) or key <= after:
            continue
        head, found, _ = key[len(prefix) :].partition(delimiter or "\0")
        entry = prefix + head + found if found else key
        if entry > after and (not entries or entries[-1] != entry):
            entries.append(entry)
    return entries


def entries_of(listed: Listed) -> list[str]:
    body = b"".join(listed.objects).decode()
    keys = [part.partition("</Key>")[0] for part in body.split("<Key>")[1:]]
    assert listed.keys == len(keys) + len(listed.prefixes)
    return sorted([*keys, *listed.prefixes])


@example("folders", "", "images/00000", "0", 1)
@example("folders", "", "images/0000001/500.jpg", "/", 1)
@given(layouts, near_keys, near_keys, st.sampled_from(["", "/", "0"]), st.integers(1, 1_000))
def test_pages_list_what_s3_would(
    layout: str, prefix: str, after: str, delimiter: str, most: int
) -> None:
    space = KeySpace(layout, LENGTH)
    expected = model(layout, prefix, after, delimiter)
    listed = space.list_page(prefix=prefix, after=after, most=most, delimiter=delimiter)
    assert entries_of(listed) == expected[:most]
    assert listed.last == (expected[most - 1] if most < len(expected) else None)


@given(layouts, st.text(max_size=30))
def test_any_text_has_its_place_among_the_keys(layout: str, text: str) -> None:
    assert KeySpace(layout, LENGTH).count_up_to(text) == bisect_right(all_keys(layout), text)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_each_object_of_a_page_is_another_one(layout: str) -> None:
    query = {"list-type": "2", "encoding-type": "url", "start-after": KeySpace(layout, LONG).key(7)}
    body = b"".join(render_page(KeySpace(layout, LONG), query))
    rows = decode_s3_page(body, prefix="").rows
    assert [row.key for row in rows] == [
        KeySpace(layout, LONG).key(number) for number in range(8, 1_008)
    ]
    assert len({row.etag for row in rows}) == 1_000
    assert {len(row.etag) for row in rows} == {32}


def test_the_name_of_a_bucket_says_what_it_holds_and_how_slow_it_is() -> None:
    assert read_bucket("flat-12-100ms") == (KeySpace("flat", 12), 0.1)
    assert read_bucket("folders-5000000") == (KeySpace("folders", 5_000_000), 0.0)
    for name in ("photos", "heap-5", "flat-many"):
        with pytest.raises((KeyError, ValueError)):
            read_bucket(name)
