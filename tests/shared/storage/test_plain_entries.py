"""Entries in plain form are read without a parser, and as the parser reads them."""

from collections.abc import Callable
from contextlib import suppress
from functools import reduce

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.errors import BrokenListingError
from shared.storage.listing_xml import parse_listing
from shared.storage.pages import decode_s3_page
from shared.storage.plain_entries import STAND_IN
from shared.storage.version_pages import decode_s3_versions
from tests.shared.storage import test_version_pages as versions
from tests.shared.storage.test_pages import AWS, Listed, listed, page, row

# A page that is not ASCII is left to the parser, which makes nothing of a comment.
AFTERWORD = "<!-- é -->".encode()
KEY, SIZE = "<Key>a%2F1</Key>", "<Size>7</Size>"
TIME = "<LastModified>2026-05-01T10:30:05.250Z</LastModified>"
ETAG, CLASS = "<ETag>&quot;0123&quot;</ETag>", "<StorageClass>STANDARD</StorageClass>"
OWNER = "<Owner><ID>75aa</ID><DisplayName>mail@store.example</DisplayName></Owner>"
PLAIN = f"<Contents>{KEY}{TIME}{ETAG}{SIZE}{CLASS}</Contents>"


def page_of(entries: str) -> bytes:
    return page(Listed("a%2F1")).replace(
        Listed("a%2F1").xml().encode(), entries.encode("utf-8", "surrogatepass")
    )


def decoded(body: bytes) -> object:
    try:
        return decode_s3_page(body, prefix="")
    except BrokenListingError:
        return BrokenListingError


def decoded_versions(body: bytes) -> object:
    try:
        return decode_s3_versions(body, prefix="", after=None)
    except BrokenListingError:
        return BrokenListingError


def is_cut(body: bytes, name: str = "ListBucketResult", entry: str = "Contents") -> bool:
    return parse_listing(body, name, entry).plain is not None


@pytest.mark.parametrize(
    "entry",
    [
        pytest.param(PLAIN, id="S3"),
        pytest.param(PLAIN.replace(CLASS, ""), id="without a storage class"),
        pytest.param(PLAIN.replace(CLASS, OWNER + CLASS), id="with its owner"),
        pytest.param(
            PLAIN.replace(
                SIZE,
                "<ChecksumAlgorithm>CRC64NVME</ChecksumAlgorithm>"
                f"<ChecksumType>FULL_OBJECT</ChecksumType>{SIZE}",
            ),
            id="S3 with a checksum",
        ),
        pytest.param(PLAIN.replace("&quot;", "&#34;"), id="MinIO"),
        pytest.param(PLAIN.replace("&quot;", '"'), id="quotes that are not escaped"),
        pytest.param(
            PLAIN.replace(CLASS, f"{CLASS}{OWNER}<Type>Normal</Type>"), id="Ceph RGW with an owner"
        ),
    ],
)
def test_entries_as_object_stores_write_them_are_plain(entry: str) -> None:
    body = page_of(entry + entry.replace("%2F1", "+2"))
    assert is_cut(body)
    assert decode_s3_page(body, prefix="a").rows == [row("a/1"), row("a 2")]


@pytest.mark.parametrize(
    "entries",
    [
        pytest.param("", id="none"),
        pytest.param(PLAIN + "\n" + PLAIN, id="a line between them"),
        pytest.param(PLAIN + PLAIN.replace("%2F", "&amp;"), id="an entity"),
        pytest.param(PLAIN + PLAIN.replace("%2F", "]]>"), id="what ends a CDATA section"),
        pytest.param(PLAIN + PLAIN.replace("%2F", "é"), id="a letter that is not ASCII"),
        pytest.param(PLAIN + PLAIN.replace("%2F", "\x7f"), id="a control character"),
        pytest.param(PLAIN + PLAIN.replace("a%2F1", ""), id="an empty key"),
        pytest.param(PLAIN + PLAIN.replace("0123", ""), id="an empty ETag"),
        pytest.param(PLAIN + PLAIN.replace("0123", '"0123"'), id="an ETag in more quotes"),
        pytest.param(PLAIN + PLAIN.replace("STANDARD", ""), id="an empty class"),
        pytest.param(PLAIN + PLAIN.replace(KEY + TIME, TIME + KEY), id="another order"),
        pytest.param(PLAIN + PLAIN.replace(SIZE, SIZE + SIZE), id="two sizes"),
        pytest.param(PLAIN + PLAIN.replace("<Key>", "<Key x='y'>"), id="an attribute"),
        pytest.param(PLAIN + PLAIN.replace("<Contents>", "<Contents >"), id="a space in a tag"),
        pytest.param(PLAIN + f"<{STAND_IN}/>", id="a stand-in"),
    ],
)
def test_entries_of_another_form_are_left_to_the_parser(entries: str) -> None:
    with suppress(BrokenListingError):
        assert not is_cut(page_of(entries))
    assert decoded(page_of(entries)) == decoded(page_of(entries) + AFTERWORD)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(page_of(f"<!--{PLAIN}-->"), id="in a comment"),
        pytest.param(page_of(f"<!--{PLAIN}--><Contents/>"), id="in a comment before another"),
        pytest.param(page_of(f"<![CDATA[{PLAIN}]]>"), id="in a CDATA section"),
        pytest.param(page_of(f"<?x {PLAIN}?>"), id="in an instruction"),
        pytest.param(page_of(f"<More>{PLAIN}</More>"), id="deeper"),
        pytest.param(page_of(f"<More/>{PLAIN}<CommonPrefixes/>"), id="between others"),
        pytest.param(
            page_of(f"{PLAIN}<x:Contents xmlns:x='{AWS}'>{KEY}</x:Contents>"),
            id="beside one with a prefix",
        ),
        pytest.param(page_of(f"{PLAIN}<Contents xmlns='other'/>"), id="beside one of no kind"),
        pytest.param(PLAIN.encode(), id="without a root"),
        pytest.param(PLAIN.encode() + page(), id="before the root"),
        pytest.param(page() + PLAIN.encode(), id="behind the root"),
        pytest.param(
            page_of(PLAIN)
            .replace(b"<ListBucketResult xmlns=", b"<x:ListBucketResult xmlns:x=")
            .replace(b"</List", b"</x:List"),
            id="in no namespace",
        ),
        pytest.param(page_of(PLAIN * 1001), id="more than a page has"),
        pytest.param(page_of(PLAIN.replace("7<", "7_0<")), id="a size that Python reads"),
        pytest.param(page_of(PLAIN.replace("7<", f"{2**63 - 1}<")), id="the largest size"),
        pytest.param(page_of(PLAIN.replace("7<", f"{2**63}<")), id="a size that is too large"),
        pytest.param(page_of(PLAIN.replace("7<", f"{10**30}<")), id="a size far too large"),
        pytest.param(page_of(PLAIN.replace("7<", f"{10**18 - 1}<")), id="a size of 18 digits"),
        pytest.param(page_of(PLAIN.replace("5.250Z", "5.250")), id="a naive time"),
        pytest.param(page_of(PLAIN.replace("2026-05-01T", "")), id="a time without a day"),
        pytest.param(page_of(PLAIN.replace("5.250Z", "5+00:00Z")), id="a time of two zones"),
        pytest.param(page_of(PLAIN.replace("Z<", "+02:00<")), id="a time of another zone"),
        pytest.param(page_of(PLAIN.replace("%2F", "%FF")), id="a key that is not text"),
    ],
)
def test_plain_entries_anywhere_are_as_the_parser_has_them(body: bytes) -> None:
    assert decoded(body) == decoded(body + AFTERWORD)


