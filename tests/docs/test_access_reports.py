"""The guide to access reports: its commands work as they stand, and its tables are complete."""

import json
import re
import shutil
import subprocess
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from deploy.local.report_check import NO_REPORT, TRUSTED, UNTRUSTED
from services.credentials.proofs.pages import render_page
from shared.signed_reports import digest_page, fill_page, sign_report
from tests.docs.test_reference import names, rows, section
from tests.shared.signing import REPORT, Signatory, key_set

PAGE = "access-reports.md"
TOOLS = "Check it with other tools"
SIGNATORY = Signatory()
RETIRED = Signatory(1)

needs_tools = pytest.mark.skipif(
    not all(map(shutil.which, ("bash", "jq", "openssl", "base64", "sha256sum"))),
    reason="the tools of the guide are not here",
)


def run(directory: Path, number: int) -> subprocess.CompletedProcess[str]:
    """Run one of the guide's blocks of commands."""
    blocks = re.findall(r"(?s)```bash\n(.*?)```", section(PAGE, TOOLS))
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", blocks[number]],  # noqa: S607 (whichever is here)
        cwd=directory,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A report, its page, and the keys, among others', as the vault gives them out."""
    report: dict[str, Any] = {**REPORT, "organization": {"org_id": "1", "name": "Ämter & <b>"}}
    page = render_page(report, SIGNATORY.kid)
    report["page_sha256"] = digest_page(page)
    signed = sign_report(report, SIGNATORY.private, SIGNATORY.kid)
    (tmp_path / "report.json").write_text(signed.text())
    (tmp_path / "report.html").write_bytes(fill_page(page, signed))
    (tmp_path / "report-keys.json").write_bytes(key_set(RETIRED.jwk(), SIGNATORY.jwk()))
    return tmp_path


@needs_tools
def test_a_report_is_checked_with_openssl(files: Path) -> None:
    done = run(files, 0)
    assert done.returncode == 0, done.stderr
    verdict, _, shown = done.stdout.partition("\n")
    assert verdict == "Signature Verified Successfully"
    assert json.loads(shown)["organization"]["name"] == "Ämter & <b>"


@needs_tools
def test_an_altered_report_is_found_with_openssl(files: Path) -> None:
    file = files / "report.json"
    members = json.loads(file.read_text())
    forged = json.loads(RETIRED.sign().text())
    file.write_text(json.dumps({**members, "payload": forged["payload"]}))
    done = run(files, 0)
    assert done.returncode != 0
    assert "Signature Verification Failure" in done.stdout + done.stderr


@needs_tools
def test_a_page_is_taken_apart_with_sed(files: Path) -> None:
    whole = (files / "report.json").read_text()
    (files / "report.json").unlink()
    done = run(files, 1)
    assert (files / "report.json").read_text() == f"{whole}\n"
    payload = json.loads(run(files, 0).stdout.partition("\n")[2])
    assert done.stdout.split()[0] == payload["page_sha256"]
    (files / "report.html").write_bytes(
        (files / "report.html").read_bytes().replace(b"eu-central-1", b"eu-central-2", 1)
    )
    altered = run(files, 1).stdout.split()[0]
    assert altered != payload["page_sha256"]
    assert len(altered) == len(sha256().hexdigest())


def test_every_member_of_a_report_is_explained() -> None:
    listed = [name for member, _ in rows(section(PAGE, "What it says")) for name in names(member)]
    assert sorted(listed) == sorted(REPORT)


def test_every_exit_code_is_explained() -> None:
    codes = re.findall(r"(?m)^\| (\d) \|", section(PAGE, "Check it"))
    assert [int(code) for code in codes] == [TRUSTED, UNTRUSTED, NO_REPORT]
