"""Pages: a proof as one HTML file, to be read, printed and filed.

A page is built as a tree, so that no text can become a tag, and holds nothing that acts: no script,
no link, nothing from elsewhere. Its policy forbids them too, also when it is opened from a disk.
"""

from base64 import b64encode
from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import cast
from xml.etree.ElementTree import Element, SubElement, tostring

from pydantic import JsonValue

from services.credentials.proofs.statements import REFUSALS, Statement
from shared.plain_text import show

Json = Mapping[str, JsonValue]

STYLE = """
:root { color-scheme: light; font: 16px/1.5 system-ui, sans-serif; }
body { margin: 2rem auto; max-width: 60rem; padding: 0 1rem; color: #1a1a1a; background: #fff; }
h1, h2, h3 { line-height: 1.2; }
h2 { border-bottom: 1px solid #bbb; margin-top: 2.5rem; }
table { border-collapse: collapse; width: 100%; }
th, td { border-bottom: 1px solid #ddd; padding: .3rem .5rem; text-align: left; vertical-align: top;
  overflow-wrap: anywhere; white-space: pre-wrap; }
th { font-weight: 600; width: 14rem; }
h3 { margin-bottom: .25rem; } h3 + p { margin-top: 0; }
p, li { overflow-wrap: anywhere; white-space: pre-wrap; }
code, pre { font: .875rem/1.4 ui-monospace, monospace; }
pre { overflow-wrap: anywhere; white-space: pre-wrap; }
.status { border: 1px solid; border-radius: .25rem; font-size: .875rem; padding: 0 .4rem; }
.passed { color: #14602a; } .failed { color: #a11212; } .warning { color: #7a4a00; }
.skipped { color: #555; }
@media print { body { margin: 0; max-width: none; } h2, h3, tr { break-inside: avoid; }
  h2, h3 { break-after: avoid; } details { display: none; } }
"""

_STYLE_HASH = b64encode(sha256(STYLE.encode()).digest()).decode()
_POLICY = (
    f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; base-uri 'none'; form-action 'none'"
)

HEADERS = {"Content-Security-Policy": f"{_POLICY}; frame-ancestors 'none'; sandbox"}
"""For the answer: the policy of the page itself, and what only a header can say."""

METHODS = {
    "assume_role": "Mooring's AWS principal assumes a role of the bucket owner's account, with an"
    " ExternalId that Mooring made for this credential alone.",
    "organization_role": "A role of Mooring's account for this organization alone, which the"
    " bucket's policy lets in.",
    "access_key": "An access key of the store's, which Mooring keeps sealed.",
    "service_account_grant": "A service account of Mooring's project for this organization alone,"
    " which the bucket's policy lets in.",
    "workload_identity": "A service account of the bucket owner's, as which Mooring may act by"
    " tokens whose subject is this organization.",
    "service_account_key": "A key of a service account of the bucket owner's, which Mooring keeps"
    " sealed.",
    "hmac_key": "An HMAC key of a service account of the bucket owner's, which Mooring keeps"
    " sealed.",
    "tenant_consent": "Mooring's application, to which an administrator of the tenant consented.",
    "service_principal": "An application of the bucket owner's, whose secret or certificate Mooring"
    " keeps sealed.",
    "account_key": "A key of the storage account, which may do everything there, and which Mooring"
    " keeps sealed.",
    "sas_token": "A shared access signature that the bucket's owner made, which Mooring keeps"
    " sealed.",
}

_LABELS = {
    "principal_arn": "Mooring's AWS principal",
    "role_arn": "Role",
    "access_key_id": "Id of the key",
    "endpoint": "Endpoint",
    "service_account": "Service account",
    "workload_provider": "Provider of the identity pool",
    "oidc_issuer": "Issuer of the tokens",
    "subject": "Subject of the tokens",
    "tenant_id": "Tenant",
    "client_id": "Application",
    "account": "Storage account",
}


def render_page(statement: Statement, kid: str) -> bytes:
    """Return the page of a statement, whose block for what is signed is empty."""
    page = Element("html", lang="en")
    head = SubElement(page, "head")
    SubElement(head, "meta", charset="utf-8")
    SubElement(head, "meta", {"http-equiv": "Content-Security-Policy", "content": _POLICY})
    SubElement(head, "title").text = f"Access report {statement['report_id']}"
    SubElement(head, "style").text = STYLE
    body = SubElement(page, "body")
    _add_verdict(body, statement)
    _add_subject(body, statement)
    _add_refusals(body, statement)
    _add_checks(body, _list(statement["checks"]))
    _add_documents(body, _dict(statement["documents"]))
    _add_signature(body, statement, kid)
    return f"<!doctype html>\n{tostring(page, encoding='unicode', method='html')}\n".encode()