@pytest.mark.parametrize("key", ["+AGE-", "\\~"])  # a letter in UTF-7, a yen sign in Shift JIS
@pytest.mark.parametrize("encoding", ["UTF-8", "us-ascii", "UTF-16", "UTF-7", "Shift_JIS", "x"])
def test_the_encoding_that_a_page_declares_is_heeded(encoding: str, key: str) -> None:
    body = page_of(PLAIN.replace("%2F", key))
    body = body.replace(b'"UTF-8"', f'"{encoding}"'.encode())
    in_doubt = body.replace(b"</Key>", b"<!-- for the parser --></Key>")
    assert decoded(body) == decoded(in_doubt)


Spoiling = Callable[[bytes], bytes]
FRAGMENTS = [
    *(
        b"<",
        b">",
        b"&",
        b'"',
        b"'",
        b" ",
        b"\n",
        b"\r",
        b"\t",
        b"\0",
        b"\x1b",
        b"%",
        b"+",
        b"=",
        b"_",
    ),
    *(b"&quot;", b"&#34;", b"&#0;", b"&x;", b"<!--", b"-->", b"<![CDATA[", b"]]>", b"<?x", b"?>"),
    *(b"<Key>", b"</Key>", b"<Size>7</Size>", b"<Contents>", b"</Contents>", b"<Contents/>"),
    *(b"<Owner>", b"</Owner>", b"<x>", b"</x>", b"xmlns='y'", b"</ListBucketResult>"),
    *(PLAIN.encode(), STAND_IN.encode(), f"<{STAND_IN}/>".encode(), b"\xc3\xa9", b"\xff"),
]


def put(place: float, fragment: bytes, taken: int) -> Spoiling:
    def spoil(body: bytes) -> bytes:
        at = int(place * len(body))
        return body[:at] + fragment + body[at + taken :]

    return spoil


spoilings = st.builds(
    put,
    st.floats(0, 1),
    st.sampled_from([b"", *FRAGMENTS]),
    st.sampled_from([0, 0, 0, 1, 5, 60, 10_000]),
)


@settings(max_examples=1_500, deadline=None, derandomize=True, database=None)
@given(
    objects=st.lists(listed, max_size=4),
    entries=st.sampled_from(["", PLAIN, PLAIN * 2]),
    spoiled=st.lists(spoilings, max_size=3),
)
def test_spoiled_pages_are_as_the_parser_has_them(
    objects: list[Listed], entries: str, spoiled: list[Spoiling]
) -> None:
    whole = page(*objects).replace(b"</ListB", entries.encode() + b"</ListB")
    body = reduce(lambda each, spoil: spoil(each), spoiled, whole)
    assert decoded(body) == decoded(body + AFTERWORD)


@settings(max_examples=500, deadline=None, derandomize=True, database=None)
@given(entries=st.lists(versions.entries, max_size=4), spoiled=st.lists(spoilings, max_size=2))
def test_spoiled_pages_of_versions_are_as_the_parser_has_them(
    entries: list[str], spoiled: list[Spoiling]
) -> None:
    body = reduce(lambda each, spoil: spoil(each), spoiled, versions.page(*entries))
    assert decoded_versions(body) == decoded_versions(body + AFTERWORD)


def test_versions_as_s3_writes_them_are_plain() -> None:
    entry = PLAIN.replace("Contents>", "Version>").replace(
        KEY, KEY + "<VersionId>v1</VersionId><IsLatest>true</IsLatest>"
    )
    body = versions.page(entry.replace(CLASS, OWNER + CLASS))
    assert is_cut(body, "ListVersionsResult", "Version")
    assert decode_s3_versions(body, prefix="", after=None).rows == [versions.latest("a/1")]
