"""Listing pages are decoded as botocore decodes them, or not at all."""

from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote, quote_plus, unquote
from xml.sax.saxutils import escape

import pytest
from botocore.handlers import decode_list_object_v2
from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.parsers import create_parser
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.errors import BrokenListingError
from shared.storage.base import ObjectRow, UndecodableKey
from shared.storage.pages import DecodedPage, decode_s3_page
from tests.hard_keys import HARD_KEYS

AWS = "http://s3.amazonaws.com/doc/2006-03-01/"
GOOGLE = "http://doc.s3.amazonaws.com/2006-03-01"
TIME = datetime(2026, 5, 1, 10, 30, 5, 250_000, tzinfo=UTC)
S3 = ServiceModel(Loader().load_service_model("s3", "service-2"), "s3")
LISTING = S3.shape_for("ListObjectsV2Output")


@dataclass(frozen=True)
class Listed:
    """One object as a server would write it; None leaves an element out."""

    encoded_key: str | None
    size: str | None = "7"
    etag: str | None = '"0123"'
    last_modified: str | None = "2026-05-01T10:30:05.250Z"
    storage_class: str | None = "STANDARD"

    def xml(self) -> str:
        fields = {
            "Key": self.encoded_key,
            "LastModified": self.last_modified,
            "ETag": self.etag,
            "Size": self.size,
            "StorageClass": self.storage_class,
        }
        inside = "".join(
            f"<{name}>{escape(text)}</{name}>" for name, text in fields.items() if text is not None
        )
        return f"<Contents>{inside}<Owner><ID>Key</ID></Owner></Contents>"


def page(
    *objects: Listed, namespace: str = AWS, encoding: str | None = "url", token: str | None = None
) -> bytes:
    xmlns = f' xmlns="{namespace}"' if namespace else ""
    encoding_type = f"<EncodingType>{encoding}</EncodingType>" if encoding else ""
    next_token = f"<NextContinuationToken>{token}</NextContinuationToken>" if token else ""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult{xmlns}><Name>bucket</Name>'
        f"<Prefix></Prefix><KeyCount>{len(objects)}</KeyCount><MaxKeys>1000</MaxKeys>"
        f"{encoding_type}<IsTruncated>{'true' if token else 'false'}</IsTruncated>{next_token}"
        f"{''.join(each.xml() for each in objects)}</ListBucketResult>"
    ).encode()


def row(key: str, storage_class: str = "STANDARD") -> ObjectRow:
    return ObjectRow(key, 7, "0123", TIME, storage_class)


def decode_with_botocore(body: bytes) -> list[ObjectRow]:
    response = {"headers": {}, "status_code": 200, "body": body}
    parsed = create_parser("rest-xml").parse(response, LISTING)
    decode_list_object_v2(parsed, {"encoding_type_auto_set": True})
    return [
        ObjectRow(
            key=each["Key"],
            size=each["Size"],
            etag=each["ETag"].strip('"'),
            last_modified=each["LastModified"].astimezone(UTC),
            storage_class=each.get("StorageClass", "STANDARD"),
        )
        for each in parsed.get("Contents", [])
    ]


keys = st.sampled_from(HARD_KEYS) | st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=30
)
encodings = st.sampled_from(
    [
        lambda key: quote_plus(key, safe="/*-._"),  # as AWS
        lambda key: quote(key, safe="/"),  # as Ceph
        lambda key: quote(key, safe="").lower().replace("%2f", "/"),
    ]
)
listed = st.builds(
    lambda key, encode, size, etag, time, storage_class: Listed(
        encode(key), str(size), etag, time.strftime("%Y-%m-%dT%H:%M:%S.000Z"), storage_class
    ),
    keys,
    encodings,
    st.integers(0, 5 * 2**40),
    st.from_regex(r'\A"[0-9a-f]{32}(-[0-9]{1,5})?"\Z'),
    st.datetimes(datetime(1970, 1, 2), datetime(2100, 1, 1)),  # noqa: DTZ001 - written as UTC
    st.none() | st.sampled_from(["STANDARD", "GLACIER", "INTELLIGENT_TIERING"]),
)


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(objects=st.lists(listed, max_size=12), namespace=st.sampled_from([AWS, GOOGLE, ""]))
def test_random_pages_are_decoded_as_botocore_decodes_them(
    objects: list[Listed], namespace: str
) -> None:
    body = page(*objects, namespace=namespace)
    decoded = decode_s3_page(body, prefix="")
    assert decoded.rows == decode_with_botocore(body)
    assert decoded.undecodable == []


