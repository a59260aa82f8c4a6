"""Pages of Cloud Storage are decoded as Python's own parsers would, or not at all."""

import json
from base64 import b64decode, b64encode
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.errors import BrokenListingError, UnorderedListingError
from shared.storage.base import MAX_PAGE_SIZE, Children, ObjectRow, UndecodableKey
from shared.storage.gcs_pages import decode_gcs_children, decode_gcs_page
from shared.storage.pages import DecodedPage
from tests.hard_keys import HARD_KEYS
from tests.shared.storage.gcs_stores import item, page, row


def decode_one_by_one(body: bytes, *, versions: bool) -> list[ObjectRow]:
    """Return what the page says, object by object, by the standard library."""
    return [
        ObjectRow(
            key=each["name"],
            size=int(each["size"]),
            etag=b64decode(each["md5Hash"]).hex() if "md5Hash" in each else each["etag"],
            last_modified=datetime.fromisoformat(each["timeCreated"]),
            storage_class=each.get("storageClass", "STANDARD"),
            version_id=each["generation"] if versions else None,
        )
        for each in json.loads(body).get("items", [])
    ]


keys = st.sampled_from(HARD_KEYS) | st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=30
)
times = st.datetimes(datetime(1970, 1, 2), datetime(2100, 1, 1)).map(  # noqa: DTZ001 - written as UTC
    lambda time: f"{time:%Y-%m-%dT%H:%M:%S}.{time.microsecond // 1000:03}Z"
)
items = st.builds(
    item,
    keys,
    size=st.integers(0, 5 * 2**40).map(str),
    md5Hash=st.none()
    | st.binary(min_size=16, max_size=16).map(lambda raw: b64encode(raw).decode()),
    etag=st.from_regex(r"\AC[A-Za-z0-9+/]{10}=\Z"),
    timeCreated=times,
    storageClass=st.none() | st.sampled_from(["STANDARD", "NEARLINE", "COLDLINE", "ARCHIVE"]),
    generation=st.integers(1, 2**62).map(str),
)


@pytest.mark.parametrize("escaped", [False, True])
@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(objects=st.lists(items, max_size=12), versions=st.booleans())
def test_random_pages_are_decoded_as_one_by_one(
    objects: list[Mapping[str, Any]],
    escaped: bool,  # noqa: FBT001 - hypothesis gives it by name
    versions: bool,  # noqa: FBT001 - the same
) -> None:
    document = {"kind": "storage#objects", "items": objects}
    body = json.dumps(document, ensure_ascii=escaped).encode()
    decoded = decode_gcs_page(body, prefix="", versions=versions)
    assert decoded.rows == decode_one_by_one(body, versions=versions)
    assert all(type(row) is ObjectRow for row in decoded.rows)
    assert not any(row.archived for row in decoded.rows)
    assert decoded.undecodable == []


@settings(max_examples=200, deadline=None, derandomize=True, database=None)
@given(names=st.lists(keys, unique=True))
def test_a_page_is_ordered_when_its_keys_ascend_by_their_utf8_bytes(names: list[str]) -> None:
    def is_ordered(each: list[str]) -> bool:
        return decode_gcs_page(page(*map(item, each)), prefix="").ordered

    ascending = sorted(names, key=str.encode)
    assert is_ordered(ascending)
    assert is_ordered(names) is (names == ascending)


def test_a_key_that_comes_twice_is_not_in_order() -> None:
    assert not decode_gcs_page(page(item("a"), item("a")), prefix="").ordered


def test_a_page_says_how_the_listing_goes_on() -> None:
    assert decode_gcs_page(page(item("a"), token="CgFh+/="), prefix="") == DecodedPage(
        rows=[row("a")], undecodable=[], last="a", ordered=True, next_place="CgFh+/="
    )


