"""Tables: what build/bench.json holds, for a terminal and as Markdown."""

from collections.abc import Iterator, Mapping
from typing import NotRequired, TypedDict

from rich.table import Table

HEADINGS = ("line", "ours", "unit", "beside", "ratio", "runs")


class LineDocument(TypedDict):
    """One line, as `Line.document` gives it."""

    ours: float
    unit: str
    peers: Mapping[str, float]
    ratio: float | None
    runs: NotRequired[int]


def table_of(lines: Mapping[str, LineDocument]) -> Table:
    table = Table(*HEADINGS)
    for cells in _cells(lines, between="\n"):
        table.add_row(*cells)
    return table


def markdown_of(lines: Mapping[str, LineDocument]) -> str:
    rows = [HEADINGS, ("---", "---:", "---", "---", "---:", "---:"), *_cells(lines, between="; ")]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in rows)


def _cells(lines: Mapping[str, LineDocument], *, between: str) -> Iterator[tuple[str, ...]]:
    for name, line in lines.items():
        ratio = line["ratio"]
        yield (
            name,
            _number(line["ours"]),
            line["unit"],
            between.join(f"{peer}: {_number(value)}" for peer, value in line["peers"].items()),
            "" if ratio is None else _number(ratio),
            str(line.get("runs", 1)),
        )


def _number(value: float) -> str:
    return f"{value:,.0f}" if value.is_integer() or value >= 1_000 else f"{value:,.4g}"
