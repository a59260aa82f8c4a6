"""The page of a proof: it shows what is signed, and nothing that others named can act in it."""

import copy
from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.credentials.credential_schemas import Method
from services.credentials.proofs.facts import SHOWN
from services.credentials.proofs.pages import _LABELS, HEADERS, METHODS, STYLE, render_page
from shared.plain_text import show
from shared.signed_reports import EMPTY_BLOCK, check_report, digest_page, fill_page, sign_report
from tests.shared.signing import REPORT, Signatory, key_set

STATEMENT: dict[str, Any] = {name: value for name, value in REPORT.items() if name != "page_sha256"}
KID = "the-kid"
TAGS = {
    *("html", "head", "meta", "title", "style", "body", "h1", "h2", "h3", "p", "span", "table"),
    *("tr", "th", "td", "code", "ol", "li", "details", "summary", "pre"),
}
ATTRIBUTES = {"lang", "charset", "http-equiv", "content", "class", "scope", "id"}


class Reader(HTMLParser):
    """Reads a page: its tags in order, and its text piece by piece."""

    def __init__(self, page: bytes) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, tuple[tuple[str, str | None], ...]]] = []
        self.texts: list[str] = []
        self.others: list[str] = []
        self.feed(page.decode())
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, tuple(attrs)))

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.texts.append(data)

    def handle_comment(self, data: str) -> None:
        self.others.append(data)

    def handle_decl(self, decl: str) -> None:
        self.others.append(decl)

    def handle_pi(self, data: str) -> None:
        self.others.append(data)

    def unknown_decl(self, data: str) -> None:
        self.others.append(data)


def test_a_page_shows_all_that_is_signed() -> None:
    read = Reader(render_page(STATEMENT, KID))
    title, style, *shown = read.texts
    assert (title, style) == (f"Access report {STATEMENT['report_id']}", STYLE)
    assert shown == [
        "Access report",
        "Access is ",
        "valid",
        (
            ". It was verified at 2026-11-21T11:00:00Z by Mooring 0.1.0, which did what its"
            " importer and browsers do."
        ),
        "Who may do what",
        *("Report", "01a22709-91c2-7328-8eb9-857055196f94"),
        *("Organization", "Acme (378e505b-ff88-421b-ae16-dddebe4380de)"),
        *("Location", "s3://acme-data/photos/"),
        *("Its name", "Photos (01a22709-9003-7ea5-8d54-6995d8e52f92)"),
        *("Region", "eu-central-1"),
        *("Browser origins", "https://app.example"),
        *("Operations", "list, read"),
        *("Storage credential", "Reader (01a22709-8f3d-7d56-9cea-57aefb0e962c)"),
        *("Method", f"assume_role: {METHODS['assume_role']}"),
        *("Role", "arn:aws:iam::222222222222:role/reader"),
        *("Mooring's AWS principal", "arn:aws:iam::111111111111:user/mooring"),
        "What was tried and refused",
        "external_id_enforced",
        "proved: The role refuses a session without the ExternalId, and a wrong one.",
        "Checks",
        *("external_id_enforced ", "passed"),
        "The role refuses a session without the ExternalId, and a wrong one.",
        *("list ", "failed"),
        "The prefix cannot be listed.",
        "What may be the cause, the likeliest first:",
        "No policy allows to list. (list-not-allowed, certain)",
        "How to tell: The refusal says so.",
        "Who acts: customer. Remedy: Give the role this policy.",
        *("permission_policy", "SHA-256 74791f6b"),
        "Documents of the setup kit",
        (
            "What the bucket's owner was given to paste, each by the SHA-256 of its canonical JSON"
            " (RFC 8785)."
        ),
        *("trust_policy", "edb9f2d2"),
        "Signature",
        *("Signed at", "2026-11-21T12:00:00+00:00"),
        *("Key", KID),
        *("Algorithm", "Ed25519"),
        (
            "This page is signed, with all that it shows. Check the file as it was downloaded with"
            " the public keys of the Mooring that made it:"
        ),
        "python -m deploy.local verify-report report.html --jwks report-keys.json",
        "What was signed",
    ]


