"""Questions to a bucket of Cloud Storage, in its JSON API, that a store has no need to ask."""

from collections.abc import Sequence
from typing import Any, TypeAlias
from urllib.parse import quote

from pydantic import SecretStr

from services.credentials.issuers.base import Reach
from services.credentials.issuers.google_calls import GoogleCalls
from services.credentials.issuers.google_refusals import GoogleRefusalError, google_error
from shared.errors import AppError, BucketNotFoundError, StorageDeniedError
from shared.leases import Bucket

Parameters: TypeAlias = dict[str, str | list[str]]

_ENDPOINT = "https://storage.googleapis.com"
_PAYS = "requester pays"  # in a text: the reason, `required`, is that of any missing parameter
_REFUSED = {400, 401, 403, 404}


class RequesterPaysError(StorageDeniedError):
    """Say that whoever reads the bucket must name a project that is billed."""


class BucketQuestions:
    """Ask with a token; raise what an Issuer raises, RequesterPaysError and BucketNotFoundError."""

    def __init__(self, calls: GoogleCalls) -> None:
        self._calls = calls

    async def can_list(self, reach: Reach, token: SecretStr) -> bool:
        """Say whether a token may list the prefix."""
        url = f"{_bucket_url(reach.bucket)}/o"
        parameters: Parameters = {"prefix": reach.prefix, "maxResults": "1", "fields": "kind"}
        try:
            await self._calls.get(url, bearer=token, parameters=parameters)
        except GoogleRefusalError as refusal:
            if refusal.status in _REFUSED and not refusal.passes:
                return False
            raise _error(refusal) from refusal
        return True

    async def is_requester_pays(self, reach: Reach, token: SecretStr) -> bool:
        """Say whether a listing is refused since it names no project to be billed."""
        parameters: Parameters = {"prefix": reach.prefix, "maxResults": "1", "fields": "kind"}
        try:
            await self._ask(f"{_bucket_url(reach.bucket)}/o", token, parameters)
        except RequesterPaysError:
            return True
        return False

    async def held_permissions(
        self, bucket: Bucket, asked: Sequence[str], token: SecretStr
    ) -> frozenset[str]:
        """Return those permissions that a token has on the whole bucket, for which it needs none.

        What a binding with a condition on objects grants is not among them.
        """
        url = f"{_bucket_url(bucket)}/iam/testPermissions"
        answer = await self._ask(url, token, {"permissions": list(asked)})
        return frozenset(answer.get("permissions") or ())

    async def has_uniform_access(self, bucket: Bucket, token: SecretStr) -> bool:
        """Say whether IAM alone rules the bucket. Raise StorageDeniedError: few may ask this."""
        fields = "iamConfiguration(uniformBucketLevelAccess(enabled))"
        answer = await self._ask(_bucket_url(bucket), token, {"fields": fields})
        configuration: dict[str, Any] = answer.get("iamConfiguration") or {}
        uniform: dict[str, Any] = configuration.get("uniformBucketLevelAccess") or {}
        return uniform.get("enabled") is True

    async def _ask(self, url: str, token: SecretStr, parameters: Parameters) -> dict[str, Any]:
        try:
            return await self._calls.get(url, bearer=token, parameters=parameters)
        except GoogleRefusalError as refusal:
            raise _error(refusal) from refusal


def _error(refusal: GoogleRefusalError) -> AppError:
    if _PAYS in refusal.text.lower():
        return RequesterPaysError("The bucket lets only requesters read that pay for it.")
    if refusal.status == 404:  # noqa: PLR2004 (Not Found)
        return BucketNotFoundError("The bucket does not exist.")
    return google_error(refusal, StorageDeniedError("Cloud Storage denied access."))


def _bucket_url(bucket: Bucket) -> str:
    return f"{bucket.endpoint or _ENDPOINT}/storage/v1/b/{quote(bucket.name, safe='')}"
