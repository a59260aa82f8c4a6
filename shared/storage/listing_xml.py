"""The XML of a listing: a whole document or an error, and its entries' fields as columns of text.

XPath answers with a column at a time, which costs a third of asking each entry for its fields.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any
from urllib.parse import unquote_plus

from lxml import etree

from shared.errors import BrokenListingError
from shared.storage.base import MAX_PAGE_SIZE
from shared.storage.forbidden_characters import Escaped, escape_characters
from shared.storage.names import Names
from shared.storage.plain_entries import STAND_IN, PlainEntries, cut_plain_entries

_BROKEN = "The listing is cut off or is not XML."


@dataclass(frozen=True, slots=True)
class ListingDocument:
    """A listing's root element, and the namespace of its tags: AWS's, Google's older one or none.

    A server that does not know `encoding-type` answers without that element, and with plain names.
    Plain entries were cut out before the document was parsed, and what no parser reads was escaped.
    """

    root: etree._Element
    space: str
    url_encoded: bool
    plain: PlainEntries | None = None
    escaped: Escaped | None = None

    def names(self, entry: str, field: str, prefix: str) -> Names:
        """Return the keys, or beginnings of keys, that a field of every entry holds.

        Raise BrokenListingError for a missing one, for one that does not begin with the prefix, and
        for more of them than a page has.
        """
        plain = self.find_plain(entry)
        count = plain.count if plain else int(self._ask(f"count({{s}}{entry})"))
        if count > MAX_PAGE_SIZE:
            raise BrokenListingError("The listing has more keys on a page than pages have.")
        texts = self.texts(entry, field, count)
        if not plain and self._ask(f"count({{s}}{entry}/{{s}}{field}/node())") != count:
            raise BrokenListingError("The listing has a key that is more than text.")
        names = Names.decode(texts, url_encoded=self.url_encoded)
        names.check_prefix(prefix)
        return names

    def texts(self, entry: str, field: str, count: int, default: str | None = None) -> list[str]:
        """Return a field of all `count` entries; `default` stands for a missing or empty one.

        Raise BrokenListingError for a missing one without a default.
        """
        if plain := self.find_plain(entry):
            return plain.texts(field, default)
        # At most one text of each entry: as many texts as entries means one of each.
        texts: list[str] = self._ask(f"{{s}}{entry}/{{s}}{field}[1]/text()[1]")
        if len(texts) != count:
            if default is None:
                raise BrokenListingError(f"The listing has an entry without its {field}.")
            tag = f"{self.space}{field}"
            entries = self.root.iterchildren(f"{self.space}{entry}")
            texts = [each.findtext(tag) or default for each in entries]
        return [self.escaped.restore(text) for text in texts] if self.escaped else texts

    def etags(self, entry: str, count: int) -> list[str]:
        """Return the ETags of all `count` entries without their quotes, as `texts` does."""
        texts = self.texts(entry, "ETag", count)
        return texts if self.find_plain(entry) else [text.strip('"') for text in texts]

    def text(self, field: str) -> str | None:
        """Return a field of the listing itself; None for a missing or empty one."""
        text = self.root.findtext(f"{self.space}{field}") or None
        return self.escaped.restore(text) if self.escaped and text else text

    def name(self, field: str, *, known: Collection[str] = ()) -> str | None:
        """Return a name among the fields of the listing itself, which may have a NUL.

        Ceph RGW encodes only those of entries: a text that is one of the `known` names is plain.
        """
        text = self.text(field)
        if text is None or not self.url_encoded or text in known:
            return text
        try:
            return unquote_plus(text, errors="strict")
        except UnicodeDecodeError as error:
            raise BrokenListingError("The listing goes on at a key that is not text.") from error

    def is_last(self) -> bool:
        """Say whether no page follows; raise BrokenListingError when the listing does not say."""
        match self.text("IsTruncated"):
            case "false":
                return True
            case "true":
                return False
        raise BrokenListingError("The listing does not say whether it goes on.")

    def next_token(self) -> str | None:
        """Return the token of the next page, or None when this is the last one."""
        if self.is_last():
            return None
        token = self.text("NextContinuationToken")
        if token is None:
            raise BrokenListingError("The listing does not say how it goes on.")
        return token

    def find_plain(self, entry: str) -> PlainEntries | None:
        """Return the entries of this name if they were in plain form, and so need fewer checks."""
        return self.plain if self.plain and self.plain.entry == entry else None

    def _ask(self, question: str) -> Any:
        return _xpath(question, self.space)(self.root)


def parse_listing(body: bytes, name: str, entry: str) -> ListingDocument:
    """Parse an answer whole, or raise BrokenListingError when its root has another name.

    The entries of this name are read by a quicker way when that gives the same.
    """
    plain = cut_plain_entries(body, entry)
    if plain is not None:
        document = _parse(plain.rest, name)
        if _stands_for_all(document, entry):
            return replace(document, plain=plain)
    return _parse(body, name)


def _stands_for_all(document: ListingDocument, entry: str) -> bool:
    """Say whether the stand-in is where entries are, and all that were there, as ASCII."""
    root, space = document.root, document.space
    return (
        root.find(f"{space}{STAND_IN}") is not None
        and root.find(f"{space}{entry}") is None
        and root.getroottree().docinfo.encoding == "UTF-8"
    )


def _parse(body: bytes, name: str) -> ListingDocument:
    root, escaped = _read(body)
    found = etree.QName(root).localname
    if found == "Error":
        raise BrokenListingError("The store answered with an error in place of a listing.")
    if found != name or root.getroottree().docinfo.doctype:  # type: ignore[attr-defined]
        raise BrokenListingError("The store answered with another document than a listing.")
    space = root.tag.removesuffix(name)
    url_encoded = root.findtext(f"{space}EncodingType") == "url"
    return ListingDocument(root, space, url_encoded, escaped=escaped)


def _read(body: bytes) -> tuple[etree._Element, Escaped | None]:
    """Return the root, of a document with escapes in it if there is none without them."""
    try:
        return _root_of(body), None
    except etree.XMLSyntaxError as error:
        escaped = escape_characters(body)
        if escaped is None:
            raise BrokenListingError(_BROKEN) from error
    try:
        return _root_of(escaped.body), escaped
    except etree.XMLSyntaxError as error:
        raise BrokenListingError(_BROKEN) from error


def _root_of(body: bytes) -> etree._Element:
    # The bytes come from a server that a customer may run: no entities, no network, no recovery.
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True
    )
    return etree.fromstring(body, parser)


@lru_cache(maxsize=64)
def _xpath(question: str, space: str) -> etree.XPath:
    """Compile a question whose `{s}` stands before each name."""
    return etree.XPath(
        question.format(s="s:" if space else ""),
        namespaces={"s": space[1:-1]} if space else None,
        smart_strings=False,
    )
