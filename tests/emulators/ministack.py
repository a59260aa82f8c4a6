"""MiniStack for tests: a cloud of their own on a free port, with AWS's limits."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import httpx

from deploy.local.clouds.aws import AwsCloud, start_aws
from tests.emulators import policy_words, s3_limits, session_clock, session_ends, sts_limits

LAYERS = (
    f"{sts_limits.__file__}:StsLimits",
    f"{session_clock.__file__}:SessionClock",
    f"{session_ends.__file__}:SessionEnds",
    f"{policy_words.__file__}:PolicyWords",
    f"{s3_limits.__file__}:S3Limits",
)


@contextmanager
def ministack() -> Iterator[AwsCloud]:
    """Start an empty cloud; what is in it goes away with the block."""
    with (
        tempfile.TemporaryDirectory(prefix="mooring-cloud-") as directory,
        start_aws(Path(directory), layers=LAYERS) as cloud,
    ):
        yield cloud


@contextmanager
def sessions_older(cloud: AwsCloud, by: timedelta) -> Iterator[None]:
    """Let the sessions that the cloud has given be older than they are, for the block."""
    _set_clock(cloud, by)
    try:
        yield
    finally:
        _set_clock(cloud, timedelta())


def _set_clock(cloud: AwsCloud, ahead: timedelta) -> None:
    url = f"{cloud.endpoint}{session_clock.PATH}"
    httpx.post(url, content=str(ahead.total_seconds()), trust_env=False).raise_for_status()
