"""Grounds: a dataset and a location that a test imports from."""

from dataclasses import dataclass
from uuid import UUID, uuid4

from shared.database.datasets import Dataset
from shared.database.external_locations import ExternalLocation
from shared.database.session import Database
from shared.database.storage_credentials import StorageCredential

BUCKET = "customer-images"


@dataclass(frozen=True)
class Ground:
    """A dataset and an external location of one tenant."""

    dataset_id: UUID
    location_id: UUID


async def lay_ground(database: Database, org_id: UUID, *, prefix: str = "") -> Ground:
    """Store a dataset, and a location over a prefix of the bucket."""
    dataset_id, location_id, credential_id = uuid4(), uuid4(), uuid4()
    async with database.begin(org_id) as session:
        session.add(
            StorageCredential(
                credential_id=credential_id,
                org_id=org_id,
                name="role",
                provider="s3",
                method="assume_role",
                role_arn="arn:aws:iam::111122223333:role/mooring",
                external_id=str(uuid4()),
                path_style=False,
                secret_version=1,
            )
        )
        session.add(
            Dataset(
                dataset_id=dataset_id,
                org_id=org_id,
                name=f"images {dataset_id}",
                hosting="self_hosted",
            )
        )
        await session.flush()
        session.add(
            ExternalLocation(
                location_id=location_id,
                org_id=org_id,
                credential_id=credential_id,
                name="images",
                provider="s3",
                bucket=BUCKET,
                prefix=prefix,
                region="eu-west-1",
                origins=[],
            )
        )
    return Ground(dataset_id, location_id)