def test_an_empty_page_is_a_page_whether_it_is_the_last_or_not() -> None:
    empty: DecodedPage[str] = DecodedPage(
        rows=[], undecodable=[], last=None, ordered=True, next_place=None
    )
    assert decode_gcs_page(page(), prefix="a/") == empty
    assert decode_gcs_page(page(items=[]), prefix="a/") == empty
    assert decode_gcs_page(page(token="next"), prefix="a/").next_place == "next"


def test_the_key_that_a_page_was_asked_for_from_makes_no_row() -> None:
    body = page(item("a"), item("b"))
    assert decode_gcs_page(body, prefix="", after="a").rows == [row("b")]
    assert decode_gcs_page(body, prefix="", after="b").rows == [row("a"), row("b")]
    only = decode_gcs_page(page(item("a")), prefix="", after="a")
    assert (only.rows, only.last, only.ordered) == ([], "a", True)


def test_keys_with_nul_are_set_apart() -> None:
    body = page(item("a\0b"), item("c"), item("\0"), item("d"))
    decoded = decode_gcs_page(body, prefix="")
    reason = "The key has a NUL character."
    assert decoded.rows == [row("c"), row("d")]
    assert decoded.undecodable == [
        UndecodableKey(b"a\0b", "key-has-nul", reason),
        UndecodableKey(b"\0", "key-has-nul", reason),
    ]
    assert decoded.last == "d"


def test_composite_objects_have_the_etag_of_the_api_among_others_with_their_md5() -> None:
    body = page(item("a"), item("b", md5Hash=None, etag="CKih16GjycICEAE="), item("c"))
    etags = [each.etag for each in decode_gcs_page(body, prefix="").rows]
    assert etags == [row("a").etag, "CKih16GjycICEAE=", row("c").etag]


WHOLE = page(item("a/1"), item("a/2"), token="next")


@settings(max_examples=200, deadline=None, derandomize=True, database=None)
@given(length=st.integers(0, len(WHOLE) - 1))
def test_a_page_that_was_cut_off_anywhere_is_broken(length: int) -> None:
    with pytest.raises(BrokenListingError):
        decode_gcs_page(WHOLE[:length], prefix="a/")


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"null", id="null"),
        pytest.param(b"[]", id="a list"),
        pytest.param(b"{}", id="a document without a kind"),
        pytest.param(b'{"kind":"storage#object","name":"a"}', id="another resource"),
        pytest.param(b'{"error":{"code":503,"message":"Backend Error"}}', id="an error"),
        pytest.param(b"<html>Please log in</html>", id="a captive portal"),
        pytest.param(page() + b"{}", id="two documents"),
        pytest.param(page(items={"name": "a"}), id="items that are no list"),
        pytest.param(page(items=["a"]), id="an item that is no object"),
        pytest.param(page(items=[None]), id="an item that is null"),
        pytest.param(page(item("a", name=None)), id="no name"),
        pytest.param(page(item("")), id="an empty name"),
        pytest.param(page(item("a", name=7)), id="a name that is a number"),
        pytest.param(page(item("a")).replace(b'"a"', b'"\\ud800"'), id="half a character"),
        pytest.param(page(item("a", size=None)), id="no size"),
        pytest.param(page(item("a", size=7)), id="a size that is a number"),
        pytest.param(page(item("a", size="")), id="an empty size"),
        pytest.param(page(item("a", size="-1")), id="a negative size"),
        pytest.param(page(item("a", size="1_000")), id="a size as Python writes it"),
        pytest.param(page(item("a", size="\u0661")), id="a size in other digits"),
        pytest.param(page(item("a", size=str(2**63))), id="a size that no database holds"),
        pytest.param(page(item("a", timeCreated=None)), id="no time"),
        pytest.param(page(item("a", timeCreated="yesterday")), id="a time in words"),
        pytest.param(page(item("a", timeCreated="2026-05-01T10:30:05")), id="a naive time"),
        pytest.param(page(item("a", timeCreated=1)), id="a time that is a number"),
        pytest.param(page(item("a", md5Hash="")), id="an empty MD5"),
        pytest.param(page(item("a", md5Hash="A" * 24)), id="an MD5 of 18 bytes"),
        pytest.param(page(item("a", md5Hash="!" * 22 + "==")), id="an MD5 that is not base64"),
        pytest.param(page(item("a", md5Hash="=A" * 12)), id="an MD5 with padding inside"),
        pytest.param(page(item("a", md5Hash=7)), id="an MD5 that is a number"),
        pytest.param(page(item("a", md5Hash=None, etag=None)), id="neither MD5 nor ETag"),
        pytest.param(page(item("a", md5Hash=None, etag="")), id="an empty ETag"),
        pytest.param(page(item("a", storageClass=7)), id="a storage class that is a number"),
        pytest.param(page(item("a", storageClass="")), id="an empty storage class"),
        pytest.param(page(item("a", storageClass=["X"])), id="a list of storage classes"),
        pytest.param(page(item("a"), token=""), id="an empty token"),
        pytest.param(page(item("a"), nextPageToken=7), id="a token that is a number"),
        pytest.param(page(item("other/key")), id="a key outside of the prefix"),
        pytest.param(
            page(*(item(f"{n:04}") for n in range(MAX_PAGE_SIZE + 1))), id="more than a page holds"
        ),
    ],
)
def test_what_is_no_whole_listing_is_broken(body: bytes) -> None:
    prefix = "a" if b"other/key" in body else ""
    with pytest.raises(BrokenListingError):
        decode_gcs_page(body, prefix=prefix)


