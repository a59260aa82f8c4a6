"""What the docs say of the code: the tables that must not fall behind, and links that lead."""

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import TypeAdapter
from pydantic_settings import BaseSettings

from deploy.local.settings import LocalSettings
from services.credentials.settings import Settings as VaultSettings
from services.ingest.settings import Settings as IngestSettings
from services.presign.settings import Settings as GatewaySettings
from shared.errors import AppError
from shared.settings import ServiceSettings

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md"), *(ROOT / "openapi").rglob("*.md")])

IN_WORDS = {
    "data_dir": "`.mooring`",
    "demo": "`s3`",
    "credentials_url": "`http://127.0.0.1:8001`",
    **dict.fromkeys(("aws_s3_endpoint", "aws_sts_endpoint", "aws_iam_endpoint"), "AWS's own"),
}
"""Defaults that the docs say otherwise than the code does."""


def section(page: str, heading: str) -> str:
    """Return the part of a page below a heading, up to the next one."""
    text = (DOCS / page).read_text()
    found = re.search(rf"(?ms)^#+ {re.escape(heading)}\n(.*?)(?=^#+ |\Z)", text)
    assert found, f"{page} has no heading {heading!r}"
    return found[1]


def rows(text: str) -> Iterator[list[str]]:
    """Yield the cells of each row of the tables in a text, without their heads."""
    for line in re.findall(r"(?m)^\| (.*) \|$", text):
        cells = [cell.strip() for cell in line.split(" | ")]
        if cells[0].startswith("`"):
            yield cells


def names(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def descendants(kind: type[AppError]) -> Iterator[type[AppError]]:
    yield kind
    for child in kind.__subclasses__():
        if child.__module__ == AppError.__module__:
            yield from descendants(child)


def default_of(settings: type[BaseSettings], name: str) -> str:
    field = settings.model_fields[name]
    if name in IN_WORDS:
        return IN_WORDS[name]
    if field.is_required():
        return "required"
    match field.default:
        case None | ():
            return "none"
        case bool(value):
            return f"`{str(value).lower()}`"
        case timedelta() as value:
            iso = TypeAdapter(timedelta).dump_json(value).decode().strip('"')
            return f"`{iso}`"
        case value:
            return f"`{value}`"


def documented(heading: str) -> dict[str, str]:
    """Return the default of each setting in a table; several in a row may have one each."""
    found: dict[str, str] = {}
    for setting, default, *_ in rows(section("operations.md", heading)):
        listed = names(setting)
        given = default.split(", ") if default.count(",") == len(listed) - 1 else [default]
        found |= dict(zip(listed, given * (len(listed) // len(given)), strict=True))
    return found


def test_every_error_code_is_in_the_table_with_its_status_and_who_must_act() -> None:
    table = {
        (names(code)[0], int(status), who, title)
        for code, status, who, title in rows(section("import-and-view.md", "Codes"))
    }
    assert table == {
        (each.code, each.status, each.who, each.title) for each in descendants(AppError)
    }


@pytest.mark.parametrize(
    ("heading", "settings", "inherited"),
    [
        ("All four", ServiceSettings, BaseSettings),
        ("Vault", VaultSettings, ServiceSettings),
        ("Ingest and its workers", IngestSettings, ServiceSettings),
        ("Gateway", GatewaySettings, ServiceSettings),
    ],
)
def test_every_setting_is_in_the_table_with_its_default(
    heading: str, settings: type[BaseSettings], inherited: type[BaseSettings]
) -> None:
    own = settings.model_fields.keys() - inherited.model_fields.keys()
    assert documented(heading) == {
        f"MOORING_{name.upper()}": default_of(settings, name) for name in own
    }


def test_every_setting_of_the_local_stack_is_in_its_table() -> None:
    table = documented("The local stack")
    made_for_services = {
        "MOORING_ADMIN_KEY",
        "MOORING_SERVICE_KEY",
        "MOORING_WEBHOOK_KEY",
        "MOORING_KEYSET_FILE",
    }
    assert table.keys() - made_for_services == {
        f"MOORING_{name.upper()}" for name in LocalSettings.model_fields
    }
    for name, field in LocalSettings.model_fields.items():
        if name not in IN_WORDS and field.default is not None:
            assert table[f"MOORING_{name.upper()}"].strip("`") == str(field.default)


def test_every_public_path_is_in_the_table_of_the_reverse_proxy() -> None:
    spec = json.loads((ROOT / "openapi" / "mooring.json").read_text())
    first = {"/".join(path.split("/")[:3]) for path in spec["paths"]}
    listed = [
        name
        for paths, _to in rows(section("operations.md", "Reverse proxy"))
        for name in names(paths)
    ]
    assert sorted(listed) == sorted(first)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_to_a_file_or_a_heading_leads_there(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
        if target.startswith(("http://", "https://")):
            continue
        path, _, anchor = target.partition("#")
        there = (page.parent / path).resolve() if path else page
        assert there.exists(), f"{page.name} links to {target}"
        if anchor:
            assert anchor in anchors(there.read_text()), f"{page.name} links to {target}"


def anchors(text: str) -> set[str]:
    """Return the anchors that GitHub gives to a page's headings."""
    headings = re.findall(r"(?m)^#+ (.+)$", re.sub(r"(?ms)^ *```.*?^ *```", "", text))
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings)
    return {heading.replace(" ", "-") for heading in plain}
