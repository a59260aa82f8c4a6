"""`worker.memory`: the most that one worker ever held, importing few keys and very many."""

from tests.bench.imports import console
from tests.bench.lines import Line, Scale
from tests.bench.stand import Hall, open_hall
from tests.bench.usage import peak_memory


async def measure_memory(scale: Scale) -> list[Line]:
    async with open_hall() as hall:
        few = await _import_with_one(hall, scale.few_keys)
        many = await _import_with_one(hall, scale.many_keys)
    peers = {f"{scale.few_keys:,} keys": few}
    unit = f"MiB at {scale.many_keys:,} keys"
    return [Line("worker.memory", many, unit, peers, many / few)]


async def _import_with_one(hall: Hall, keys: int) -> float:
    """Import with a worker that is new, and return its peak in MiB."""
    async with hall.stand() as stand, stand.crew(1):
        place = await stand.add_place(f"folders-{keys}")
        imported = await stand.import_all(place, keys=keys)
        peak = peak_memory(stand.workers[0].pid)
    console.print(f"{keys:,} keys at {imported.rate:,.0f}/s: {peak:.0f} MiB")
    return peak
