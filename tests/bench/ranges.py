"""`s3.ranges`: how much faster a distant store is synced when several ranges are listed at once."""

from tests.bench.imports import console
from tests.bench.lines import Line, Scale
from tests.bench.listing import LATENCY
from tests.bench.stand import Hall, open_hall

PROCESSES = 2
WIDTHS = (1, 4, 16)


async def measure_ranges(scale: Scale) -> list[Line]:
    async with open_hall() as hall:
        rates = {width: await _sync(hall, width, scale.keys_a_range * width) for width in WIDTHS}
    *fewer, most = WIDTHS
    peers = {f"{width} range{'s'[: width > 1]}": rates[width] for width in fewer}
    unit = f"keys/s, unchanged, with {most} ranges, 100 ms a page"
    return [Line("s3.ranges", rates[most], unit, peers, rates[most] / rates[fewer[0]])]


async def _sync(hall: Hall, width: int, keys: int) -> float:
    """Return the rate of a sync that finds nothing changed, after an import without latency."""
    async with hall.stand() as stand:
        place = await stand.add_place(f"folders-{keys}")
        async with stand.crew(PROCESSES):
            await stand.import_all(place, keys=keys)
        stand.connect(place, f"folders-{keys}-{LATENCY}")
        async with stand.crew(
            PROCESSES,
            MOORING_WORKER_CONCURRENCY="16",
            MOORING_WORKER_RANGES_PER_LOCATION=str(width),
        ):
            before = stand.usage()
            synced = await stand.import_all(place, keys=keys, expected="unchanged")
            used = stand.usage().since(before)
    console.print(f"{width} ranges, {keys:,} keys: {synced.rate:,.0f}/s; CPU: {used}")
    return synced.rate
