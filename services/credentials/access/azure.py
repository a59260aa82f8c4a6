"""What a report must know of Azure: tenants, roles, keys, signatures, networks and CORS."""

import asyncio
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

import httpx

from services.credentials.access.azure_probes import (
    DISABLED,
    KEYS_OFF,
    SIGNATURE_REFUSED,
    BlobAnswer,
    UnknownAccountError,
    ask_container,
)
from services.credentials.access.azure_remedies import (
    AzureRemedies,
    azure_code,
    azure_identity,
)
from services.credentials.access.browsers import UrlRefusal
from services.credentials.access.causes import CauseKind
from services.credentials.access.checks import Cause, Finding, failed, passed, warning
from services.credentials.access.cloud_access import (
    Documents,
    Judgement,
    Place,
    Question,
    Sessions,
)
from services.credentials.access.objects import (
    ReadSample,
    Sample,
    open_reader,
    show_keys,
)
from services.credentials.access.subjects import Subject
from services.credentials.issuers.azure import (
    AzureIssuer,
    IsBound,
    OtherAccountError,
    TenantNotBoundError,
)
from services.credentials.issuers.azure_application import AzureApplication
from services.credentials.issuers.base import (
    AccountKey,
    ConsentedTenant,
    CustomerSas,
    ServicePrincipal,
    Session,
)
from services.credentials.issuers.delegation_keys import (
    FIREWALL,
    PERMISSION_MISMATCH,
    DelegationRefusedError,
    OtherTenantError,
)
from services.credentials.issuers.entra_refusals import EntraRefusedError
from services.credentials.sas_tokens import parse_sas
from services.credentials.setup.azure_cors import cors_command, cors_properties
from shared.clock import Clock
from shared.egress import EgressGuard
from shared.errors import BucketNotFoundError, StorageDeniedError
from shared.leases import ANY_REGION, Bucket, DelegationKey, Operation, SasToken

PATIENCE = timedelta(seconds=6)  # within LONGEST_CHECK, with what was asked before
PAUSE = timedelta(seconds=2)
SOON = timedelta(days=7)

NOT_BOUND = "No administrator of this tenant has connected it to the organization by signing in."


@dataclass(frozen=True, slots=True)
class AzureTools:
    """What Azure is asked with. `patience` is how long a role that is refused is waited for."""

    issuer: AzureIssuer
    http: httpx.AsyncClient
    clock: Clock
    is_bound: IsBound
    egress: EgressGuard
    application: AzureApplication | None
    patience: timedelta = PATIENCE


