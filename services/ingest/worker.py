"""The worker process: `python -m services.ingest.worker`. Start as many as there is work for."""

import asyncio
import contextlib
import gc
import logging
import signal
from datetime import timedelta

import psycopg
import structlog
from procrastinate import App
from procrastinate.exceptions import ConnectorException

from services.ingest.access import Vault
from services.ingest.jobs import RangeJobs
from services.ingest.merge import Merger
from services.ingest.object_reader import ObjectReader
from services.ingest.queue import make_queue
from services.ingest.settings import Settings
from services.ingest.splits import Splitter
from services.ingest.stores import OpenStore, store_opener
from services.ingest.sync_jobs import SyncJobs
from services.ingest.walker import Walker
from services.ingest.walks.inventories import InventoryWalk
from services.ingest.walks.manifests import ManifestWalk
from services.ingest.walks.probing import ProbeWalk
from services.ingest.webhook_jobs import LONGEST_JOB, PLACES, WebhookJobs
from services.ingest.webhook_secrets import WebhookSecrets
from services.ingest.webhook_sender import WebhookSender
from shared.clock import Clock, SystemClock
from shared.database.queue import DELIVERIES, QUEUE, replace_lost_jobs
from shared.database.session import NO_ORG, Database
from shared.egress import EgressGuard
from shared.errors import DatabaseUnavailableError
from shared.lease_cache import LeaseCache
from shared.logging import configure_logging
from shared.url_signer import UrlSigner
from shared.vault import VaultClient, vault_http

NAME = "ingest"
GRACE_SECONDS = 10.0  # to apply the present batch; what takes longer is done again by another
POLLING_SECONDS = 1.0  # for jobs whose delay is over: nothing announces them
LONGEST_MERGE = timedelta(minutes=1)  # of ten pages: about a second, unless Postgres is busy
LOST_AFTER = timedelta(minutes=1)  # a job that ran this much too long was ended unheard

log = structlog.get_logger()


