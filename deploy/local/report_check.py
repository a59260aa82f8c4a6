"""Check a signed access report from its file, with nothing but a set of public keys."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import cast

from pydantic import JsonValue

from deploy.local.errors import LocalStackError
from shared.plain_text import show
from shared.signed_reports import NotAReportError, UntrustedReportError, check_report

Json = Mapping[str, JsonValue]

TRUSTED, UNTRUSTED, NO_REPORT = 0, 1, 2
"""The signature is good; the report proves nothing; there is nothing that could be checked."""


def check_report_file(report: Path, key_set: Path, say: Callable[[str], None]) -> int:
    """Say what a report proves, or why it proves nothing, and return the command's exit code."""
    try:
        found = check_report(_read(report), _read(key_set))
    except UntrustedReportError as error:
        say(f"NOT TRUSTED. {error}")
        return UNTRUSTED
    except (NotAReportError, LocalStackError) as error:
        say(str(error))
        return NO_REPORT
    say(f"The signature is good: key {found['kid']}, signed at {found['signed_at']}.")
    for name, value in _lines(found):
        say(f"{name:<16}{show(value)}")
    return TRUSTED


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise LocalStackError(f"{file} cannot be read.") from error


def _lines(report: Json) -> Iterator[tuple[str, str]]:
    """Yield who may do what where, whether it is as it should be, and when that was found."""
    organization, location = _dict(report["organization"]), _dict(report["location"])
    credential, identity = _dict(report["credential"]), _dict(report["identity"])
    yield "access", "valid" if report["valid"] else "NOT VALID"
    yield "verified at", f"{report['verified_at']} by Mooring {report['mooring_version']}"
    yield "organization", f"{organization['name']} ({organization['org_id']})"
    yield "location", f"{location['uri']} ({location['region']})"
    yield "operations", _joined(report["operations"])
    yield "method", str(credential["method"])
    for name, value in identity.items():
        yield name, str(value)
    yield "proved refused", _joined(report["proved_refused"]) or "nothing was tried, or refused"
    for check in map(_dict, _list(report["checks"])):
        subject = "" if check["subject"] is None else f" {check['subject']}"
        yield str(check["status"]), f"{check['name']}{subject}: {check['finding']}"
    for name, digest in _dict(report["documents"]).items():
        yield "sha256", f"{digest} {name}"


def _joined(values: JsonValue) -> str:
    return ", ".join(map(str, _list(values)))


def _list(value: JsonValue) -> list[JsonValue]:
    return cast("list[JsonValue]", value)


def _dict(value: JsonValue) -> Json:
    return cast("Json", value)
