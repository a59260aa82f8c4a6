"""The command that checks a signed report: what it says, and the code that it ends with."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.local.settings import REPOSITORY
from tests.shared.signing import Signatory, key_set

SIGNATORY = Signatory()
GOOD = f"""\
The signature is good: key {SIGNATORY.kid}, signed at 2026-11-21T12:00:00+00:00.
access          valid
verified at     2026-11-21T11:00:00Z by Mooring 0.1.0
organization    Acme (378e505b-ff88-421b-ae16-dddebe4380de)
location        s3://acme-data/photos/ (eu-central-1)
operations      list, read
method          assume_role
role_arn        arn:aws:iam::222222222222:role/reader
principal_arn   arn:aws:iam::111111111111:user/mooring
proved refused  external_id_enforced
passed          external_id_enforced: The role refuses a session without the ExternalId, and a\
 wrong one.
failed          list: The prefix cannot be listed.
sha256          edb9f2d2 trust_policy
"""


def check(report: Path, keys: Path) -> tuple[int, str]:
    """Run the command where there is no setting, no database and no home."""
    ran = subprocess.run(
        [sys.executable, "-m", "deploy.local", "verify-report", str(report), "--jwks", str(keys)],
        cwd=REPOSITORY,
        env={"PATH": os.environ["PATH"], "COLUMNS": "80"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.stderr == ""
    return ran.returncode, ran.stdout


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    file = tmp_path / "report-keys.json"
    file.write_bytes(key_set(SIGNATORY.jwk()))
    return file


@pytest.fixture
def report(tmp_path: Path) -> Path:
    file = tmp_path / "report.json"
    file.write_text(SIGNATORY.sign().text())
    return file


def test_a_good_report_is_told_as_json_and_as_a_page(report: Path, keys: Path) -> None:
    page = report.with_suffix(".html")
    page.write_bytes(SIGNATORY.page())
    assert [check(file, keys) for file in (report, page)] == [(0, GOOD), (0, GOOD)]


def test_a_report_that_says_that_access_is_broken_is_told_as_such(report: Path, keys: Path) -> None:
    report.write_text(SIGNATORY.sign(valid=False, proved_refused=[]).text())
    code, said = check(report, keys)
    assert code == 0
    assert said.splitlines()[1] == "access          NOT VALID"
    assert "proved refused  nothing was tried, or refused" in said.splitlines()


def test_an_altered_report_is_not_trusted(report: Path, keys: Path) -> None:
    page = report.with_suffix(".html")
    page.write_bytes(SIGNATORY.page().replace(b"<p>valid", b"<p>fine!"))
    forged = Signatory(1).sign().payload
    report.write_text(report.read_text().replace(SIGNATORY.sign().payload, f"{forged}A"))
    assert [check(file, keys) for file in (report, page)] == [
        (
            1,
            (
                "NOT TRUSTED. The report was altered after it was signed, or somebody else signed"
                " it.\n"
            ),
        ),
        (1, "NOT TRUSTED. The page was altered: it does not show what was signed.\n"),
    ]


def test_a_key_that_is_not_known_is_told(report: Path, keys: Path) -> None:
    keys.write_bytes(key_set(Signatory(1).jwk()))
    assert check(report, keys) == (
        1,
        (
            f"NOT TRUSTED. The report is signed with the key {SIGNATORY.kid}, which is not in the"
            " set of keys, or is there twice.\n"
        ),
    )


def test_a_key_that_was_retired_before_is_told(report: Path, keys: Path) -> None:
    keys.write_bytes(key_set(SIGNATORY.jwk(exp=1_700_000_000)))
    assert check(report, keys) == (
        1,
        (
            "NOT TRUSTED. The key was retired before: it signs nothing after 2023-11-14 22:13:20"
            " UTC, and the report says that it was signed at 2026-11-21T12:00:00+00:00.\n"
        ),
    )


def test_what_is_no_report_or_no_set_of_keys_is_told(report: Path, keys: Path) -> None:
    nothing = report.with_name("nothing")
    assert [check(keys, keys), check(report, report), check(nothing, keys)] == [
        (
            2,
            (
                "The file is no signed access report: it holds payload, protected and signature,"
                " and nothing else.\n"
            ),
        ),
        (2, "The set of keys is none: it is JSON with a list of keys (RFC 7517).\n"),
        (2, f"{nothing} cannot be read.\n"),
    ]


def test_a_name_cannot_give_orders_to_the_terminal(report: Path, keys: Path) -> None:
    organization = {"org_id": "1", "name": "\x1b[2J\x07[red]Acme[/red]\u202e\naccess"}
    report.write_text(SIGNATORY.sign(organization=organization).text())
    code, said = check(report, keys)
    assert code == 0
    assert said.splitlines()[3] == (
        "organization    \\u{1b}[2J\\u{7}[red]Acme[/red]\\u{202e}\\u{a}access (1)"
    )
