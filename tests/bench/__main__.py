"""Measure and print one table: `python -m tests.bench [line…]`; QUICK=1 measures less of it."""

import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from rich.console import Console

from tests.bench.imports import measure_imports
from tests.bench.lines import FULL, QUICK, Line, Scale, table_of
from tests.bench.listing import measure_listing

FILE = Path("build/bench.json")
Measure = Callable[[Scale], Awaitable[list[Line]]]
MEASURES: dict[Measure, tuple[str, ...]] = {
    measure_listing: ("s3.list",),
    measure_imports: ("s3.import", "s3.resync"),
}


def main(wanted: list[str]) -> int:
    """Measure what is wanted, or everything; print the table and write build/bench.json."""
    known = [name for names in MEASURES.values() for name in names]
    unknown = set(wanted) - set(known)
    if unknown:
        print(f"No such line: {', '.join(unknown)}. There are: {', '.join(known)}.")  # noqa: T201
        return 2
    lines = asyncio.run(measure_all(wanted, QUICK if os.environ.get("QUICK") else FULL))
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(json.dumps({line.name: line.document() for line in lines}, indent=2) + "\n")
    Console().print(table_of(lines))
    return 0


async def measure_all(wanted: list[str], scale: Scale) -> list[Line]:
    lines: list[Line] = []
    for measure, names in MEASURES.items():
        if not wanted or set(names) & set(wanted):
            lines += await measure(scale)
    return lines


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
