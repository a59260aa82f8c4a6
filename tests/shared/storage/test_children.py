"""One level of the key space is decoded as botocore decodes it, or not at all."""

from urllib.parse import parse_qs, quote, quote_plus
from xml.sax.saxutils import escape

import pytest
from botocore.handlers import decode_list_object_v2
from botocore.parsers import create_parser
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.errors import BrokenListingError, UnorderedListingError
from shared.storage.base import MAX_PAGE_SIZE, Children
from shared.storage.children import decode_s3_children
from shared.storage.memory import MemoryStore
from tests.shared.storage.s3_stores import listing, store_at
from tests.shared.storage.scripted_server import serving
from tests.shared.storage.test_pages import AWS, GOOGLE, LISTING, Listed, keys, page


def level(*entries: str, namespace: str = AWS, delimiter: str = "/", more: bool = False) -> bytes:
    """Return an answer with these URL-encoded entries; those that end in `/` are prefixes."""
    folders = "".join(
        f"<CommonPrefixes><Prefix>{escape(each)}</Prefix></CommonPrefixes>"
        for each in entries
        if each.endswith(quote(delimiter))
    )
    files = [Listed(each) for each in entries if not each.endswith(quote(delimiter))]
    body = page(*files, namespace=namespace, token="next" if more else None)
    return body.replace(b"</ListBucketResult>", f"{folders}</ListBucketResult>".encode())


def decode(body: bytes, prefix: str = "", after: str | None = None) -> Children:
    return decode_s3_children(body, prefix=prefix, after=after, delimiter="/")


def decode_with_botocore(body: bytes) -> list[str]:
    response = {"headers": {}, "status_code": 200, "body": body}
    parsed = create_parser("rest-xml").parse(response, LISTING)
    decode_list_object_v2(parsed, {"encoding_type_auto_set": True})
    return sorted(
        [each["Key"] for each in parsed.get("Contents", [])]
        + [each["Prefix"] for each in parsed.get("CommonPrefixes", [])],
        key=str.encode,
    )


@settings(max_examples=200, deadline=None, derandomize=True, database=None)
@given(
    names=st.sets(keys.map(lambda key: key.replace("/", "-")), max_size=12),
    folders=st.sets(keys.map(lambda key: key.replace("/", "-") + "/"), max_size=12),
    encode=st.sampled_from([quote, lambda name: quote_plus(name, safe="/*-._")]),
    namespace=st.sampled_from([AWS, GOOGLE, ""]),
    more=st.booleans(),
)
def test_random_levels_are_decoded_as_botocore_decodes_them(
    names: set[str], folders: set[str], encode: object, namespace: str, *, more: bool
) -> None:
    assert callable(encode)
    entries = sorted(names | folders)
    body = level(*map(encode, entries), namespace=namespace, more=more)
    assert decode(body) == Children(entries, is_last=not more)
    assert decode_with_botocore(body) == entries


def test_entries_that_no_text_can_hold_are_left_out() -> None:
    body = level("a%FF", "b", "b%00/", "c%FE/", "d/", more=True)
    assert decode(body) == Children(["b", "d/"], is_last=False)


def test_the_common_prefix_that_the_start_lies_in_is_left_out_where_a_store_shows_it() -> None:
    assert decode(level("b/", "c/", "d"), after="b/3") == Children(["c/", "d"], is_last=True)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(level("p/b", "p/a"), id="keys"),
        pytest.param(level("p/b/", "p/a/"), id="common prefixes"),
        pytest.param(level("p/a/", "p/a/"), id="twice"),
    ],
)
def test_a_level_out_of_order_says_so(body: bytes) -> None:
    with pytest.raises(UnorderedListingError):
        decode(body, "p/")


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(level("p/c")[:-9], id="cut off"),
        pytest.param(b"<Error><Code>SlowDown</Code></Error>", id="an error"),
        pytest.param(level(""), id="an entry without a name"),
        pytest.param(level("p/c/").replace(b"<Prefix>p/c/</Prefix>", b""), id="no prefix inside"),
        pytest.param(level("p/c").replace(b">false<", b">true<"), id="goes on without a token"),
        pytest.param(level("q"), id="a key elsewhere"),
        pytest.param(level("q/"), id="a common prefix elsewhere"),
        pytest.param(page(Listed("p/c/d")), id="a key of the next level"),
        pytest.param(level("p/c/d/"), id="a common prefix of the next level"),
        pytest.param(level("p/"), id="the prefix itself as a common prefix"),
        pytest.param(level("p/b"), id="a key from before the start"),
        pytest.param(level("p/a/"), id="a common prefix from before the start"),
        pytest.param(level("p/cd/").replace(b"cd", b"c<i/>d"), id="an element in a name"),
        pytest.param(level(*(f"p/{n:04}" for n in range(MAX_PAGE_SIZE + 1))), id="too many keys"),
        pytest.param(
            level(*(f"p/{n:04}/" for n in range(MAX_PAGE_SIZE + 1))), id="too many common prefixes"
        ),
    ],
)
def test_what_is_no_whole_level_is_broken(body: bytes) -> None:
    with pytest.raises(BrokenListingError):
        decode(body, "p/", after="p/b")


async def test_one_request_asks_for_one_level() -> None:
    async with (
        serving(listing(level("a%2B/b%20c", "a%2B/d/", more=True))) as server,
        store_at(server.url) as store,
    ):
        children = await store.list_children("a+/", after="a+/a")
    assert children == Children(["a+/b c", "a+/d/"], is_last=False)
    assert [parse_qs(url.query) for url in server.asked] == [
        {
            "list-type": ["2"],
            "max-keys": ["1000"],
            "prefix": ["a+/"],
            "start-after": ["a+/a"],
            "delimiter": ["/"],
            "encoding-type": ["url"],
        }
    ]


async def test_the_store_in_memory_has_a_thousand_entries_in_an_answer() -> None:
    store = MemoryStore()
    for number in range(MAX_PAGE_SIZE + 1):
        store.put(f"{number:04}/a")
        store.put(f"{number:04}/b")
    store.put(b"\xff/a")
    entries = [f"{number:04}/" for number in range(MAX_PAGE_SIZE + 1)]
    assert await store.list_children("") == Children(entries[:-1], is_last=False)
    assert await store.list_children("", after=entries[-2]) == Children(entries[-1:], is_last=True)
