"""The XML around a listing's entries: a whole document or an error, names, and how it goes on."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import unquote_plus, unquote_to_bytes

from lxml import etree

from shared.errors import BrokenListingError
from shared.storage.base import UndecodableKey, decode_key

LISTING = "ListBucketResult"


@dataclass(frozen=True, slots=True)
class ListingDocument:
    """A listing's root element, and the namespace of its tags: AWS's, Google's older one or none.

    A server that does not know `encoding-type` answers without that element, and with plain names.
    """

    root: etree._Element
    space: str
    url_encoded: bool

    def decode_names(self, texts: list[str]) -> Sequence[str | UndecodableKey]:
        """Return the keys, or parts of keys, that were written as these texts."""
        return _undo_url_encoding(texts) if self.url_encoded else texts

    def next_token(self) -> str | None:
        """Return the token of the next page, or None when this is the last one.

        Raise BrokenListingError when the listing does not say.
        """
        match self.root.findtext(f"{self.space}IsTruncated"):
            case "false":
                return None
            case "true":
                token = self.root.findtext(f"{self.space}NextContinuationToken")
                if token:
                    return token
        raise BrokenListingError("The listing does not say whether it goes on, or how.")


def parse_listing(body: bytes) -> ListingDocument:
    """Parse an answer whole, or raise BrokenListingError when it is anything but a listing."""
    # The bytes come from a server that a customer may run: no entities, no network, no recovery.
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(body, parser)
    except etree.XMLSyntaxError as error:
        raise BrokenListingError("The listing is cut off or is not XML.") from error
    name = etree.QName(root).localname
    if name == "Error":
        raise BrokenListingError("The store answered with an error in place of a listing.")
    if name != LISTING or root.getroottree().docinfo.doctype:  # type: ignore[union-attr]
        raise BrokenListingError("The store answered with another document than a listing.")
    space = root.tag.removesuffix(name)
    return ListingDocument(root, space, root.findtext(f"{space}EncodingType") == "url")


def _undo_url_encoding(texts: list[str]) -> Sequence[str | UndecodableKey]:
    """Undo the encoding, in which S3 writes a space as `+` and a plus as `%2B`."""
    try:
        names = [unquote_plus(text, errors="strict") for text in texts]
    except UnicodeDecodeError:
        names = ["\0"]
    if "\0" in "".join(names):
        return [decode_key(unquote_to_bytes(text.replace("+", " "))) for text in texts]
    return names
