"""Measure and print one table: `python -m tests.bench [line…]`; QUICK=1 measures less of it.

`python -m tests.bench table` prints what was measured last as Markdown.
"""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from rich.console import Console

from tests.bench.azure import measure_azure_listing, measure_azure_signing
from tests.bench.gcs import measure_gcs_listing, measure_gcs_signing
from tests.bench.imports import measure_imports
from tests.bench.lines import FULL, QUICK, Line, Scale
from tests.bench.listing import measure_listing, measure_remote_listing
from tests.bench.memory import measure_memory
from tests.bench.ranges import measure_ranges
from tests.bench.reading import measure_inventory, measure_manifest
from tests.bench.starts import measure_starts
from tests.bench.tables import markdown_of, table_of
from tests.bench.verifying import measure_verification

FILE = Path("build/bench.json")
Measure = Callable[[Scale], Awaitable[list[Line]]]
MEASURES: dict[Measure, tuple[str, ...]] = {
    measure_listing: ("s3.list",),
    measure_remote_listing: ("s3.list.remote",),
    measure_azure_listing: ("azure.list",),
    measure_azure_signing: ("azure.sign",),
    measure_imports: ("s3.import", "s3.resync"),
    measure_ranges: ("s3.ranges",),
    measure_memory: ("worker.memory",),
    measure_starts: ("worker.start",),
    measure_manifest: ("manifest.read",),
    measure_inventory: ("inventory.read",),
    measure_gcs_listing: ("gcs.list",),
    measure_gcs_signing: ("gcs.sign",),
    measure_verification: ("s3.verify",),
}


def main(wanted: list[str]) -> int:
    """Measure what is wanted, or everything; print the table and write build/bench.json."""
    if wanted == ["table"]:
        print(markdown_of(json.loads(FILE.read_text())))  # noqa: T201
        return 0
    known = [name for names in MEASURES.values() for name in names]
    unknown = set(wanted) - set(known)
    if unknown:
        print(f"No such line: {', '.join(unknown)}. There are: {', '.join(known)}.")  # noqa: T201
        return 2
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # to leave no server behind
    lines = asyncio.run(measure_all(wanted, QUICK if os.environ.get("QUICK") else FULL))
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(json.dumps({line.name: line.document() for line in lines}, indent=2) + "\n")
    Console().print(table_of(json.loads(FILE.read_text())))
    return 0


async def measure_all(wanted: list[str], scale: Scale) -> list[Line]:
    lines: list[Line] = []
    for measure, names in MEASURES.items():
        if not wanted or set(names) & set(wanted):
            lines += await measure(scale)
    return lines


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