class AzureAccess:
    """Ask and advise as Azure needs it."""

    def __init__(self, tools: AzureTools) -> None:
        self._tools = tools
        self._remedies = AzureRemedies(tools.application)

    # --- where and who ------------------------------------------------------------------------

    async def locate(self, subject: Subject) -> Place:
        """Ask the account anything as a stranger: one that answers is there."""
        bucket = self.guess(subject)
        account = bucket.name.partition("/")[0]
        known = getattr(subject.identity, "account", account)
        if known != account:
            advice = f"Name a container of the account {known}, or another credential."
            finding = failed(
                f"The credential is for the storage account {known}, and not for {account}.",
                Cause(CauseKind.OTHER_ACCOUNT, advice),
            )
            return Place(finding)
        try:
            answer = await ask_container(self._tools.http, bucket)
        except UnknownAccountError:
            advice = "Correct the storage account's name in the URI, or make the account."
            finding = failed(
                f"There is no storage account {account}.", Cause(CauseKind.BUCKET_ABSENT, advice)
            )
            return Place(finding, error=BucketNotFoundError(finding.sentence))
        if answer.is_success:
            advice = "Switch off anonymous access to the account's blobs, unless it is wanted."
            finding = warning(
                "The container lets anybody list and read it, without any credential.",
                Cause(CauseKind.PUBLIC, advice),
            )
            return Place(finding, bucket)
        return Place(passed(f"The storage account {account} answers."), bucket)

    def guess(self, subject: Subject) -> Bucket:
        """Say where the container is; no address of Azure's has a region."""
        return self._tools.issuer.bucket(azure_identity(subject), subject.bucket, ANY_REGION)

    async def recognize(self, subject: Subject, bucket: Bucket, sessions: Sessions) -> Finding:
        """Judge keys and signatures by asking; whoever got a delegation key was recognized."""
        match subject.identity:
            case ConsentedTenant(tenant_id=tenant_id):
                return passed(f"The tenant {tenant_id} lets Mooring's application in.")
            case ServicePrincipal(client_id=client_id):
                return passed(f"The tenant lets the service principal of {client_id} in.")
            case _:
                access = sessions[Operation.LIST].access
                assert isinstance(access, SasToken)  # noqa: S101 (what an AzureIssuer grants)
                answer = await ask_container(self._tools.http, bucket, access.token)
                return self._judge_signature(subject, answer)

    def _judge_signature(self, subject: Subject, answer: BlobAnswer) -> Finding:
        what = "key" if isinstance(subject.identity, AccountKey) else "SAS"
        match answer.code:
            case code if code == SIGNATURE_REFUSED:
                return failed(
                    f"The storage account does not accept the {what}.", self._remedies.renew(what)
                )
            case code if code == KEYS_OFF:
                return failed(
                    "The storage account allows no access by its keys, nor by what they signed.",
                    self._remedies.allow_keys(subject),
                )
            case code if code == DISABLED:
                return failed("The storage account is disabled.", self._remedies.enable())
            case code if code == FIREWALL:
                return failed(
                    "The storage account's network rules refuse Mooring.",
                    self._remedies.network(subject),
                )
        return passed(f"The storage account accepts the {what}.")

    async def explain_refusal(self, subject: Subject, error: StorageDeniedError) -> Finding:
        """Explain why there is no session; a role that may be on its way is waited for a little."""
        match error:
            case EntraRefusedError():
                return failed(error.detail, Cause(CauseKind.ENTRA_REFUSED, error.advice))
            case TenantNotBoundError():
                return failed(NOT_BOUND, self._remedies.connect())
            case OtherAccountError():
                advice = "Name a container of that account, or another credential."
                return failed(error.detail, Cause(CauseKind.OTHER_ACCOUNT, advice))
            case DelegationRefusedError():
                return await self._explain_delegation(subject, error)
        what = "key" if isinstance(subject.identity, AccountKey) else "SAS"
        return failed(error.detail, self._remedies.renew(what))

    async def _explain_delegation(self, subject: Subject, error: DelegationRefusedError) -> Finding:
        if isinstance(error, OtherTenantError):
            advice = "Name the tenant that the account's subscription belongs to."
            return failed(error.detail, Cause(CauseKind.OTHER_ACCOUNT, advice))
        if error.azure_code != PERMISSION_MISMATCH:
            return failed(error.detail, self._remedies.denied(subject, error.azure_code))
        if await self._is_let_in_later(subject):
            return failed(
                "Azure is still spreading a role that was just assigned.",
                Cause(CauseKind.PROPAGATION, "Verify again in a minute."),
            )
        return failed(error.detail, self._remedies.roles(subject))

    async def _is_let_in_later(self, subject: Subject) -> bool:
        """Ask for a delegation key again until it is given, for as long as a report waits."""
        identity, bucket = azure_identity(subject), self.guess(subject)
        assert isinstance(identity, ConsentedTenant | ServicePrincipal)  # noqa: S101 (who asks)
        left = self._tools.patience
        while left > timedelta():
            await asyncio.sleep(min(PAUSE, left).total_seconds())
            left -= PAUSE
            try:
                await self._tools.issuer.get_key(subject.org_id, identity, bucket)
            except DelegationRefusedError:
                continue
            return True
        return False

    # --- isolation and rights -----------------------------------------------------------------

    def ask_isolation(self, subject: Subject, bucket: Bucket) -> Question | None:
        """Ask whether the tenant is this organization's: all share one application of ours."""
        del bucket
        if not isinstance(subject.identity, ConsentedTenant):
            return None
        return Question("tenant_bound", partial(self._tenant_bound, subject, subject.identity))

    async def _tenant_bound(self, subject: Subject, identity: ConsentedTenant) -> Finding:
        if await self._tools.is_bound(subject.org_id, identity.tenant_id):
            return passed("An administrator of the tenant has connected it to the organization.")
        return failed(NOT_BOUND, self._remedies.connect())

    def why_barred(self, subject: Subject) -> str:
        """Say why nothing more is asked."""
        del subject
        return (
            "Nothing is asked through a tenant that is not connected to this organization: see the"
            " check `tenant_bound`."
        )

    def ask_rights(
        self, subject: Subject, bucket: Bucket, sessions: Sessions
    ) -> Sequence[Question]:
        """Ask what only Azure has: the right to delegate, and what a customer's SAS may do."""
        del bucket
        match subject.identity:
            case ConsentedTenant() | ServicePrincipal():
                return [
                    Question("delegator", partial(self._delegator, sessions), needs_bucket=False)
                ]
            case CustomerSas():
                ask = partial(self._sas_rights, subject.identity)
                return [Question("sas_rights", ask, needs_bucket=False)]
            case _:
                return []

    async def _delegator(self, sessions: Sessions) -> Finding:
        key = sessions[Operation.READ].signing
        assert isinstance(key, DelegationKey)  # noqa: S101 (what an AzureIssuer grants)
        return passed(
            "The storage account gives Mooring user delegation keys: one signs URLs until"
            f" {key.expires_at:%Y-%m-%d %H:%M} UTC."
        )

    async def _sas_rights(self, identity: CustomerSas) -> Finding:
        """Judge what the SAS may do: reading and listing one container by HTTPS is enough."""
        sas = parse_sas(identity.token, identity.account)
        left = sas.expires_at - self._tools.clock.now()
        until = f"{sas.expires_at:%Y-%m-%d %H:%M} UTC"
        if left <= timedelta():
            return failed(f"The SAS expired at {until}.", self._remedies.renew("SAS"))
        if sas.changes:
            return failed(
                f"The SAS may do more than list and read: {', '.join(sas.changes)}.",
                self._remedies.narrow(),
            )
        if sas.reaches_account:
            return warning("The SAS reaches the whole storage account.", self._remedies.narrow())
        if not sas.needs_https:
            return warning("The SAS works without HTTPS too.", self._remedies.narrow())
        if left < SOON:
            return warning(f"The SAS expires at {until}.", self._remedies.renew("SAS"))
        return passed(f"The SAS may list and read the container until {until}, and nothing else.")

    # --- remedies for the common questions ------------------------------------------------------

    def ask_details(
        self, subject: Subject, bucket: Bucket, sessions: Sessions, *, is_listed: bool
    ) -> Sequence[Question]:
        """Ask nothing more."""
        del subject, bucket, sessions, is_listed
        return ()

    def open_reader(
        self, bucket: Bucket, session: Session
    ) -> AbstractAsyncContextManager[ReadSample]:
        """Read samples as any other reader."""
        return open_reader(bucket, session.access, self._tools.egress)

    async def not_listed(
        self,
        subject: Subject,
        bucket: Bucket,
        session: Session,
        error: StorageDeniedError | BucketNotFoundError,
    ) -> Finding:
        """Explain why the container cannot be listed."""
        del bucket, session
        if isinstance(error, BucketNotFoundError):
            advice = "Correct the container's name in the URI, or make the container."
            return failed("There is no such container.", Cause(CauseKind.BUCKET_ABSENT, advice))
        return failed(
            f"The credential may not list az://{subject.bucket}/{subject.prefix}.",
            self._remedies.denied(subject, azure_code(error)),
        )

    def not_read(
        self, subject: Subject, denied: Sequence[Sample], *, read: int, asked: int
    ) -> Finding:
        """Explain why sampled blobs cannot be read."""
        error = denied[0].error
        code = azure_code(error) if isinstance(error, StorageDeniedError) else ""
        names = show_keys([each.row.key for each in denied])
        return failed(
            f"{read} of {asked} sampled objects can be read: access to others is denied, as"
            f" {names}.",
            self._remedies.denied(subject, code),
        )

    def judge_samples(self, subject: Subject, samples: Sequence[Sample]) -> Sequence[Judgement]:
        """Judge nothing: Azure tells no keys."""
        del subject, samples
        return ()

    def not_signed(self, subject: Subject, refusal: UrlRefusal) -> Finding:
        """Explain why the store refuses a presigned URL."""
        return failed(
            f"The store refuses a presigned URL with status {refusal.status}.",
            self._remedies.denied(subject, refusal.code),
        )

    def cors(self, subject: Subject) -> Documents:
        """Return the account's CORS rule, by its name in the setup kit."""
        return {"cors": cors_properties(subject.origins)}

    def cors_advice(self, subject: Subject) -> str:
        """Say where the rule goes."""
        account = subject.bucket.partition("/")[0]
        return (
            f"Add this rule to the CORS rules of the blob service of the account {account}; the"
            " first rule that fits an origin counts, and an account has five at most, so where it"
            " has five, add the origins to one of them. Run: "
            f"{cors_command(account, subject.origins)}"
        )