def test_a_page_says_what_was_not_proved_and_what_there_is_not() -> None:
    statement = {**copy.deepcopy(STATEMENT), "valid": False, "proved_refused": [], "documents": {}}
    statement["checks"][0] |= {"status": "skipped", "finding": "It was not asked."}
    statement["location"]["origins"] = []
    texts = Reader(render_page(statement, KID)).texts
    assert texts[texts.index("Access is ") + 1] == "not valid"
    assert "not proved: It was not asked." in texts
    assert "There were none for this method." in texts
    assert texts[texts.index("Browser origins") + 1] == "none"
    del statement["checks"][0]
    texts = Reader(render_page(statement, KID)).texts
    assert "With this method nothing of the kind is tried." in texts


def assert_inactive(read: Reader) -> None:
    assert {tag for tag, _ in read.tags} <= TAGS
    assert {name for _, attributes in read.tags for name, _ in attributes} <= ATTRIBUTES
    assert read.others == ["doctype html"]


def hostile(text: str) -> dict[str, Any]:
    """Return a statement in which everything that a customer or a store names is this text."""
    statement = copy.deepcopy(STATEMENT)
    for part in ("organization", "credential", "location"):
        statement[part]["name"] = text
    statement["location"] |= {"uri": text, "region": text, "origins": [text, text]}
    statement["identity"] = dict.fromkeys(statement["identity"], text)
    for check in statement["checks"]:
        check |= {"finding": text, "subject": text}
        for cause in check["causes"]:
            cause |= {"summary": text, "tell": text, "remedy": text}
            cause["documents"] = {text: text}
    statement["documents"] = {text: text}
    return statement


FIXED = Reader(render_page(hostile("a name"), KID))


@given(
    st.text(min_size=1)
    | st.sampled_from(
        [
            "<script>alert(1)</script>",
            "</style><script>alert(1)</script>",
            "</td></tr></table><img src=x onerror=alert(1)>",
            "</pre>",
            '<pre id="signed-report">{}</pre>',
            "\"'><svg onload=alert(1)>",
            "<!--",
            "]]>",
            "&lt;script&gt;",
            "&#x3c;b&#x3e;",
            "javascript:alert(1)",
            "\u202e<b>\x1b[2J\0",
        ]
    )
)
def test_no_name_can_add_to_a_page_or_act_in_it(text: str) -> None:
    page = render_page(hostile(text), KID)
    read = Reader(page)
    assert_inactive(read)
    assert read.tags == FIXED.tags
    assert page.count(EMPTY_BLOCK) == page.count(b"<pre") == 1
    shown = [piece.replace("a name", show(text)) for piece in FIXED.texts]
    # Text that is all spaces is not among the pieces that were read.
    assert [piece for piece in shown if piece.strip()] == read.texts


@given(st.text())
def test_a_page_with_any_names_is_verified_as_it_was_signed(text: str) -> None:
    signatory = Signatory()
    statement = hostile(text)
    page = render_page(statement, signatory.kid)
    report = {**statement, "page_sha256": digest_page(page)}
    signed = sign_report(report, signatory.private, signatory.kid)
    found = check_report(fill_page(page, signed), key_set(signatory.jwk()))
    assert found == {**report, "kid": signatory.kid}
    assert_inactive(Reader(fill_page(page, signed)))


def test_a_page_allows_its_own_style_and_nothing_else() -> None:
    style = b64encode(sha256(STYLE.encode()).digest()).decode()
    allowed = f"default-src 'none'; style-src 'sha256-{style}'; base-uri 'none'; form-action 'none'"
    read = Reader(render_page(STATEMENT, KID))
    meta = ("meta", (("http-equiv", "Content-Security-Policy"), ("content", allowed)))
    assert read.tags.index(meta) < read.tags.index(("style", ()))
    policy = f"{allowed}; frame-ancestors 'none'; sandbox"
    assert list(HEADERS.items()) == [("Content-Security-Policy", policy)]
    assert [word for word in ("url(", "@import", "http") if word in STYLE] == []


def test_every_method_is_explained_and_every_name_of_an_identity_has_a_label() -> None:
    assert METHODS.keys() == set(get_args(Method))
    assert _LABELS.keys() == {*SHOWN, "principal_arn", "oidc_issuer", "subject"}


@pytest.mark.parametrize("name", [*SHOWN, "principal_arn"])
def test_what_is_not_known_of_an_identity_is_left_out(name: str) -> None:
    texts = Reader(render_page({**STATEMENT, "identity": {name: None}}, KID)).texts
    assert _LABELS[name] not in texts
