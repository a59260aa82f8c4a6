"""The verdict on an ordeal: what is there, held against what the bucket holds."""

import signal

from tests.chaos.ordeal import Aftermath, Ordeal

# One that was hired in the last moment does not hear SIGTERM yet, it just ends.
ORDERLY = {0, -signal.SIGTERM}


def judge(aftermath: Aftermath, ordeal: Ordeal) -> None:
    """Fail unless every key is an asset once, the ranges meet, and nothing is left to do."""
    imported, space = aftermath.imported, ordeal.space
    assert (imported.state, imported.failure_code) == ("completed", None)
    assert (imported.listed, imported.added) == (space.length, space.length)
    expected = "".join(f"{space.key(number)}\n" for number in range(space.length)).encode()
    assert aftermath.keys == expected, "the assets are not the keys"
    lowers, uppers, states = zip(*aftermath.ranges, strict=True)
    assert (lowers[0], uppers[-1], {*states}) == (None, None, {"done"})
    assert lowers[1:] == uppers[:-1]
    assert len(aftermath.ranges) > ordeal.workers, "the range was not split"
    assert aftermath.jobs_left == 0
    assert {*aftermath.exits} <= ORDERLY
