"""What the demo shows on a terminal: reports, progress, assets."""

from collections.abc import Callable, Iterable

from mooring_sdk.models import AccessReportBody, AssetBody, ImportBody
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

COLOURS = {"passed": "green", "failed": "red", "warning": "yellow", "skipped": "dim"}

Follow = Callable[[ImportBody], None]


def show_report(console: Console, title: str, report: AccessReportBody) -> None:
    """Show an access report as a table, with the remedies of what failed below it."""
    verdict = "valid" if report.valid else "not valid"
    table = Table("check", "status", "ms", "finding", title=f"{title}: {verdict}", show_lines=False)
    for check in report.checks:
        name = f"{check.name} {check.subject}" if check.subject else check.name
        status = Text(check.status.value, style=COLOURS[check.status.value])
        table.add_row(Text(name), status, f"{check.duration_ms:.0f}", Text(check.finding))
    console.print(table)


def show_assets(console: Console, assets: Iterable[AssetBody]) -> None:
    """Show some assets as a table. Keys are shown as Python would write them."""
    table = Table("asset", "key", "size", "state", title="Some of the assets")
    for asset in assets:
        table.add_row(
            str(asset.asset_id),
            Text(ascii(asset.key), overflow="ellipsis", no_wrap=True),
            str(asset.size),
            asset.state.value,
        )
    console.print(table)


def progress_bar(console: Console) -> Progress:
    """Return a bar for an import, whose total is not known before its end."""
    return Progress(
        TextColumn("[bold]import"),
        BarColumn(),
        TextColumn("{task.completed} listed, {task.fields[rate]:.0f}/s, {task.fields[state]}"),
        TimeElapsedColumn(),
        console=console,
    )