@pytest.mark.parametrize("generation", [None, 7, "", "v1"])
def test_a_listing_of_versions_without_generations_is_broken(generation: object) -> None:
    with pytest.raises(BrokenListingError):
        decode_gcs_page(page(item("a", generation=generation)), prefix="", versions=True)


# --- Levels -----------------------------------------------------------------------------------


def children(
    *entries: str, prefix: str = "", after: str | None = None, token: str | None = None
) -> Children:
    keys = [{"name": each} for each in entries if not each.endswith("/")]
    folders = [each for each in entries if each.endswith("/")]
    body = page(*keys, token=token, **({"prefixes": folders} if folders else {}))
    return decode_gcs_children(body, prefix=prefix, after=after, delimiter="/")


def test_a_level_has_names_and_prefixes_in_one_order() -> None:
    assert children("a", "a/", "b", "c/") == Children(["a", "a/", "b", "c/"], is_last=True)
    assert children("a", token="more") == Children(["a"], is_last=False)
    assert children() == Children([], is_last=True)


def test_a_level_begins_behind_a_key_and_without_the_prefix_that_it_lies_in() -> None:
    assert children("b/", "b0", "c/", after="b/3").entries == ["b0", "c/"]
    assert children("b/", "c/", after="b/").entries == ["c/"]
    assert children("a", "b", after="a").entries == ["b"]


@pytest.mark.parametrize(
    ("entries", "after", "kind"),
    [
        (("b", "a"), None, UnorderedListingError),
        (("b/", "a/"), None, UnorderedListingError),
        (("a/b",), None, BrokenListingError),
        (("a/b/",), None, BrokenListingError),
        (("a", "b"), "b", BrokenListingError),
        (("a/",), "b", BrokenListingError),
    ],
)
def test_a_level_that_is_none_says_so(
    entries: tuple[str, ...], after: str | None, kind: type[BrokenListingError]
) -> None:
    with pytest.raises(kind):
        children(*entries, after=after)


@pytest.mark.parametrize(
    "body", [page(prefixes=[7]), page(prefixes="a/"), page(prefixes=[""]), page({}), b"{"]
)
def test_what_is_no_level_is_broken(body: bytes) -> None:
    with pytest.raises(BrokenListingError):
        decode_gcs_children(body, prefix="", after=None, delimiter="/")
