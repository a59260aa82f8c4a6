"""The declarative base of all tables, with names for every constraint."""

from datetime import datetime
from typing import Annotated, ClassVar
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, MetaData, Text, func, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import DeclarativeBase, mapped_column

KEY_COLLATION = "C"  # byte order of UTF-8: the order in which S3 and GCS list keys

Key = Annotated[str, mapped_column(Text(collation=KEY_COLLATION))]
OrgId = Annotated[UUID, mapped_column()]
NewId = Annotated[UUID, mapped_column(primary_key=True, server_default=text("uuidv7()"))]
Count = Annotated[int, mapped_column(BigInteger, server_default=text("0"))]
CreatedAt = Annotated[datetime, mapped_column(server_default=func.now())]
Texts = Annotated[list[str], mapped_column(postgresql.ARRAY(Text))]


class Table(DeclarativeBase):
    """Base of every table; each with `org_id` gets forced row-level security in its migration."""

    metadata = MetaData(
        naming_convention={
            "ix": "%(table_name)s_%(column_0_N_name)s_idx",
            "uq": "%(table_name)s_%(column_0_N_name)s_key",
            "ck": "%(table_name)s_%(constraint_name)s_check",
            "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
            "pk": "%(table_name)s_pkey",
        }
    )
    type_annotation_map: ClassVar = {str: Text, datetime: DateTime(timezone=True)}
