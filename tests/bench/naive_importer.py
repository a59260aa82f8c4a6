"""The importer that one writes first: aioboto3's paginator, and an upsert of each page.

It writes into a table with the columns and keys of our assets, imports twice, and prints the
seconds that each took. It finds nothing missing and would begin anew when it is interrupted.
"""

import asyncio
import json
import sys
from datetime import datetime
from time import monotonic
from uuid import UUID, uuid4

import aioboto3
from sqlalchemy import BigInteger, Text, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from tests.bench.listers import REGION


class Base(DeclarativeBase):
    pass


class NaiveAsset(Base):
    __tablename__ = "naive_asset"
    __table_args__ = (UniqueConstraint("dataset_id", "location_id", "key"),)

    dataset_id: Mapped[UUID] = mapped_column(primary_key=True)
    asset_id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text("uuidv7()"))
    location_id: Mapped[UUID]
    key: Mapped[str] = mapped_column(Text(collation="C"))
    size: Mapped[int] = mapped_column(BigInteger)
    etag: Mapped[str]
    last_modified: Mapped[datetime]
    storage_class: Mapped[str]
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())


async def import_bucket(
    engine: AsyncEngine, endpoint: str, bucket: str, dataset_id: UUID, location_id: UUID
) -> None:
    added = insert(NaiveAsset)
    columns = ("size", "etag", "last_modified", "storage_class")
    upsert = added.on_conflict_do_update(
        index_elements=["dataset_id", "location_id", "key"],
        set_={name: added.excluded[name] for name in columns} | {"updated_at": func.now()},
    )
    session = aioboto3.Session("bench", "bench", region_name=REGION)
    async with session.client("s3", endpoint_url=endpoint) as client:
        async for page in client.get_paginator("list_objects_v2").paginate(Bucket=bucket):
            rows = [
                {
                    "dataset_id": dataset_id,
                    "location_id": location_id,
                    "key": row["Key"],
                    "size": row["Size"],
                    "etag": row["ETag"].strip('"'),
                    "last_modified": row["LastModified"].replace(tzinfo=None),
                    "storage_class": row["StorageClass"],
                }
                for row in page["Contents"]
            ]
            async with engine.begin() as connection:
                await connection.execute(upsert, rows)


async def main(endpoint: str, bucket: str, database_url: str) -> None:
    """Import twice and print how long it took."""
    engine = create_async_engine(database_url.replace("postgresql:", "postgresql+asyncpg:"))
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    dataset_id, location_id = uuid4(), uuid4()
    took: dict[str, float] = {}
    for what in ("import", "resync"):
        began = monotonic()
        await import_bucket(engine, endpoint, bucket, dataset_id, location_id)
        took[what] = monotonic() - began
    await engine.dispose()
    print(json.dumps(took))  # noqa: T201 (the bench reads it)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
