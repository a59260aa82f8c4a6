"""`manifest.read` and `inventory.read`: very many entries become rows, in how much memory."""

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from tests.bench.lines import Line, Scale
from tests.bench.programs import run_module
from tests.bench.samples import write_inventory, write_manifest


async def measure_manifest(scale: Scale) -> list[Line]:
    return await _measure(scale, "manifest", "lines", "csv.DictReader", write_manifest)


async def measure_inventory(scale: Scale) -> list[Line]:
    return await _measure(scale, "inventory", "rows", "pyarrow's read_table", write_inventory)


async def _measure(
    scale: Scale, what: str, unit: str, peer: str, write: Callable[[Path, int], None]
) -> list[Line]:
    """Read many entries, and fewer, which the peer holds all at once."""
    few, many = scale.few_entries, scale.many_entries
    with tempfile.TemporaryDirectory(prefix="mooring-bench-") as directory:
        small, large = Path(directory) / "small", Path(directory) / "large"
        write(small, few)
        write(large, many)
        first = await _read(what, small, few)
        ours = await _read(what, large, many)
        theirs = await _read(f"whole {what}", small, few)
    rate, peer_rate = many / ours["wall"], few / theirs["wall"]
    memory = {f"{few:,} {unit}": first["memory"], f"{peer}, {few:,} {unit}": theirs["memory"]}
    return [
        Line(f"{what}.read", rate, f"{unit}/s", {peer: peer_rate}, rate / peer_rate),
        Line(
            f"{what}.read.memory",
            ours["memory"],
            f"MiB at {many:,} {unit}",
            memory,
            ours["memory"] / first["memory"],
        ),
    ]


async def _read(reader: str, path: Path, entries: int) -> Mapping[str, float]:
    took = await run_module("tests.bench.readers", reader, str(path))
    assert took["entries"] == entries
    return took