class Worker:
    """Serve the queue until it is stopped, whatever happens to Postgres meanwhile."""

    def __init__(
        self, settings: Settings, vault: Vault, open_store: OpenStore, clock: Clock
    ) -> None:
        self._settings = settings
        self._database = Database(
            settings.database_url,
            pool_size=settings.worker_concurrency + 3,
            longest_transaction=LONGEST_MERGE,
        )
        most_ranges = settings.worker_ranges_per_location
        egress = EgressGuard(allow_private=settings.allow_private_endpoints)
        leases = LeaseCache(vault.request_lease, clock)
        self._objects = ObjectReader(leases, UrlSigner(vault.sign_urls), egress, clock)
        walker = Walker(
            self._database,
            leases=leases,
            open_store=open_store,
            merger=Merger(self._database, clock),
            splitter=Splitter(self._database, clock, most_ranges=most_ranges),
            manifests=ManifestWalk(self._database, self._objects, clock),
            inventories=InventoryWalk(self._database, self._objects),
            probes=ProbeWalk(self._database, leases, self._objects),
        )
        self._jobs = RangeJobs(
            self._database,
            walker,
            vault,
            clock,
            slice_length=settings.worker_slice,
            patience=settings.worker_patience,
            most_ranges=most_ranges,
        )
        self._syncs = SyncJobs(self._database, vault, clock, access_max_age=settings.access_max_age)
        self._sender = WebhookSender(egress)
        self._webhook_jobs: WebhookJobs | None = None
        if settings.webhook_key is not None:  # else what is to be delivered stays in the queue
            secrets = WebhookSecrets(settings.webhook_key)
            self._webhook_jobs = WebhookJobs(self._database, self._sender, secrets, clock)

    async def run(self, stop: asyncio.Event) -> None:
        """Serve until `stop`; then apply what was listed and leave the ranges to others."""
        serving = asyncio.create_task(self._serve(stop))
        stopping = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
            self._jobs.stop()
            if self._webhook_jobs is not None:
                self._webhook_jobs.stop()
            serving.cancel()  # it may be connecting, and drivers lose a cancellation at times
            with contextlib.suppress(asyncio.CancelledError):
                await serving
        finally:
            stopping.cancel()
            await self._sender.close()
            await self._objects.close()
            await self._database.close()
        log.info("worker stopped")

    async def _serve(self, stop: asyncio.Event) -> None:
        """Serve the queue anew, as another worker, whenever Postgres has been away."""
        while not stop.is_set():
            try:
                await self._database.start()
                await self._serve_queue(stop)
            except (DatabaseUnavailableError, ConnectorException, psycopg.Error) as error:
                log.warning("queue lost", error=type(error).__name__)
            await asyncio.sleep(POLLING_SECONDS)

    async def _serve_queue(self, stop: asyncio.Event) -> None:
        settings = self._settings
        places = {QUEUE: settings.worker_concurrency}
        if self._webhook_jobs is not None:
            places[DELIVERIES] = PLACES
        queue = make_queue(
            settings.database_url,
            self._jobs.run,
            self._syncs.run,
            None if self._webhook_jobs is None else self._webhook_jobs.run,
            concurrency=sum(places.values()),
        )
        over = asyncio.Event()
        async with queue.open_async():
            log.info("worker ready", concurrency=settings.worker_concurrency)
            tasks = [
                *(asyncio.create_task(self._work(queue, *each)) for each in places.items()),
                asyncio.create_task(self._replace_lost_jobs(over)),
                asyncio.create_task(stop.wait()),
            ]
            try:
                ended, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            finally:
                over.set()
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
            for task in ended:
                task.result()

    async def _work(self, queue: App, name: str, places: int) -> None:
        settings = self._settings
        await queue.run_worker_async(
            queues=[name],
            concurrency=places,
            fetch_job_polling_interval=POLLING_SECONDS,
            shutdown_graceful_timeout=GRACE_SECONDS,
            delete_jobs="successful",
            install_signal_handlers=False,
            update_heartbeat_interval=settings.worker_heartbeat.total_seconds(),
            stalled_worker_timeout=settings.worker_silence.total_seconds(),
        )

    async def _replace_lost_jobs(self, over: asyncio.Event) -> None:
        """Look after the jobs of dead workers, beside the jobs: these may fill all places."""
        longest = {QUEUE: self._jobs.longest_job, DELIVERIES: LONGEST_JOB}
        while not over.is_set():
            await asyncio.sleep(self._settings.worker_heartbeat.total_seconds())
            with contextlib.suppress(DatabaseUnavailableError):  # the heartbeat notices it, too
                async with self._database.begin(NO_ORG) as session:
                    replaced = sum(
                        [
                            await replace_lost_jobs(
                                session,
                                silent_for=self._settings.worker_silence,
                                running_for=longest_job + LOST_AFTER,
                                queue=queue,
                            )
                            for queue, longest_job in longest.items()
                        ]
                    )
                if replaced:
                    log.warning("jobs of lost workers replaced", jobs=replaced)


def calm_garbage_collector() -> None:
    """Look for cycles seldom: a page makes thousands of objects and none, and a look costs much.

    A quarter of the time of listing is saved ("gc", Python Library Reference).
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 50, 100)


async def main() -> None:
    """Run a worker until SIGTERM or SIGINT."""
    calm_garbage_collector()
    settings = Settings()
    configure_logging(log_format=settings.log_format, level=settings.log_level, service="worker")
    logging.getLogger("procrastinate").setLevel(logging.WARNING)
    stop = asyncio.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(each, stop.set)
    clock = SystemClock()
    async with vault_http(settings.credentials_url) as http:
        vault = VaultClient(http, service=NAME, service_key=settings.service_key, clock=clock)
        egress = EgressGuard(allow_private=settings.allow_private_endpoints)
        worker = Worker(settings, vault, store_opener(egress), clock)
        await worker.run(stop)


if __name__ == "__main__":
    asyncio.run(main())
