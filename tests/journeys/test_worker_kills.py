"""A short ordeal of the workers; the long one is `make chaos` (tests/chaos/)."""

import secrets

from tests.chaos.ordeal import Ordeal, undergo
from tests.chaos.verdict import judge
from tests.emulators.key_space import KeySpace

ORDEAL = Ordeal(
    KeySpace("flat", 200_000),
    page_size=1000,
    kills=12,
    naps=2,
    storms=1,
    restarts=2,
    workers=4,
    seconds=100,
)


async def test_an_import_survives_killed_and_sleeping_workers_storms_and_restarted_databases() -> (
    None
):
    seed = secrets.randbits(32)
    print(f"seed {seed}")  # noqa: T201 (pytest shows it when the test fails)
    aftermath = await undergo(ORDEAL, seed=seed)
    print(aftermath)  # noqa: T201
    judge(aftermath, ORDEAL)
