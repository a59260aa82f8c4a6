"""All tables in one place: what Alembic compares the database with."""

from shared.database import (
    access_reports,
    api_keys,
    assets,
    data_keys,
    datasets,
    external_locations,
    idempotency_keys,
    import_jobs,
    import_ranges,
    organizations,
    rejected_keys,
    sealed_leases,
    source_files,
    storage_credentials,
)
from shared.database.base import Table

MODULES = (
    access_reports,
    api_keys,
    assets,
    data_keys,
    datasets,
    external_locations,
    idempotency_keys,
    import_jobs,
    import_ranges,
    organizations,
    rejected_keys,
    sealed_leases,
    source_files,
    storage_credentials,
)
metadata = Table.metadata
