"""A running Mooring for the integration tests: with a Ceph as its AWS, and without a demo cloud."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from deploy.local.postgres import temporary_postgres
from deploy.local.stack import Stack, start_stack
from tests.integration.ceph import Ceph
from tests.journeys.running import QUICK, settings_of

TENANT = "111111111111"
USER = "mooring"


@contextmanager
def stack_at(ceph: Ceph) -> Iterator[Stack]:
    """Start everything; what is in it goes away with the block."""
    with (
        tempfile.TemporaryDirectory(prefix="mooring-integration-") as name,
        temporary_postgres() as postgres,
        pytest.MonkeyPatch.context() as environment,
    ):
        for variable in os.environ:
            if variable.startswith("MOORING_"):
                environment.delenv(variable)
        for variable, value in {**QUICK, **settings_for(ceph)}.items():
            environment.setenv(variable, value)
        settings = settings_of(Path(name), postgres, demo=())
        with start_stack(settings, say=print) as stack:
            yield stack
            stack.check()


def settings_for(ceph: Ceph) -> dict[str, str]:
    """Make the user that customers trust, and return what the vault must know."""
    keys = ceph.make_user(USER, tenant=TENANT)
    return {
        "MOORING_ALLOW_PRIVATE_ENDPOINTS": "true",
        "MOORING_AWS_S3_ENDPOINT": ceph.sts_endpoint,
        "MOORING_AWS_STS_ENDPOINT": ceph.sts_endpoint,
        "MOORING_AWS_IAM_ENDPOINT": ceph.sts_endpoint,
        "MOORING_AWS_PRINCIPAL_ARN": f"arn:aws:iam::{TENANT}:user/{USER}",
        "MOORING_AWS_ACCESS_KEY_ID": keys.access_key_id,
        "MOORING_AWS_SECRET_ACCESS_KEY": keys.secret_access_key,
    }
