"""Azure consents: links that were given out and wait for a tenant's administrator."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary, delete, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from shared.database.base import CreatedAt, NewId, Table


class AzureConsent(Table):
    """A link in use, for which the browser brings a secret that is stored hashed.

    `asked` waits for the consent; `consented` for the sign-in, whose nonce and code verifier are
    sealed; `proved` for the administrator's word, with who signed in sealed. What has ended is
    deleted, so that nothing is used twice.
    """

    __tablename__ = "azure_consent"
    __table_args__ = (
        CheckConstraint(
            "CASE stage WHEN 'asked' THEN sealed IS NULL AND data_key_id IS NULL"
            " ELSE stage IN ('consented', 'proved')"
            " AND sealed IS NOT NULL AND data_key_id IS NOT NULL END",
            name="stage",
        ),
    )

    consent_id: Mapped[NewId]
    org_id: Mapped[UUID] = mapped_column(ForeignKey("organization.org_id"), index=True)
    stage: Mapped[str]
    secret_hash: Mapped[bytes] = mapped_column(LargeBinary)
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    data_key_id: Mapped[UUID | None] = mapped_column(ForeignKey("data_key.data_key_id"))
    expires_at: Mapped[datetime]
    created_at: Mapped[CreatedAt]


async def find_azure_consent(session: AsyncSession, consent_id: UUID) -> AzureConsent | None:
    """Return a link that was not used up, expired or not, or None."""
    return await session.get(AzureConsent, consent_id)


async def turn_azure_consent(
    session: AsyncSession,
    asked: AzureConsent,
    *,
    secret_hash: bytes,
    sealed: bytes,
    data_key_id: UUID,
    expires_at: datetime,
) -> bool:
    """Turn `asked` into `consented` with another secret; False when somebody else was faster."""
    query = (
        update(AzureConsent)
        .where(
            AzureConsent.consent_id == asked.consent_id,
            AzureConsent.stage == "asked",
            AzureConsent.secret_hash == asked.secret_hash,
        )
        .values(
            stage="consented",
            secret_hash=secret_hash,
            sealed=sealed,
            data_key_id=data_key_id,
            expires_at=expires_at,
        )
        .returning(AzureConsent.consent_id)
    )
    return (await session.execute(query)).one_or_none() is not None


async def take_azure_consent(session: AsyncSession, consent: AzureConsent) -> bool:
    """Delete a link as it was found; False when somebody else was faster."""
    query = (
        delete(AzureConsent)
        .where(
            AzureConsent.consent_id == consent.consent_id,
            AzureConsent.secret_hash == consent.secret_hash,
        )
        .returning(AzureConsent.consent_id)
    )
    return (await session.execute(query)).one_or_none() is not None


async def delete_expired_consents(session: AsyncSession, before: datetime) -> None:
    """Forget the organization's links that expired before this moment."""
    await session.execute(delete(AzureConsent).where(AzureConsent.expires_at < before))
