"""Ingest: what its routes call, built once."""

from dataclasses import dataclass
from datetime import timedelta

from services.ingest.datasets import Datasets
from services.ingest.imports import ImportJobs
from services.ingest.manifests.uploads import Manifests
from services.ingest.previews import Previews
from services.ingest.syncs import Syncs
from services.ingest.webhook_deliveries import WebhookDeliveries
from services.ingest.webhooks import Webhooks


@dataclass(frozen=True, slots=True)
class Ingest:
    """The use cases, and the pause between two looks at an import that somebody follows.

    There are no `webhooks` where no key is set that their secrets would follow from.
    """

    datasets: Datasets
    imports: ImportJobs
    manifests: Manifests
    previews: Previews
    syncs: Syncs
    webhooks: Webhooks | None
    webhook_deliveries: WebhookDeliveries
    progress_interval: timedelta
