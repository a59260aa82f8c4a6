"""Viewing: signs URLs as the gateway does, and uses them as browsers of each origin do."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, replace
from functools import partial

from services.credentials.access.browsers import BrowserChecks, SignedUrl
from services.credentials.access.causes import CauseKind
from services.credentials.access.checks import (
    LONGEST_CHECK,
    Cause,
    Check,
    Finding,
    finding_of,
    run_check,
    run_together,
    skip_check,
    skipped,
    warning,
)
from services.credentials.access.cloud_access import CloudAccess
from services.credentials.access.cors_findings import CorsRule
from services.credentials.access.origin_checks import ORIGIN_CHECKS, OriginChecks, ViewerUrls
from services.credentials.access.probes import PROBE_NAME
from services.credentials.access.subjects import Subject
from services.credentials.access.trials import ProbeUrls
from shared.clock import Clock
from shared.errors import AppError, CloudIdentityError, StorageError, StorageUnavailableError
from shared.leases import Bucket, SigningGrant
from shared.storage.base import ObjectRow

_NO_SIGNING = (
    "The credential can sign no URLs: importing works, and viewers get no files from this location."
)
_OTHER_METHOD = Cause(CauseKind.CANNOT_SIGN, "Use another method for files that shall be viewed.")


@dataclass(frozen=True, slots=True)
class Viewing:
    """The checks `sign`, and those of each browser origin of a subject."""

    cloud: CloudAccess
    subject: Subject
    browsers: BrowserChecks
    urls: ProbeUrls
    clock: Clock

    async def ask(
        self, bucket: Bucket, grant: SigningGrant | None, sample: ObjectRow | None
    ) -> list[Check]:
        """Ask by URLs for `sample`, an object that can be read, or for one that is not there."""
        if grant is None:
            return await self._ask_without_url(warning(_NO_SIGNING, _OTHER_METHOD))
        try:
            async with asyncio.timeout(LONGEST_CHECK.total_seconds()):
                urls = await self._presign(bucket, grant, sample)
        except TimeoutError:
            error: AppError = StorageUnavailableError("Signing a URL took too long.")
            return await self._ask_without_url(finding_of(error))
        except (StorageError, CloudIdentityError) as refusal:
            return await self._ask_without_url(finding_of(refusal))
        aged = None
        if sample is not None:
            now = self.clock.now()
            aged = self.urls.sign_aged(bucket, sample.key, grant=grant, now=now)
        sign, *seen = await run_together(
            run_check("sign", self._sign(urls, aged)), *self._ask_origins(urls)
        )
        return [sign, *(_excuse(check, sign) for check in seen)]

    def skip(self, reason: str) -> list[Check]:
        """Say of all of them why they were not asked."""
        return [skip_check("sign", reason), *self._skip_origins(reason)]

    async def _ask_without_url(self, finding: Finding) -> list[Check]:
        reason = "No URL could be signed: see the check `sign`."
        return [await run_check("sign", _say(finding)), *self._skip_origins(reason)]

    def _ask_origins(self, urls: ViewerUrls) -> list[Coroutine[None, None, Check]]:
        """Ask for the pages of each origin, with the cloud's CORS rule as the remedy."""
        rule = CorsRule(self.cloud.cors_advice(self.subject), self.cloud.cors(self.subject))
        checks = OriginChecks(self.browsers, urls, rule)
        asked = [
            run_check(name, question, origin)
            for origin in self.subject.origins
            for name, question in checks.ask(origin)
        ]
        none = skipped("The location has no browser origins.")
        return asked or [run_check(name, _say(none)) for name in ORIGIN_CHECKS]

    def _skip_origins(self, reason: str) -> list[Check]:
        origins = self.subject.origins or (None,)
        return [skip_check(name, reason, origin) for origin in origins for name in ORIGIN_CHECKS]

    async def _sign(self, urls: ViewerUrls, aged: SignedUrl | None) -> Finding:
        if not urls.object_exists:
            return skipped("A presigned URL could not be tried: see the check `read`.")
        explain = partial(self.cloud.not_signed, self.subject)
        return await self.browsers.sign(urls.get, aged, explain)

    async def _presign(
        self, bucket: Bucket, grant: SigningGrant, sample: ObjectRow | None
    ) -> ViewerUrls:
        """Return a URL to GET and one to HEAD: the method is in what is signed."""
        subject = self.subject
        key = f"{subject.prefix}{PROBE_NAME}" if sample is None else sample.key
        now = self.clock.now()
        get, head = await self.urls.sign(
            subject.org_id, subject.identity, bucket, key, "GET", "HEAD", grant=grant, now=now
        )
        return ViewerUrls(get, head, object_exists=sample is not None)


def _excuse(check: Check, sign: Check) -> Check:
    """Skip a check of browsers which failed since the store refuses everybody with the URL."""
    cause = check.finding.likeliest
    if not sign.finding.is_failed or cause is None or cause.kind is not CauseKind.VIEWER_REFUSED:
        return check
    reason = "The store refuses a presigned URL whoever sends it: see the check `sign`."
    return replace(check, finding=skipped(reason))


async def _say(finding: Finding) -> Finding:
    return finding
