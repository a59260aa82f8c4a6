"""Azure's pages become rows as the SDK's own parser reads them, or no rows at all."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import reduce
from xml.sax.saxutils import escape

import pytest
from azure.storage.blob._deserialize import get_blob_properties_from_generated_code
from azure.storage.blob._generated import models
from azure.storage.blob._generated._utils.serialization import Deserializer
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.errors import BrokenListingError, UnorderedListingError
from shared.storage.azure_entries import Entries, _read_any, _read_plain
from shared.storage.azure_pages import decode_azure_level, decode_azure_page, read_times
from shared.storage.base import ObjectRow, UndecodableKey
from shared.storage.pages import DecodedPage
from shared.storage.plain_entries import STAND_IN
from tests.emulators.azure_server import name_of

TIME = "Fri, 01 May 2026 10:30:05 GMT"
MOMENT = datetime(2026, 5, 1, 10, 30, 5, tzinfo=UTC)
BLOCK_BLOB = (
    "<Content-Type>text/html; charset=utf-8</Content-Type><Content-Encoding />"
    "<Content-Language>en-US</Content-Language><Content-CRC64 />"
    "<Content-MD5>sQqNsWTgdUEFt6mb5y4/5Q==</Content-MD5><Cache-Control>no-cache</Cache-Control>"
    "<Content-Disposition /><BlobType>BlockBlob</BlobType>"
)
LEASE = (
    "<LeaseStatus>unlocked</LeaseStatus><LeaseState>available</LeaseState>"
    "<ServerEncrypted>true</ServerEncrypted>"
)
HOT = "<AccessTier>Hot</AccessTier><AccessTierInferred>true</AccessTierInferred>"
THAWING = (
    "<AccessTier>Archive</AccessTier><ArchiveStatus>rehydrate-pending-to-cool</ArchiveStatus>"
    "<RehydratePriority>Standard</RehydratePriority>"
    f"<AccessTierChangeTime>{TIME}</AccessTierChangeTime>"
)
PAGE_BLOB = BLOCK_BLOB.replace(
    "<BlobType>BlockBlob",
    "<x-ms-blob-sequence-number>0</x-ms-blob-sequence-number><BlobType>PageBlob",
)


@dataclass(frozen=True)
class Blob:
    """One entry of a page, as Azure writes it."""

    name: str = "a/1"
    time: str = TIME
    etag: str = "0x8DA7072027777C7"
    size: str = "7"
    kind: str = ""
    before_tier: str = BLOCK_BLOB
    tier: str = HOT
    version: str = ""
    current: bool = False
    after: str = "<OrMetadata />"

    def xml(self) -> str:
        version = f"<VersionId>{self.version}</VersionId>" if self.version else ""
        current = "<IsCurrentVersion>true</IsCurrentVersion>" if self.current else ""
        kind = f"<ResourceType>{self.kind}</ResourceType>" if self.kind else ""
        return (
            f"<Blob>{name_of(self.name)}{version}{current}<Properties>"
            f"<Creation-Time>{TIME}</Creation-Time><Last-Modified>{self.time}</Last-Modified>"
            f"<Etag>{self.etag}</Etag>{kind}<Content-Length>{self.size}</Content-Length>"
            f"{self.before_tier}{self.tier}{LEASE}</Properties>{self.after}</Blob>"
        )


def page(*entries: Blob | str, marker: str = "") -> bytes:
    inside = "".join(entry if isinstance(entry, str) else entry.xml() for entry in entries)
    end = f"<NextMarker>{escape(marker)}</NextMarker>" if marker else "<NextMarker />"
    return (
        '\ufeff<?xml version="1.0" encoding="utf-8"?><EnumerationResults '
        'ServiceEndpoint="https://acme.blob.core.windows.net/" ContainerName="photos">'
        f"<Prefix>a/</Prefix><MaxResults>5000</MaxResults><Blobs>{inside}</Blobs>{end}"
        "</EnumerationResults>"
    ).encode()


def row(key: str = "a/1", tier: str = "Hot", version_id: str | None = None) -> ObjectRow:
    return ObjectRow(key, 7, "0x8DA7072027777C7", MOMENT, tier, version_id)


def decode(
    body: bytes, *, prefix: str = "", after: str | None = None, versions: bool = False
) -> DecodedPage[str]:
    return decode_azure_page(body, prefix=prefix, after=after, versions=versions)


def decode_with_sdk(body: bytes) -> list[ObjectRow]:
    deserializer = Deserializer(
        {name: each for name, each in vars(models).items() if name[0] != "_"}
    )
    listing = deserializer("ListBlobsFlatSegmentResponse", body, "application/xml")
    blobs = [get_blob_properties_from_generated_code(item) for item in listing.segment.blob_items]
    return [
        ObjectRow(
            str(blob.name), blob.size, str(blob.etag), blob.last_modified, str(blob.blob_tier)
        )
        for blob in blobs
    ]


# --- As the SDK reads it ----------------------------------------------------------------------

names = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=20
) | st.text("aZ09 /+%#&<>'\"\\\r\n\t\x7f\ufffe\u00e9\U0001f3a3", min_size=1, max_size=20)
blobs = st.builds(
    Blob,
    name=names,
    time=st.datetimes(datetime(2000, 1, 1), datetime(2099, 12, 31)).map(  # noqa: DTZ001 - UTC is written
        lambda time: f"{time:%a, %d %b %Y %H:%M:%S GMT}"
    ),
    etag=st.text("0123456789ABCDEFx", min_size=1, max_size=18),
    size=st.integers(0, 2**47).map(str),
    before_tier=st.sampled_from([BLOCK_BLOB, PAGE_BLOB]),
    tier=st.sampled_from([HOT, THAWING, "<AccessTier>Cold</AccessTier>"]),
    after=st.sampled_from(["<OrMetadata />", "", "<Metadata><a>b</a></Metadata>"]),
)


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(entries=st.lists(blobs, max_size=5))
def test_random_pages_are_read_as_the_sdk_reads_them(entries: list[Blob]) -> None:
    body = page(*entries)
    assert decode(body).rows == decode_with_sdk(body)


# --- Without a parser, where the parser finds the same ----------------------------------------


@pytest.mark.parametrize(
    ("entry", "read"),
    [
        pytest.param(Blob(), row(), id="block blob"),
        pytest.param(Blob(before_tier=PAGE_BLOB), row(), id="page blob"),
        pytest.param(Blob(tier=""), row(tier="STANDARD"), id="account without tiers"),
        pytest.param(Blob(tier=THAWING), row(tier="Archive"), id="archived, about to be restored"),
        pytest.param(Blob("a/caf\u00e9 \U0001f3a3"), row("a/caf\u00e9 \U0001f3a3"), id="not ASCII"),
        pytest.param(Blob(after=""), row(), id="older service"),
        pytest.param(Blob(kind="file"), row(), id="hierarchical namespace"),
        pytest.param(Blob(version="v1", current=True), row(), id="account with versions"),
    ],
)
def test_entries_as_azure_writes_them_need_no_parser(entry: Blob, read: ObjectRow) -> None:
    body = page(entry)
    assert _read_plain(body.removeprefix(b"\xef\xbb\xbf")) is not None
    assert decode(body, prefix="a/").rows == [read]


PIECES = [
    *("<Blob>", "</Blob>", "<Name>", "</Name>", '<Name Encoded="true">', "<Properties>"),
    *("</Properties>", "<OrMetadata />", "<Snapshot>x</Snapshot>", "<Deleted>true</Deleted>"),
    *("&amp;", "&", "\r", "\ufffe", "<!-- a -->", "<![CDATA[x]]>", " ", "%41", ">", "]]>", "\x01"),
    *("<BlobPrefix><Name>p/</Name></BlobPrefix>", f"<{STAND_IN}/>", "<Etag>2</Etag>", "UTF-8"),
]
Change = Callable[[str], str]


def insert(place: float, piece: str) -> Change:
    return lambda text: f"{text[: (at := int(place * len(text)))]}{piece}{text[at:]}"


def drop(place: float, length: int) -> Change:
    return lambda text: text[: (at := int(place * len(text)))] + text[at + length :]


changes = st.lists(
    st.builds(insert, st.floats(0, 1), st.sampled_from(PIECES))
    | st.builds(drop, st.floats(0, 1), st.integers(1, 30)),
    max_size=2,
)


def read_by(reader: Callable[[bytes], Entries | None], body: bytes) -> object:
    try:
        return reader(body)
    except BrokenListingError:
        return BrokenListingError


@settings(max_examples=1_500, deadline=None, derandomize=True, database=None)
@given(made=changes)
def test_a_page_that_was_changed_is_read_as_the_parser_reads_it_or_left_to_it(
    made: list[Change],
) -> None:
    whole = page(Blob("a/1"), Blob("a/2", tier=THAWING), marker="next").decode()[1:]
    body = reduce(lambda text, change: change(text), made, whole).encode()
    plain = read_by(_read_plain, body)
    assert plain is None or plain == read_by(_read_any, body)


def test_a_name_that_xml_cannot_hold_is_read_from_its_encoding() -> None:
    body = page(Blob("a/\ufffe+%41"))
    assert b'<Name Encoded="true">a%2F%EF%BF%BE%2B%2541</Name>' in body
    assert decode(body, prefix="a/").rows == [row("a/\ufffe+%41")]


def test_snapshots_and_deleted_blobs_are_no_objects() -> None:
    snapshot = Blob("a/2").xml().replace("</Name>", "</Name><Snapshot>2026</Snapshot>")
    deleted = Blob("a/3").xml().replace("</Name>", "</Name><Deleted>true</Deleted>")
    assert decode(page(Blob("a/1"), snapshot, deleted, Blob("a/4"))).rows == [
        row("a/1"),
        row("a/4"),
    ]


def test_a_directory_is_no_object_and_its_account_has_no_order() -> None:
    files = decode(page(Blob("a", kind="directory"), Blob("a/1", kind="file")))
    assert (files.rows, files.last, files.ordered) == ([row("a/1")], "a/1", False)


def test_each_blob_is_a_present_one_where_no_versions_were_asked_for() -> None:
    found = decode(page(Blob("a", version="v1", current=True), Blob("b", version="v2")))
    assert found.rows == [row("a"), row("b")]


def test_names_out_of_order_are_seen() -> None:
    assert decode(page(Blob("a"), Blob("b"))).ordered
    assert not decode(page(Blob("b"), Blob("a"))).ordered
    assert not decode(page(Blob("a"), Blob("a"))).ordered


def test_the_key_that_a_listing_starts_from_makes_no_row() -> None:
    found = decode(page(Blob("a/1"), Blob("a/2"), marker="m"), after="a/1")
    assert (found.rows, found.last, found.next_place) == ([row("a/2")], "a/2", "m")
    assert decode(page(Blob("a/1"), marker="m"), after="a/1").last == "a/1"


def test_a_name_too_long_for_an_index_is_set_apart() -> None:
    longest, too_long = "\u20ac" * 866 + "ab", "\u20ac" * 866 + "abc"
    expected = UndecodableKey(
        too_long.encode(), "key-too-long", "The key has more than 2,600 bytes in UTF-8."
    )
    for entries in (
        [Blob(longest), Blob(too_long)],
        [Blob(longest), Blob(too_long), Blob("\ufffe")],
    ):
        found = decode(page(*entries))
        assert [each.key for each in found.rows][:1] == [longest]
        assert found.undecodable == [expected]


@pytest.mark.parametrize(
    ("name", "ordered"),
    [("caf\u00e9", True), ("\ue000", True), ("\uffee", True), ("\U0001f3a3", False)],
)
def test_names_beyond_one_unit_of_utf_16_have_no_order_since_azure_s_is_another(
    name: str, *, ordered: bool
) -> None:
    assert decode(page(Blob("a"), Blob(name))).ordered is ordered
    too_long = name * 1_024
    assert decode(page(Blob("a"), Blob(too_long))).ordered is ordered
    if ordered:
        assert level(page(Blob("a"), Blob(name)), prefix="") == (["a", name], None)
    else:
        with pytest.raises(UnorderedListingError):
            level(page(Blob("a"), Blob(name)), prefix="")


# --- Versions ---------------------------------------------------------------------------------


def test_only_the_present_version_of_each_blob_makes_a_row() -> None:
    found = decode(
        page(
            Blob("a", version="v1"),
            Blob("a", version="v2", current=True),
            Blob("b"),
            Blob("c", version="v3"),
            Blob("d", version="v4", current=True),
        ),
        versions=True,
    )
    assert found.rows == [
        row("a", version_id="v2"),
        row("b", version_id="null"),
        row("d", version_id="v4"),
    ]
    assert found.ordered


@pytest.mark.parametrize(
    ("entries", "last"),
    [
        ([Blob("a", version="v1"), Blob("a", version="v2", current=True)], "a"),
        ([Blob("a", version="v2", current=True), Blob("a", version="v1")], "a"),
        ([Blob("a", version="v2", current=True), Blob("b", version="v3")], "a"),
        ([Blob("a", version="v1"), Blob("b", version="v3")], "a"),
        ([Blob("a", version="v1")], None),
        ([], None),
    ],
)
def test_a_page_ends_with_a_key_of_which_no_version_can_follow(
    entries: list[Blob], last: str | None
) -> None:
    assert decode(page(*entries, marker="m"), versions=True).last == last


# --- Broken pages -----------------------------------------------------------------------------

WHOLE = page(Blob("a/1"), Blob("a/2"))


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(WHOLE[:-1], id="cut off"),
        pytest.param(WHOLE[: len(WHOLE) // 2], id="half"),
        pytest.param(b"<html><Blobs/><NextMarker/></html>", id="foreign"),
        pytest.param(b"<Error><Code>ServerBusy</Code></Error>", id="error in disguise"),
        pytest.param(WHOLE.replace(b"<NextMarker />", b""), id="no word on whether it goes on"),
        pytest.param(WHOLE.replace(b"Blobs>", b"Blub>"), id="no entries"),
        pytest.param(page(Blob("")), id="no name"),
        pytest.param(page(Blob(size="")), id="no size"),
        pytest.param(page(Blob(size="-1")), id="negative size"),
        pytest.param(page(Blob(size="1_0")), id="odd size"),
        pytest.param(page(Blob(size=str(2**63))), id="more than a row can hold"),
        pytest.param(page(Blob(etag="")), id="no ETag"),
        pytest.param(page(Blob(time="")), id="no time"),
        pytest.param(page(Blob(time="Fri, 31 Feb 2026 10:30:05 GMT")), id="no day"),
        pytest.param(page(Blob(time="Fri, 01 Moy 2026 10:30:05 GMT")), id="no month"),
        pytest.param(page(Blob(time="Fri, 01 May 2026 25:30:05 GMT")), id="no hour"),
        pytest.param(page(Blob(time="2026-05-01T10:30:05Z")), id="other form of time"),
        pytest.param(page("<BlobPrefix><Name>a/</Name></BlobPrefix>"), id="common prefix"),
        pytest.param(page(*(Blob(f"{number:04}") for number in range(5_001))), id="too many"),
        pytest.param(
            b'<!DOCTYPE EnumerationResults [<!ENTITY e "x">]>' + WHOLE[41:], id="document type"
        ),
    ],
)
def test_what_is_no_whole_listing_gives_no_rows(body: bytes) -> None:
    with pytest.raises(BrokenListingError):
        decode(body)


def test_keys_outside_of_the_prefix_are_not_believed() -> None:
    with pytest.raises(BrokenListingError):
        decode(WHOLE, prefix="a/2")


def test_times_are_those_of_rfc_1123_in_utc() -> None:
    assert read_times([TIME, "Tue, 29 Feb 2028 23:59:59 GMT"]) == [
        MOMENT,
        datetime(2028, 2, 29, 23, 59, 59, tzinfo=UTC),
    ]


# --- Levels -----------------------------------------------------------------------------------


def folder(name: str, properties: str = "") -> str:
    return f"<BlobPrefix>{name_of(name)}{properties}</BlobPrefix>"


def level(body: bytes, prefix: str = "a/", after: str = "") -> tuple[list[str], str | None]:
    return decode_azure_level(body, prefix=prefix, after=after, delimiter="/")


def test_a_level_is_its_keys_and_common_prefixes_behind_a_key() -> None:
    body = page(Blob("a/1"), folder("a/2/"), Blob("a/20"), folder("a/\ufffe/"), marker="m")
    assert level(body) == (["a/1", "a/2/", "a/20", "a/\ufffe/"], "m")
    assert level(body, after="a/2/") == (["a/20", "a/\ufffe/"], "m")
    apart = page(folder("a/2/"), folder("a/3/"), Blob("a/1"), Blob("a/20"))
    assert level(apart) == (["a/1", "a/2/", "a/20", "a/3/"], None)


@pytest.mark.parametrize(
    "body",
    [
        page(Blob("a/1/2")),
        page(folder("a/1")),
        page(folder("a/1/2/")),
        page(Blob("b")),
        page(folder("")),
    ],
)
def test_what_is_no_level_under_the_prefix_is_broken(body: bytes) -> None:
    with pytest.raises(BrokenListingError):
        level(body)


@pytest.mark.parametrize(
    "body",
    [
        page(Blob("a/2"), Blob("a/1")),
        page(folder("a/2/"), folder("a/1/")),
        page(folder("a/1/", "<Properties><ResourceType>directory</ResourceType></Properties>")),
        page(Blob("a/1", kind="file")),
    ],
)
def test_a_level_without_an_order_tells_nothing(body: bytes) -> None:
    with pytest.raises(UnorderedListingError):
        level(body)
