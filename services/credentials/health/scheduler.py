"""The scheduler: looks at locations when they are due, some at a time, in every vault process."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

import structlog

from services.credentials.access.depths import Depth
from services.credentials.health.claims import LIFE, Claim, HealthClaims
from services.credentials.health.slots import Periods, next_slot
from shared.clock import Clock
from shared.errors import AppError, DatabaseUnavailableError, NotFoundError

POLLING = timedelta(seconds=2)  # for what has become due
LONGEST_LOOK = LIFE - timedelta(minutes=1)  # a claim must not end before its look

log = structlog.get_logger()


class Looks(Protocol):
    """Look at a location: AccessReports, or what a test puts in its place."""

    def glance(self, org_id: UUID, location_id: UUID) -> Awaitable[bool]:
        """Look quickly, and say whether all is as good as it was."""
        ...

    def verify(self, org_id: UUID, location_id: UUID) -> Awaitable[object]:
        """Look fully, and keep what is found."""
        ...


class HealthScheduler:
    """Look at what is due, of all organizations, until cancelled.

    What it has claimed then is given back; what a killed process has claimed is free again when
    the claim's life is over.
    """

    def __init__(
        self,
        claims: HealthClaims,
        looks: Looks,
        clock: Clock,
        *,
        periods: Periods,
        concurrency: int,
    ) -> None:
        self._claims = claims
        self._looks = looks
        self._clock = clock
        self._periods = periods
        self._concurrency = concurrency

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Run beside the block, and end with it."""
        task = asyncio.create_task(self.run())
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def run(self) -> None:
        """Look at locations for ever, at most `concurrency` of them at the same time."""
        looking: set[asyncio.Task[None]] = set()
        try:
            while True:
                for claim in await self._claim(self._concurrency - len(looking)):
                    looking.add(asyncio.create_task(self._look(claim)))
                if not looking:
                    await asyncio.sleep(POLLING.total_seconds())
                    continue
                _, looking = await asyncio.wait(
                    looking,
                    timeout=POLLING.total_seconds(),
                    return_when=asyncio.FIRST_COMPLETED,
                )
        finally:
            for task in looking:
                task.cancel()
            await asyncio.gather(*looking, return_exceptions=True)

    async def _claim(self, most: int) -> list[Claim]:
        if most == 0:
            return []
        try:
            return await self._claims.claim(most)
        except DatabaseUnavailableError as error:
            log.warning("health checks wait", code=error.code)
        except Exception:
            # The scheduler is all that looks at locations: it goes on after a mistake of ours.
            log.exception("health checks failed")
        return []

    async def _look(self, claim: Claim) -> None:
        """Look at a location, and give it back whatever happens."""
        later = None
        try:
            async with asyncio.timeout(LONGEST_LOOK.total_seconds()):
                await self._look_at(claim)
        except NotFoundError:  # detached meanwhile, perhaps by a release that keeps no health
            with suppress(DatabaseUnavailableError):  # then it is found again
                await self._claims.forget(claim)
        except (AppError, TimeoutError) as error:
            code = error.code if isinstance(error, AppError) else "timeout"
            log.warning("health check put off", location_id=str(claim.location_id), code=code)
            later = self._later(claim)
        except Exception:
            # A mistake of ours with one location must not end the looks at all others.
            log.exception("health check failed", location_id=str(claim.location_id))
            later = self._later(claim)
        finally:
            with suppress(DatabaseUnavailableError):  # then the claim ends by itself
                await self._claims.release(claim, next_check_at=later)

    async def _look_at(self, claim: Claim) -> None:
        org_id, location_id = claim.org_id, claim.location_id
        if claim.depth is Depth.QUICK and await self._looks.glance(org_id, location_id):
            return
        await self._looks.verify(org_id, location_id)

    def _later(self, claim: Claim) -> datetime:
        return next_slot(claim.location_id, self._periods.quick, self._clock.now())
