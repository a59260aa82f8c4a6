"""Ingest: what its routes call, built once."""

from dataclasses import dataclass
from datetime import timedelta

from services.ingest.datasets import Datasets
from services.ingest.imports import ImportJobs


@dataclass(frozen=True, slots=True)
class Ingest:
    """The use cases, and the pause between two looks at an import that somebody follows."""

    datasets: Datasets
    imports: ImportJobs
    progress_interval: timedelta
