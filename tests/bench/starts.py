"""`worker.start`: how long a small import waits while a huge one has all places of the worker."""

from statistics import quantiles

from tests.bench.lines import Line, Scale
from tests.bench.stand import open_hall

SMALL_KEYS = 1_000
PLACES = 4  # MOORING_WORKER_CONCURRENCY by default


async def measure_starts(scale: Scale) -> list[Line]:
    async with open_hall() as hall, hall.stand() as stand, stand.crew(1):
        huge = await stand.submit(await stand.add_place(f"folders-{scale.huge_keys}"))
        waits: list[float] = []
        for _ in range(scale.starts):
            small = await stand.add_place(f"flat-{SMALL_KEYS}")
            await stand.fill_places(PLACES, huge)
            waits.append((await stand.import_all(small, keys=SMALL_KEYS)).wait)
        await stand.cancel(huge)
    percentiles = quantiles(waits, n=100, method="inclusive")
    unit = f"s to start, beside {scale.huge_keys:,} keys"
    return [
        Line("worker.start.p50", percentiles[49], unit),
        Line("worker.start.p99", percentiles[98], unit),
    ]
