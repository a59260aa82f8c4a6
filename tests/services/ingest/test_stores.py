"""Stores: opened with the keys of a session, and with nothing else."""

from dataclasses import replace
from uuid import uuid4

import pytest

from services.ingest.stores import store_opener
from shared.clock import SystemClock
from shared.egress import EgressGuard
from shared.leases import Operation, SigningKeys
from tests.services.ingest.bench import FakeLeases


async def test_a_store_is_listed_with_session_keys_only() -> None:
    lease = await FakeLeases(SystemClock()).fetch(uuid4(), uuid4(), Operation.LIST)
    open_leased = store_opener(EgressGuard(allow_private=False))
    assert open_leased(lease) is not None
    with pytest.raises(TypeError):
        open_leased(replace(lease, grant=SigningKeys("ASIAEXAMPLE", None, {})))
