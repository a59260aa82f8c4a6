"""Pages of versions are decoded as botocore decodes them, or not at all."""

from datetime import UTC
from urllib.parse import quote
from xml.sax.saxutils import escape

import pytest
from botocore.handlers import decode_list_object_versions
from botocore.parsers import create_parser
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.errors import BrokenListingError
from shared.storage.base import ObjectRow, UndecodableKey
from shared.storage.pages import DecodedPage
from shared.storage.version_pages import VersionPlace, decode_s3_versions
from tests.shared.storage.test_pages import AWS, GOOGLE, S3, Listed, as_rgw, keys, listed, row

LISTING = S3.shape_for("ListObjectVersionsOutput")


def version(key: str, version_id: str | None = "v1", *, latest: str | None = "true") -> str:
    return written(Listed(key), version_id, latest=latest)


def written(each: Listed, version_id: str | None, *, latest: str | None) -> str:
    fields = {"VersionId": version_id, "IsLatest": latest}
    more = "".join(
        f"<{name}>{escape(text)}</{name}>" for name, text in fields.items() if text is not None
    )
    return each.xml().replace("<Contents>", f"<Version>{more}").replace("Contents>", "Version>")


def marker(key: str) -> str:
    owner = "<Owner><ID>Key</ID></Owner><LastModified>2026-05-01T10:30:05Z</LastModified>"
    inside = f"<Key>{escape(key)}</Key><VersionId>d</VersionId><IsLatest>true</IsLatest>{owner}"
    return f"<DeleteMarker>{inside}</DeleteMarker>"


def page(
    *entries: str, namespace: str = AWS, encoding: str = "url", next_place: str | None = None
) -> bytes:
    xmlns = f' xmlns="{namespace}"' if namespace else ""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<ListVersionsResult{xmlns}><Name>bucket</Name>'
        f"<Prefix/><KeyMarker/><VersionIdMarker/><MaxKeys>1000</MaxKeys>"
        f"<EncodingType>{encoding}</EncodingType>{next_place or ''}"
        f"<IsTruncated>{'true' if next_place else 'false'}</IsTruncated>"
        f"{''.join(entries)}</ListVersionsResult>"
    ).encode()


def decode(body: bytes, prefix: str = "", after: str | None = None) -> DecodedPage[VersionPlace]:
    return decode_s3_versions(body, prefix=prefix, after=after)


def latest(key: str, version_id: str = "v1") -> ObjectRow:
    return row(key)._replace(version_id=version_id)


def decode_with_botocore(body: bytes) -> tuple[list[ObjectRow], str | None]:
    response = {"headers": {}, "status_code": 200, "body": body}
    parsed = create_parser("rest-xml").parse(response, LISTING)
    decode_list_object_versions(parsed, {"encoding_type_auto_set": True})
    rows = [
        ObjectRow(
            key=each["Key"],
            size=each["Size"],
            etag=each["ETag"].strip('"'),
            last_modified=each["LastModified"].astimezone(UTC),
            storage_class=each.get("StorageClass", "STANDARD"),
            version_id=each["VersionId"],
        )
        for each in parsed.get("Versions", [])
        if each["IsLatest"]
    ]
    return rows, parsed.get("NextKeyMarker")


entries = st.one_of(
    st.builds(
        lambda each, version_id, word: written(each, version_id, latest=word),
        listed,
        st.just("null") | st.from_regex(r"\A[A-Za-z0-9._]{1,32}\Z"),
        st.sampled_from(["true", "false"]),
    ),
    st.builds(lambda key: marker(quote(key)), keys),
)


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(
    entries=st.lists(entries, max_size=12),
    namespace=st.sampled_from([AWS, GOOGLE, ""]),
    next_key=st.none() | keys,
)
def test_random_pages_are_decoded_as_botocore_decodes_them(
    entries: list[str], namespace: str, next_key: str | None
) -> None:
    next_place = next_key and (
        f"<NextKeyMarker>{quote(next_key)}</NextKeyMarker>"
        "<NextVersionIdMarker>v</NextVersionIdMarker>"
    )
    body = page(*entries, namespace=namespace, next_place=next_place)
    decoded = decode(body)
    assert (decoded.rows, decoded.next_place and decoded.next_place.key) == (
        decode_with_botocore(body)
    )
    assert decoded.undecodable == []
    assert decoded.next_place == (VersionPlace(next_key, "v") if next_key else None)


def test_only_the_latest_version_of_a_key_that_is_not_deleted_makes_a_row() -> None:
    body = page(
        version("a", "a2"),
        version("a", "a1", latest="false"),
        marker("b"),
        version("b", "b1", latest="false"),
        version("c", "null"),
        marker("d"),
    )
    assert decode(body) == DecodedPage(
        rows=[latest("a", "a2"), latest("c", "null")],
        undecodable=[],
        last="d",
        ordered=True,
        next_place=None,
    )


