"""The URL signer: a lease's own keys sign here, and what the vault has signed is asked for once."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from shared import url_signer
from shared.errors import VaultUnavailableError
from shared.leases import RemoteSigning
from shared.storage.signing.base import ResponseOverrides, UrlRequest
from shared.storage.signing.local import presign
from shared.url_signer import MOST_URLS, UrlSigner
from tests.local_signing import local_signer
from tests.shared.test_leases import LEASE, NOON, SIGNING

MINUTE = timedelta(minutes=1)
REMOTE = replace(LEASE, grant=RemoteSigning())


@dataclass
class SigningVault:
    """Signs in its own way, and counts what it was asked."""

    failure: Exception | None = None
    asked: list[list[UrlRequest]] = field(default_factory=list)

    async def sign_urls(
        self,
        org_id: UUID,
        location_id: UUID,
        requests: Sequence[UrlRequest],
        *,
        signed_at: datetime,
        expires_in: timedelta,
    ) -> list[str]:
        assert (org_id, location_id) == (LEASE.org_id, LEASE.location_id)
        self.asked.append(list(requests))
        if self.failure is not None:
            raise self.failure
        return [url_of(each, signed_at, expires_in) for each in requests]


def url_of(request: UrlRequest, signed_at: datetime = NOON, expires_in: timedelta = MINUTE) -> str:
    return f"{request.method} {request.key} {signed_at:%H%M} {expires_in}"


async def test_a_lease_with_keys_signs_here() -> None:
    lease = replace(LEASE, grant=SIGNING)
    requests = [UrlRequest("a"), UrlRequest("b", "HEAD", "v1", ResponseOverrides("image/png"))]
    urls = await local_signer().sign(lease, requests, signed_at=NOON, expires_in=MINUTE)
    assert urls == presign(LEASE.bucket, SIGNING, requests, signed_at=NOON, expires_in=MINUTE)


async def test_what_the_vault_has_signed_is_not_asked_for_again() -> None:
    vault = SigningVault()
    signer = UrlSigner(vault.sign_urls)
    a, b, c = UrlRequest("a"), UrlRequest("a", "HEAD"), UrlRequest("c")
    for requests in ([a, b, a], [c, a], [b]):
        urls = await signer.sign(REMOTE, requests, signed_at=NOON, expires_in=MINUTE)
        assert urls == [url_of(each) for each in requests]
    assert vault.asked == [[a, b], [c]]


async def test_another_window_and_another_lease_are_signed_anew() -> None:
    vault = SigningVault()
    signer = UrlSigner(vault.sign_urls)
    later = NOON + MINUTE
    fresh = replace(REMOTE, issued_at=later)
    for lease, signed_at, expires_in in (
        (REMOTE, NOON, MINUTE),
        (REMOTE, later, MINUTE),
        (REMOTE, NOON, 2 * MINUTE),
        (fresh, NOON, MINUTE),
    ):
        (url,) = await signer.sign(
            lease, [UrlRequest("a")], signed_at=signed_at, expires_in=expires_in
        )
        assert url == url_of(UrlRequest("a"), signed_at, expires_in)
    assert len(vault.asked) == 4


async def test_the_vault_is_asked_for_a_thousand_at_a_time() -> None:
    vault = SigningVault()
    requests = [UrlRequest(str(number)) for number in range(2 * MOST_URLS + 1)]
    urls = await UrlSigner(vault.sign_urls).sign(
        REMOTE, requests, signed_at=NOON, expires_in=MINUTE
    )
    assert urls == [url_of(each) for each in requests]
    assert [len(asked) for asked in vault.asked] == [MOST_URLS, MOST_URLS, 1]


async def test_what_was_used_longest_ago_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(url_signer, "MOST_KEPT", 2)
    vault = SigningVault()
    signer = UrlSigner(vault.sign_urls)
    for key in "abacab":
        await signer.sign(REMOTE, [UrlRequest(key)], signed_at=NOON, expires_in=MINUTE)
    assert [requests[0].key for requests in vault.asked] == ["a", "b", "c", "b"]


async def test_a_refusal_of_the_vault_is_not_kept() -> None:
    vault = SigningVault(VaultUnavailableError("The vault does not answer."))
    signer = UrlSigner(vault.sign_urls)
    with pytest.raises(VaultUnavailableError):
        await signer.sign(REMOTE, [UrlRequest("a")], signed_at=NOON, expires_in=MINUTE)
    vault.failure = None
    urls = await signer.sign(REMOTE, [UrlRequest("a")], signed_at=NOON, expires_in=MINUTE)
    assert urls == [url_of(UrlRequest("a"))]
