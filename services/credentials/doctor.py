"""The doctor: the checks of an access report for a terminal, without a database."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NoReturn
from uuid import UUID

from services.credentials.access.browsers import BrowserChecks
from services.credentials.access.probes import open_probes
from services.credentials.access.report import AccessVerifier, Report, Tools
from services.credentials.access.subjects import Subject
from services.credentials.access.trials import LeaseTrials, ProbeUrls
from services.credentials.aws_parts import AwsAccount, AwsParts, open_aws
from services.credentials.issuers.base import AwsIdentity, Identity, Reach, Session
from shared.clock import SystemClock
from shared.egress import EgressGuard
from shared.leases import Bucket
from shared.storage.signing.base import UrlRequest

NOBODY = UUID(int=0)  # the organization in the names of sessions that the doctor asks for


class AwsDoctor:
    """Verify access to one bucket on S3 as the vault would, by whoever's keys are at hand."""

    def __init__(self, account: AwsAccount, *, allow_private: bool) -> None:
        self._account = account
        self._egress = EgressGuard(allow_private=allow_private)

    async def examine(
        self,
        identity: AwsIdentity,
        bucket: str,
        prefix: str,
        *,
        origins: Sequence[str],
        region: str | None,
    ) -> Report:
        """Return the report of a dry run."""
        clock = SystemClock()
        subject = Subject(NOBODY, identity, bucket, prefix, tuple(origins), region)
        async with (
            open_probes(self._egress) as probes,
            open_aws(self._account, clock, probes, self._egress) as aws,
        ):
            browsers, urls = BrowserChecks(probes), ProbeUrls(_AwsAlone(aws))
            tools = Tools(
                issuer=_AwsAlone(aws),
                cloud_of=lambda _: aws.access,
                browsers=browsers,
                urls=urls,
                trials=LeaseTrials(browsers, urls, self._egress),
                egress=self._egress,
                clock=clock,
            )
            return await AccessVerifier(tools).verify(subject)


class _AwsAlone:
    """The issuers of all clouds, of which there is one; its URLs are signed on the spot."""

    def __init__(self, aws: AwsParts) -> None:
        self._issuer = aws.issuer

    def bucket(self, identity: Identity, name: str, region: str) -> Bucket:
        return self._issuer.bucket(_of_aws(identity), name, region)

    async def issue(self, org_id: UUID, identity: Identity, reach: Reach) -> Session:
        return await self._issuer.issue(org_id, _of_aws(identity), reach)

    async def sign_urls(
        self,
        org_id: UUID,
        identity: Identity,
        bucket: Bucket,
        requests: Sequence[UrlRequest],
        *,
        signed_at: datetime,
        expires_in: timedelta,
    ) -> NoReturn:
        del org_id, identity, bucket, requests, signed_at, expires_in
        raise TypeError("Sessions of S3 sign URLs themselves.")


def _of_aws(identity: Identity) -> AwsIdentity:
    if not isinstance(identity, AwsIdentity):
        raise TypeError("This identity is of another cloud.")
    return identity
