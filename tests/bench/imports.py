"""`s3.import` and `s3.resync`: a bucket into Postgres end to end, and once more unchanged."""

from collections import defaultdict
from statistics import median

from rich.console import Console

from tests.bench.lines import Line, Scale, compared
from tests.bench.programs import run_module
from tests.bench.stand import Hall, open_hall

CREWS = (1, 2)
NAIVE = "aioboto3 and SQLAlchemy"
console = Console(stderr=True)


class Rates:
    """What the runs measured, by the name of the line."""

    def __init__(self) -> None:
        self.ours: dict[str, list[float]] = defaultdict(list)
        self.naive: dict[str, list[float]] = defaultdict(list)
        self.rows: list[float] = []


async def measure_imports(scale: Scale) -> list[Line]:
    rates = Rates()
    async with open_hall() as hall:
        for _ in range(scale.runs):
            for size in CREWS:
                await _import_twice(hall, size, scale.imported_keys, rates)
            await _import_naively(hall, scale.naive_keys, rates)
    lines = [
        compared(f"s3.{what}.{size}", rates.ours[f"{what}.{size}"], unit, {NAIVE: naive})
        for what, unit, naive in (
            ("import", "objects/s", rates.naive["import"]),
            ("resync", "keys/s", rates.naive["resync"]),
        )
        for size in CREWS
    ]
    rows = Line("s3.resync.rows", median(rates.rows), "rows written", {NAIVE: scale.naive_keys})
    return [*lines, rows]


async def _import_twice(hall: Hall, size: int, keys: int, rates: Rates) -> None:
    async with hall.stand() as stand:
        async with stand.crew(size):
            place = await stand.add_place(f"folders-{keys}")
            for what, expected in (("import", "added"), ("resync", "unchanged")):
                before = stand.usage()
                imported = await stand.import_all(place, keys=keys, expected=expected)
                rates.ours[f"{what}.{size}"].append(imported.rate)
                used = stand.usage().since(before)
                console.print(f"{what} by {size}: {imported.rate:,.0f}/s; CPU: {used}")
        rates.rows.append(stand.rows_written() - keys)


async def _import_naively(hall: Hall, keys: int, rates: Rates) -> None:
    async with hall.stand() as stand:
        took = await run_module(
            "tests.bench.naive_importer",
            stand.pages.endpoint,
            f"folders-{keys}",
            stand.postgres.owner_url(stand.database),
        )
    for what in ("import", "resync"):
        rates.naive[what].append(keys / took[what])
        console.print(f"{what} by {NAIVE}: {keys / took[what]:,.0f}/s")
