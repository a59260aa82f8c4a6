"""`make chaos`: an import of two million keys under more than two hundred blows.

Its name keeps it out of `make test`, which has a short one (tests/journeys/test_worker_kills.py).
MOORING_CHAOS_SEED repeats what happens, though not when.
"""

import os
import secrets

from tests.chaos.ordeal import Ordeal, undergo
from tests.chaos.verdict import judge
from tests.emulators.key_space import KeySpace

ORDEAL = Ordeal(
    KeySpace("folders", 2_000_000),
    page_size=1000,
    kills=220,
    naps=20,
    storms=8,
    restarts=8,
    workers=6,
    seconds=280,
)


async def test_two_million_keys_become_assets_once_through_two_hundred_kills() -> None:
    seed = int(os.environ.get("MOORING_CHAOS_SEED") or secrets.randbits(32))
    print(f"seed {seed}")  # noqa: T201
    aftermath = await undergo(ORDEAL, seed=seed)
    print(aftermath)  # noqa: T201
    judge(aftermath, ORDEAL)
