"""Lines: what one bench measured, ours beside its peers'."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from statistics import median


@dataclass(frozen=True, slots=True)
class Scale:
    """How much is measured: all of it, or a tenth and less for a quick look."""

    runs: int = 3  # of what is short and noisy: the median counts
    listed_keys: int = 300_000
    remote_keys: int = 1_000_000
    imported_keys: int = 1_000_000
    naive_keys: int = 50_000
    few_keys: int = 100_000
    many_keys: int = 5_000_000
    keys_a_range: int = 200_000
    huge_keys: int = 10_000_000
    starts: int = 50
    few_entries: int = 1_000_000
    many_entries: int = 10_000_000
    signed_urls: int = 500_000


FULL = Scale()
QUICK = Scale(
    runs=1,
    listed_keys=100_000,
    remote_keys=200_000,
    imported_keys=100_000,
    naive_keys=10_000,
    few_keys=50_000,
    many_keys=500_000,
    keys_a_range=20_000,
    huge_keys=1_000_000,
    starts=5,
    few_entries=100_000,
    many_entries=1_000_000,
    signed_urls=100_000,
)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the table: the median of some runs, beside what is named in `peers`."""

    name: str
    ours: float
    unit: str
    peers: Mapping[str, float] = field(default_factory=dict)
    ratio: float | None = None
    runs: int = 1

    def document(self) -> dict[str, object]:
        """Return the line as build/bench.json holds it."""
        return {
            "ours": _rounded(self.ours),
            "unit": self.unit,
            "peers": {name: _rounded(value) for name, value in self.peers.items()},
            "ratio": None if self.ratio is None else _rounded(self.ratio),
            "runs": self.runs,
        }


def compared(name: str, ours: list[float], unit: str, peers: Mapping[str, list[float]]) -> Line:
    """Return the line of some runs, with the ratio to the peer that did best."""
    middle = {peer: median(values) for peer, values in peers.items()}
    middle_of_ours = median(ours)
    best = max(middle.values(), default=0.0)
    ratio = middle_of_ours / best if best else None
    return Line(name, middle_of_ours, unit, middle, ratio, len(ours))


def _rounded(value: float) -> float:
    """Return four digits of it: the others are noise."""
    return float(f"{value:.4g}")
