"""A vault that vends leases as a test tells it to, by a clock that stands still."""

import asyncio
from collections import Counter
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from pydantic import SecretStr

from shared.clock import FrozenClock
from shared.errors import AppError
from shared.leases import Bucket, Lease, Operation, SessionKeys
from shared.uris import Provider

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
TICK = timedelta(milliseconds=5)  # between two of 200 requests a second
Place = tuple[UUID, UUID, Operation]
HERE: Place = (uuid4(), uuid4(), Operation.LIST)
THERE: Place = (HERE[0], HERE[1], Operation.READ)


class Vault:
    """Vend leases of an hour; fail, wait or vend dead ones when a test says so."""

    def __init__(self, clock: FrozenClock) -> None:
        self._clock = clock
        self.asked: Counter[Place] = Counter()
        self.refused: list[datetime | None] = []
        self.failure: AppError | None = None
        self.life = HOUR
        self.latency = timedelta()
        self.open = asyncio.Event()
        self.open.set()

    async def __call__(
        self,
        org_id: UUID,
        location_id: UUID,
        operation: Operation,
        *,
        refused: datetime | None = None,
    ) -> Lease:
        self.asked[org_id, location_id, operation] += 1
        self.refused.append(refused)
        answers_at = self._clock.now() + self.latency
        await self.open.wait()
        while self._clock.now() < answers_at:  # noqa: ASYNC110 (the clock is the test's)
            await asyncio.sleep(0)
        if self.failure is not None:
            raise self.failure
        now = self._clock.now()
        return Lease(
            org_id=org_id,
            location_id=location_id,
            operation=operation,
            bucket=Bucket(Provider.S3, "images", "eu-west-1"),
            prefix="",
            grant=SessionKeys("ASIAEXAMPLE", SecretStr("secret")),
            issued_at=now,
            expires_at=now + self.life,
            renew_at=now + self.life / 2,
        )