def _add_verdict(body: Element, statement: Json) -> None:
    _add(body, "h1", "Access report")
    word, status = ("valid", "passed") if statement["valid"] else ("not valid", "failed")
    verdict = _add(body, "p", "Access is ")
    _add(verdict, "span", word, status).tail = (
        f". It was verified at {statement['verified_at']} by Mooring"
        f" {statement['mooring_version']}, which did what its importer and browsers do."
    )


def _add_subject(body: Element, statement: Json) -> None:
    organization, location = _dict(statement["organization"]), _dict(statement["location"])
    credential, identity = _dict(statement["credential"]), _dict(statement["identity"])
    _add(body, "h2", "Who may do what")
    _add_rows(
        body,
        [
            ("Report", statement["report_id"]),
            ("Organization", f"{organization['name']} ({organization['org_id']})"),
            ("Location", location["uri"]),
            ("Its name", f"{location['name']} ({location['location_id']})"),
            ("Region", location["region"]),
            ("Browser origins", _joined(location["origins"]) or "none"),
            ("Operations", _joined(statement["operations"])),
            ("Storage credential", f"{credential['name']} ({credential['credential_id']})"),
            ("Method", f"{credential['method']}: {METHODS[str(credential['method'])]}"),
            *((_LABELS[name], value) for name, value in identity.items() if value is not None),
        ],
    )


def _add_refusals(body: Element, statement: Json) -> None:
    _add(body, "h2", "What was tried and refused")
    proved = _list(statement["proved_refused"])
    checks = [_dict(check) for check in _list(statement["checks"])]
    tried = [check for check in checks if check["name"] in REFUSALS]
    if not tried:
        _add(body, "p", "With this method nothing of the kind is tried.")
        return
    rows = []
    for check in tried:
        outcome = "proved" if check["name"] in proved else "not proved"
        rows.append((str(check["name"]), f"{outcome}: {check['finding']}"))
    _add_rows(body, rows)


def _add_checks(body: Element, checks: Iterable[JsonValue]) -> None:
    _add(body, "h2", "Checks")
    for each in checks:
        check = _dict(each)
        status = str(check["status"])
        heading = _add(body, "h3", f"{check['name']} ")
        if check["subject"] is not None:
            _add(heading, "code", str(check["subject"])).tail = " "
        _add(heading, "span", status, status)
        _add(body, "p", str(check["finding"]))
        causes = _list(check["causes"])
        if causes:
            _add(body, "p", "What may be the cause, the likeliest first:")
            ordered = SubElement(body, "ol")
            for cause in causes:
                _add_cause(SubElement(ordered, "li"), _dict(cause))


def _add_cause(item: Element, cause: Json) -> None:
    _add(item, "p", f"{cause['summary']} ({cause['code']}, {cause['confidence']})")
    _add(item, "p", f"How to tell: {cause['tell']}")
    _add(item, "p", f"Who acts: {cause['who']}. Remedy: {cause['remedy']}")
    documents = _dict(cause["documents"])
    if documents:
        _add_rows(item, [(name, f"SHA-256 {value}") for name, value in documents.items()])


def _add_documents(body: Element, documents: Json) -> None:
    _add(body, "h2", "Documents of the setup kit")
    if not documents:
        _add(body, "p", "There were none for this method.")
        return
    _add(
        body,
        "p",
        "What the bucket's owner was given to paste, each by the SHA-256 of its canonical JSON"
        " (RFC 8785).",
    )
    _add_rows(body, documents.items())


def _add_signature(body: Element, statement: Json, kid: str) -> None:
    _add(body, "h2", "Signature")
    _add_rows(body, [("Signed at", statement["signed_at"]), ("Key", kid), ("Algorithm", "Ed25519")])
    _add(
        body,
        "p",
        "This page is signed, with all that it shows. Check the file as it was downloaded with"
        " the public keys of the Mooring that made it:",
    )
    command = "python -m deploy.local verify-report report.html --jwks report-keys.json"
    _add(SubElement(body, "p"), "code", command)
    details = SubElement(body, "details")
    _add(details, "summary", "What was signed")
    SubElement(details, "pre", id="signed-report")


def _add(parent: Element, tag: str, text: str, status: str | None = None) -> Element:
    child = SubElement(parent, tag)
    child.text = show(text)
    if status is not None:
        child.set("class", f"status {status}")
    return child


def _add_rows(parent: Element, rows: Iterable[tuple[str, JsonValue]]) -> None:
    table = SubElement(parent, "table")
    for name, value in rows:
        row = SubElement(table, "tr")
        _add(row, "th", name).set("scope", "row")
        _add(row, "td", str(value))


def _joined(values: JsonValue) -> str:
    return ", ".join(map(str, _list(values)))


def _list(value: JsonValue) -> list[JsonValue]:
    return cast("list[JsonValue]", value)


def _dict(value: JsonValue) -> Json:
    return cast("Json", value)
