"""MiniStack for tests: a cloud of their own on a free port, with AWS's limits on sessions."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.local.cloud import Cloud, start_cloud
from tests.emulators import sts_limits


@contextmanager
def ministack() -> Iterator[Cloud]:
    """Start an empty cloud; what is in it goes away with the block."""
    with tempfile.TemporaryDirectory(prefix="mooring-cloud-") as directory:
        layer = f"{sts_limits.__file__}:StsLimits"
        with start_cloud(Path(directory), layers=[layer]) as cloud:
            yield cloud
