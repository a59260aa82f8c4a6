"""Azurite for tests: an empty one of their own on a free port."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.local.clouds.azurite import Azurite, start_azurite


@contextmanager
def empty_azurite() -> Iterator[Azurite]:
    """Start an empty server; what is in it goes away with the block."""
    with (
        tempfile.TemporaryDirectory(prefix="mooring-azurite-") as directory,
        start_azurite(Path(directory)) as azurite,
    ):
        yield azurite