@settings(max_examples=200, deadline=None, derandomize=True, database=None)
@given(names=st.lists(keys, unique=True))
def test_a_page_is_ordered_when_its_keys_ascend_by_their_utf8_bytes(names: list[str]) -> None:
    def is_ordered(each: list[str]) -> bool:
        return decode_s3_page(page(*(Listed(quote(key)) for key in each)), prefix="").ordered

    ascending = sorted(names, key=str.encode)
    assert is_ordered(ascending)
    assert is_ordered(names) is (names == ascending)


def test_a_key_that_comes_twice_is_not_in_order() -> None:
    assert not decode_s3_page(page(Listed("a"), Listed("a")), prefix="").ordered


def test_a_page_says_how_the_listing_goes_on() -> None:
    body = page(Listed("a"), token="1/opaque+token==")
    assert decode_s3_page(body, prefix="") == DecodedPage(
        rows=[row("a")], undecodable=[], last="a", ordered=True, next_place="1/opaque+token=="
    )


def test_an_empty_last_page_is_a_page() -> None:
    assert decode_s3_page(page(), prefix="a/") == DecodedPage(
        rows=[], undecodable=[], last=None, ordered=True, next_place=None
    )


def test_a_missing_or_empty_storage_class_is_the_standard_one() -> None:
    body = page(
        Listed("a", storage_class=None),
        Listed("b", storage_class=""),
        Listed("c", storage_class="DEEP_ARCHIVE"),
    )
    assert decode_s3_page(body, prefix="").rows == [row("a"), row("b"), row("c", "DEEP_ARCHIVE")]


def test_keys_of_a_server_without_url_encoding_are_taken_as_they_are() -> None:
    body = page(Listed("50%25+tax & more"), encoding=None)
    assert decode_s3_page(body, prefix="").rows == [row("50%25+tax & more")]


def test_keys_that_text_cannot_hold_are_set_apart_with_their_bytes() -> None:
    body = page(Listed("a%00b"), Listed("caf%E9+%2B"), Listed("plain+key"), Listed("z%ED%A0%80"))
    assert decode_s3_page(body, prefix="") == DecodedPage(
        rows=[row("plain key")],
        undecodable=[
            UndecodableKey(b"a\0b", "key-has-nul", "The key has a NUL character."),
            UndecodableKey(b"caf\xe9 +", "key-not-utf8", "The key is not valid UTF-8."),
            UndecodableKey(b"z\xed\xa0\x80", "key-not-utf8", "The key is not valid UTF-8."),
        ],
        last="plain key",
        ordered=True,
        next_place=None,
    )


def test_a_comment_inside_a_key_does_not_cut_it() -> None:
    body = page(Listed("front-back")).replace(b"front-back", b"front<!-- x -->-<?y?>back")
    assert decode_s3_page(body, prefix="").rows == [row("front-back")]


def test_a_text_is_whole_however_it_is_written() -> None:
    body = page(Listed("front")).replace(
        b"front", b"f&#114;<!-- x -->&amp;<![CDATA[%3C<]]>o&#x6e;t"
    )
    assert decode_s3_page(body, prefix="").rows == [row("fr&<<ont")]


def test_a_field_belongs_to_its_own_object() -> None:
    body = page(
        Listed("a", storage_class="GLACIER"),
        Listed("b", storage_class=None),
        Listed("c", storage_class=""),
        Listed("d", storage_class="DEEP_ARCHIVE"),
    ).replace(b">GLACIER<", b">GLACIER</StorageClass><StorageClass>OTHER<")
    assert decode_s3_page(body, prefix="").rows == [
        row("a", "GLACIER"),
        row("b"),
        row("c"),
        row("d", "DEEP_ARCHIVE"),
    ]


HARD_TEXT = "a+%2F \x01\x07\x1f\ufffe\uffff\x7f\ue000\r\n\t<&\U0001f3a3&#x07;"


def as_rgw(text: str) -> str:
    """Write a text as Ceph RGW 16 does: control characters as references, the others verbatim."""
    written = (f"&#x{ord(each):02x};" if each < " " else escape(each) for each in text)
    return "".join(written)


@pytest.mark.parametrize("entry", [Listed("a%2B%07"), Listed("caf\u00e9")], ids=["plain", "other"])
def test_a_listing_goes_on_at_a_key_that_no_xml_holds(entry: Listed) -> None:
    body = page(entry, token=as_rgw(HARD_TEXT)).replace(
        b"<Name>", f"<StartAfter>{as_rgw(HARD_TEXT)}</StartAfter><Name>".encode()
    )
    decoded = decode_s3_page(body, prefix="")
    assert (decoded.rows, decoded.next_place) == (
        [row(unquote(entry.encoded_key or ""))],
        HARD_TEXT,
    )


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(token=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1))
def test_every_token_is_read_as_it_was_written(token: str) -> None:
    assert decode_s3_page(page(token=as_rgw(token)), prefix="").next_place == token