def test_a_listing_may_go_on_behind_all_versions_of_a_key() -> None:
    body = page(version("a"), next_place="<NextKeyMarker>a+%00</NextKeyMarker>")
    assert decode(body).next_place == VersionPlace("a \0", None)


def test_keys_of_a_server_without_url_encoding_are_taken_as_they_are() -> None:
    body = page(
        version("50%25+tax & more"),
        encoding="",
        next_place="<NextKeyMarker>50%25+tax &amp; more</NextKeyMarker>",
    )
    assert decode(body).rows == [latest("50%25+tax & more")]
    assert decode(body).next_place == VersionPlace("50%25+tax & more", None)


@pytest.mark.parametrize("key", ["a+b", "a%20b", "a\x07b", "%"])
def test_a_place_that_is_written_plainly_beside_encoded_keys_is_taken_as_it_is(key: str) -> None:
    """Ceph RGW encodes the keys of versions, and not where the listing goes on."""
    place = f"<NextKeyMarker>{as_rgw(key)}</NextKeyMarker>"
    for entry in (version(quote(key)), marker(quote(key))):
        assert decode(page(entry, next_place=place)).next_place == VersionPlace(key, None)


def test_versions_of_the_key_that_a_listing_starts_behind_make_no_row() -> None:
    body = page(version("a", "2"), version("a", "1", latest="false"), version("b"))
    assert decode(body, after="a").rows == [latest("b")]
    assert decode(body, after="A").rows == [latest("a", "2"), latest("b")]


def test_a_key_that_no_text_can_hold_counts_when_it_is_not_deleted() -> None:
    body = page(
        version("a%FF"), version("b"), version("c%FF", latest="false"), marker("d%FF"), marker("e")
    )
    assert decode(body) == DecodedPage(
        rows=[latest("b")],
        undecodable=[UndecodableKey(b"a\xff", "key-not-utf8", "The key is not valid UTF-8.")],
        last="e",
        ordered=True,
        next_place=None,
    )


@pytest.mark.parametrize(
    ("entries", "ordered"),
    [
        ([version("a", "2"), version("a", "1", latest="false"), version("b")], True),
        ([version("b"), version("a")], False),
        ([version("a"), version("a")], False),
        ([version("b", latest="false"), version("a")], False),
        ([version("b"), version("a", latest="false")], False),
        ([marker("b"), version("a"), marker("b")], True),
        ([marker("b"), marker("a")], False),
    ],
)
def test_a_page_is_ordered_when_all_its_entries_are(entries: list[str], *, ordered: bool) -> None:
    assert decode(page(*entries)).ordered is ordered


WHOLE = page(version("a/1"), marker("a/2"), next_place="<NextKeyMarker>a/2</NextKeyMarker>")


@settings(max_examples=200, deadline=None, derandomize=True, database=None)
@given(length=st.integers(0, len(WHOLE) - 1))
def test_a_page_that_was_cut_off_anywhere_is_broken(length: int) -> None:
    with pytest.raises(BrokenListingError):
        decode(WHOLE[:length], "a/")


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"<Error><Code>SlowDown</Code><Message/></Error>", id="an error"),
        pytest.param(b"<ListBucketResult/>", id="a listing of objects"),
        pytest.param(b"<ListVersionsResult/>", id="a listing without anything"),
        pytest.param(page(version("")), id="an empty key"),
        pytest.param(page(marker("")), id="an empty key of a deleted object"),
        pytest.param(page(version("p", None)), id="no version"),
        pytest.param(page(version("p", "")), id="an empty version"),
        pytest.param(page(version("p", latest=None)), id="no word on the latest"),
        pytest.param(page(version("p", latest="maybe")), id="maybe the latest"),
        pytest.param(page(version("p").replace("<Size>7</Size>", "")), id="no size"),
        pytest.param(page(version("q")), id="a key outside of the prefix"),
        pytest.param(page(marker("q")), id="a deleted key outside of the prefix"),
        pytest.param(page(*[version("p", latest="false")] * 1001), id="too many versions"),
        pytest.param(page(*[marker("p")] * 1001), id="too many deleted keys"),
        pytest.param(page().replace(b">false<", b">true<"), id="goes on nowhere"),
        pytest.param(page().replace(b">false<", b">maybe<"), id="may go on"),
        pytest.param(
            page(version("p"), next_place="<NextKeyMarker>p%FF</NextKeyMarker>"),
            id="goes on behind what no text can hold",
        ),
    ],
)
def test_what_is_no_whole_listing_is_broken(body: bytes) -> None:
    with pytest.raises(BrokenListingError):
        decode(body, "p")
