"""Lines: what one bench measured, ours beside its peers'."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from statistics import median

from rich.table import Table

RUNS = 3  # of everything that is noisy; its median counts


@dataclass(frozen=True, slots=True)
class Scale:
    """How much is measured: all of it, or a tenth and less for a quick look."""

    runs: int = RUNS
    listed_keys: int = 300_000
    imported_keys: int = 1_000_000
    naive_keys: int = 50_000
    few_keys: int = 100_000
    many_keys: int = 5_000_000


FULL = Scale()
QUICK = Scale(
    runs=1,
    listed_keys=100_000,
    imported_keys=100_000,
    naive_keys=10_000,
    few_keys=50_000,
    many_keys=500_000,
)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the table. `ratio` is ours divided by the first peer's, unless it is given."""

    name: str
    ours: float
    unit: str
    peers: Mapping[str, float] = field(default_factory=dict)
    ratio: float | None = None

    def document(self) -> dict[str, object]:
        """Return the line as build/bench.json holds it."""
        return {
            "ours": _rounded(self.ours),
            "unit": self.unit,
            "peers": {name: _rounded(value) for name, value in self.peers.items()},
            "ratio": None if self.ratio is None else _rounded(self.ratio),
        }


def compared(name: str, ours: list[float], unit: str, peers: Mapping[str, list[float]]) -> Line:
    """Return the line of some runs, with the ratio to the peer that did best."""
    middle = {peer: median(values) for peer, values in peers.items()}
    middle_of_ours = median(ours)
    best = max(middle.values(), default=0.0)
    return Line(name, middle_of_ours, unit, middle, middle_of_ours / best if best else None)


def table_of(lines: list[Line]) -> Table:
    table = Table("line", "ours", "unit", "peers", "ratio")
    for line in lines:
        peers = "\n".join(f"{name}: {value:,.4g}" for name, value in line.peers.items())
        ratio = "" if line.ratio is None else f"{line.ratio:,.2f}"
        table.add_row(line.name, f"{_rounded(line.ours):,}", line.unit, peers, ratio)
    return table


def _rounded(value: float) -> float:
    """Return four digits of it: the others are noise."""
    return float(f"{value:.4g}")