def test_a_key_that_no_xml_holds_is_read_where_it_is_not_url_encoded() -> None:
    body = page(Listed("bell"), Listed("b"), encoding=None).replace(b"bell", b"a&#7;&#x0c;+%20")
    assert decode_s3_page(body, prefix="").rows == [row("a\x07\x0c+%20"), row("b")]


TWO = page(Listed("a"), Listed("b"))
WHOLE = page(Listed("a/1"), Listed("a/2"), token="next")


@settings(max_examples=200, deadline=None, derandomize=True, database=None)
@given(length=st.integers(0, len(WHOLE) - 1))
def test_a_page_that_was_cut_off_anywhere_is_broken(length: int) -> None:
    with pytest.raises(BrokenListingError):
        decode_s3_page(WHOLE[:length], prefix="a/")


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"  \n", id="white space"),
        pytest.param(b"<Error><Code>SlowDown</Code><Message/></Error>", id="an error"),
        pytest.param(f'<Error xmlns="{AWS}"/>'.encode(), id="an error in S3's namespace"),
        pytest.param(b"<html><body>Please log in</body></html>", id="a captive portal"),
        pytest.param(b"<ListAllMyBucketsResult/>", id="another answer of S3"),
        pytest.param(b"<ListBucketResult/>", id="a listing without anything"),
        pytest.param(page(Listed(None)), id="no key"),
        pytest.param(page(Listed("")), id="an empty key"),
        pytest.param(page(Listed("a", size=None)), id="no size"),
        pytest.param(page(Listed("a", size="big")), id="a size in words"),
        pytest.param(page(Listed("a", etag=None)), id="no ETag"),
        pytest.param(page(Listed("a", last_modified=None)), id="no time"),
        pytest.param(page(Listed("a", last_modified="yesterday")), id="a time in words"),
        pytest.param(page(Listed("a", last_modified="2026-05-01T10:30:05")), id="a naive time"),
        pytest.param(page(Listed("a"), Listed(None), Listed("c")), id="one key among three gone"),
        pytest.param(
            TWO.replace(b"<Size>7</Size>", b"", 1).replace(b"</Size>", b"</Size><Size>8</Size>"),
            id="both sizes in one object",
        ),
        pytest.param(
            TWO.replace(b"<Key>a</Key>", b"").replace(b"</Key>", b"</Key><Key>c</Key>"),
            id="both keys in one object",
        ),
        pytest.param(page(Listed("a")).replace(b">a<", b">a</Key><Key>b<"), id="two keys"),
        pytest.param(page(Listed("ab")).replace(b">ab<", b">a<i/>b<"), id="an element in a key"),
        pytest.param(page(Listed("a", size="-1")), id="a negative size"),
        pytest.param(page(Listed("a", size=str(2**63))), id="a size that no database holds"),
        pytest.param(page(Listed("a"), namespace="a}b"), id="a namespace that is none"),
        pytest.param(page().replace(b"<IsTruncated>false</IsTruncated>", b""), id="no end"),
        pytest.param(page().replace(b">false<", b">true<"), id="goes on without a token"),
        pytest.param(page().replace(b">false<", b">maybe<"), id="may go on"),
        pytest.param(page(Listed("other/key")), id="a key outside of the prefix"),
        pytest.param(page(Listed("a"), token="&#0;"), id="a token with a NUL"),
        pytest.param(page(Listed("a"), token="&#xd800;"), id="a token that is half a character"),
        pytest.param(page(Listed("a"), token="&#x110000;"), id="a token beyond Unicode"),
        pytest.param(
            page(Listed("a"), token="<![CDATA[&#7;]]>&#7;"), id="a reference that is text"
        ),
        pytest.param(page(Listed("a"), token="&#7;") + b"<", id="no XML in two ways"),
        pytest.param(
            b'<!DOCTYPE x [<!ENTITY y SYSTEM "file:///etc/passwd">]>' + page().split(b"\n")[1],
            id="a document type",
        ),
    ],
)
def test_what_is_no_whole_listing_is_broken(body: bytes) -> None:
    prefix = "a" if b"other/key" in body else ""
    with pytest.raises(BrokenListingError):
        decode_s3_page(body, prefix=prefix)
