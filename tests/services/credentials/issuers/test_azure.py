"""The issuer for Azure: what goes out is a signature, and never a token or an account's key."""

from base64 import b64encode
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid4

import pytest
from pydantic import SecretStr

from services.credentials.issuers.azure import (
    AzureIssuer,
    OtherAccountError,
    TenantNotBoundError,
)
from services.credentials.issuers.azure_application import AzureAddress
from services.credentials.issuers.base import (
    AccountKey,
    AzureIdentity,
    ConsentedTenant,
    CustomerSas,
    Reach,
    ServicePrincipal,
)
from services.credentials.issuers.delegation_keys import DelegationRefusedError
from shared.clock import FrozenClock
from shared.errors import (
    StorageDeniedError,
    StorageError,
    StorageThrottledError,
    StorageUnavailableError,
)
from shared.leases import (
    Bucket,
    DelegationKey,
    Operation,
    RemoteSigning,
    SasToken,
)
from shared.storage.signing.azure import VERSION, presign_azure_by_account_key
from shared.storage.signing.base import ResponseOverrides, UrlRequest
from shared.uris import Provider
from tests.conftest import NOW
from tests.services.credentials.azure_accounts import (
    KEY_VALUE,
    Account,
    AzureAccounts,
    FakeTokens,
)

SUFFIX = "core.windows.net"
ACCOUNT_KEY = SecretStr(b64encode(b"k" * 64).decode())
KEY = AccountKey("acme", ACCOUNT_KEY, SUFFIX)
SAS = "sv=2022-11-02&sr=c&sp=rl&se=2026-12-21T12:00:00Z&sig=c2VjcmV0"
CUSTOMER_SAS = CustomerSas("acme", SecretStr(SAS), SUFFIX)
BUCKET = Bucket(Provider.AZURE, "acme/photos", "auto")
ORG = uuid4()


async def never(_org_id: UUID, _tenant_id: UUID) -> bool:
    return False


@dataclass(slots=True)
class Stage:
    """An issuer, the accounts that it asks, and the tenants that are bound."""

    issuer: AzureIssuer
    accounts: AzureAccounts
    tokens: FakeTokens
    bound: set[tuple[UUID, UUID]]

    def principal(self) -> ServicePrincipal:
        """Return a principal that may delegate at the account acme."""
        tenant = uuid4()
        self.accounts.accounts["acme"] = Account(tenant, {self.tokens.object_id})
        return ServicePrincipal(tenant, uuid4(), SecretStr("s"), SUFFIX)

    def consented(self, *, bound_to: UUID = ORG) -> ConsentedTenant:
        tenant = self.principal().tenant_id
        self.bound.add((bound_to, tenant))
        return ConsentedTenant(tenant, SUFFIX)


@pytest.fixture
async def stage(clock: FrozenClock) -> AsyncIterator[Stage]:
    accounts, tokens = AzureAccounts(), FakeTokens()
    bound: set[tuple[UUID, UUID]] = set()

    async def is_bound(org_id: UUID, tenant_id: UUID) -> bool:
        return (org_id, tenant_id) in bound

    async with accounts.client() as http:
        issuer = AzureIssuer(tokens, http, AzureAddress(), clock, is_bound=is_bound)
        yield Stage(issuer, accounts, tokens, bound)


def reach(operation: Operation, bucket: Bucket = BUCKET) -> Reach:
    return Reach(bucket, "2026/", operation)


def query_of(access: object) -> dict[str, str]:
    assert isinstance(access, SasToken)
    told = parse_qs(access.token.get_secret_value(), strict_parsing=True)
    return {name: values[0] for name, values in told.items()}


# --- principals ---------------------------------------------------------------------------------


async def test_a_session_to_list_is_a_signature_for_the_container_that_only_lists(
    stage: Stage,
) -> None:
    identity = stage.principal()
    session = await stage.issuer.issue(ORG, identity, reach(Operation.LIST))
    query = query_of(session.access)
    assert query.pop("sig")
    assert query == {
        "st": "2026-11-21T11:45:00Z",
        "se": "2026-11-22T12:00:00Z",
        "sp": "l",
        "spr": "https",
        "sv": VERSION,
        "sr": "c",
        "skoid": stage.tokens.object_id,
        "sktid": str(identity.tenant_id),
        "skt": "2026-11-21T11:45:00Z",
        "ske": "2026-11-22T12:00:00Z",
        "sks": "b",
        "skv": VERSION,
    }
    assert (session.signing, session.issued_at) == (None, NOW)
    assert session.expires_at == NOW + timedelta(hours=24)


async def test_a_session_to_read_signs_with_the_delegation_key(stage: Stage) -> None:
    identity = stage.principal()
    session = await stage.issuer.issue(ORG, identity, reach(Operation.READ))
    assert query_of(session.access)["sp"] == "r"
    assert session.signing == DelegationKey(
        object_id=stage.tokens.object_id,
        tenant_id=str(identity.tenant_id),
        starts_at=NOW - timedelta(minutes=15),
        expires_at=NOW + timedelta(hours=24),
        service="b",
        version=VERSION,
        value=SecretStr(KEY_VALUE),
    )
    assert session.expires_at == NOW + timedelta(hours=24)
    assert KEY_VALUE not in repr(session)


async def test_a_token_is_shown_to_the_bucket_s_account_only(stage: Stage) -> None:
    await stage.issuer.issue(ORG, stage.principal(), reach(Operation.LIST))
    (asked,) = stage.accounts.asked
    assert (asked.method, asked.url.host, asked.url.path) == (
        "POST",
        "acme.blob.core.windows.net",
        "/",
    )
    assert parse_qs(asked.url.query.decode()) == {
        "restype": ["service"],
        "comp": ["userdelegationkey"],
    }


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        (
            "AuthorizationPermissionMismatch",
            (
                "Mooring may not sign in the name of its principal: the role Storage Blob Delegator"
                " is missing on the storage account."
            ),
        ),
        ("AuthorizationFailure", "The storage account's network rules refuse Mooring."),
    ],
)
async def test_an_account_that_gives_no_key_says_what_is_missing(
    stage: Stage, code: str, sentence: str
) -> None:
    identity = stage.principal()
    stage.accounts.accounts["acme"].refuses = code
    with pytest.raises(DelegationRefusedError) as refused:
        await stage.issuer.issue(ORG, identity, reach(Operation.READ))
    assert (refused.value.detail, refused.value.members) == (sentence, {"azure_code": code})


async def test_an_account_of_another_tenant_is_told_from_a_missing_role(stage: Stage) -> None:
    identity = stage.principal()
    stage.accounts.accounts["acme"].tenant_id = uuid4()
    with pytest.raises(DelegationRefusedError, match="it belongs to another one"):
        await stage.issuer.issue(ORG, identity, reach(Operation.READ))


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (503, StorageThrottledError),
        (429, StorageThrottledError),
        (500, StorageUnavailableError),
        (400, StorageError),
        (200, StorageUnavailableError),
    ],
)
async def test_an_account_that_fails_is_not_a_refusal(
    stage: Stage, status: int, error: type[StorageError]
) -> None:
    identity = stage.principal()
    stage.accounts.accounts["acme"].fails_with = status
    with pytest.raises(StorageError) as caught:
        await stage.issuer.issue(ORG, identity, reach(Operation.LIST))
    assert type(caught.value) is error


async def test_an_account_that_is_not_there_cannot_be_reached(stage: Stage) -> None:
    identity = stage.principal()
    elsewhere = Bucket(Provider.AZURE, "other/photos", "auto")
    with pytest.raises(StorageUnavailableError, match="there is none of this name"):
        await stage.issuer.issue(ORG, identity, reach(Operation.LIST, elsewhere))


# --- our application in a customer's tenant -----------------------------------------------------


async def test_another_organization_gets_nothing_by_naming_the_tenant(stage: Stage) -> None:
    """All organizations share our application, and the tenant has let that in."""
    identity = stage.consented(bound_to=uuid4())
    with pytest.raises(TenantNotBoundError):
        await stage.issuer.issue(ORG, identity, reach(Operation.LIST))
    assert stage.accounts.asked == []


async def test_a_released_tenant_gives_no_new_session(stage: Stage) -> None:
    identity = stage.consented()
    await stage.issuer.issue(ORG, identity, reach(Operation.LIST))
    stage.bound.clear()
    with pytest.raises(TenantNotBoundError):
        await stage.issuer.issue(ORG, identity, reach(Operation.LIST))


# --- keys and signatures of customers -----------------------------------------------------------


async def test_an_account_key_stays_in_the_vault(stage: Stage) -> None:
    listing, reading = [await stage.issuer.issue(ORG, KEY, reach(each)) for each in Operation]
    assert [query_of(each.access)["sp"] for each in (listing, reading)] == ["l", "r"]
    assert {query_of(each.access)["sr"] for each in (listing, reading)} == {"c"}
    assert (listing.signing, reading.signing) == (None, RemoteSigning())
    assert {each.expires_at for each in (listing, reading)} == {NOW + timedelta(hours=12)}
    assert ACCOUNT_KEY.get_secret_value() not in repr(listing) + str(query_of(listing.access))
    assert stage.accounts.asked == []


async def test_urls_are_signed_one_by_one_with_an_account_key(stage: Stage) -> None:
    overrides = ResponseOverrides(content_type="image/jpeg")
    requests = [UrlRequest("2026/a b.jpg"), UrlRequest("ä/../x", "HEAD", "v1", overrides)]
    span = timedelta(minutes=10)
    urls = await stage.issuer.sign_urls(ORG, KEY, BUCKET, requests, signed_at=NOW, expires_in=span)
    assert urls == [
        presign_azure_by_account_key(
            BUCKET,
            each.key,
            account_key=ACCOUNT_KEY,
            signed_at=NOW,
            expires_in=span,
            method=each.method,
            overrides=each.overrides,
            version_id=each.version_id,
        )
        for each in requests
    ]
    assert {urlsplit(url).netloc for url in urls} == {"acme.blob.core.windows.net"}


@pytest.mark.parametrize("identity", [CUSTOMER_SAS, ConsentedTenant(uuid4(), SUFFIX)])
async def test_nothing_else_signs_in_the_vault(stage: Stage, identity: AzureIdentity) -> None:
    with pytest.raises(StorageDeniedError):
        await stage.issuer.sign_urls(
            ORG,
            identity,
            BUCKET,
            [UrlRequest("a")],
            signed_at=NOW,
            expires_in=timedelta(minutes=5),
        )


async def test_a_customers_signature_is_lent_as_it_is_for_twelve_hours(stage: Stage) -> None:
    sessions = [await stage.issuer.issue(ORG, CUSTOMER_SAS, reach(each)) for each in Operation]
    for session in sessions:
        assert session.access == SasToken(SecretStr(SAS))
        assert session.signing is None
        assert session.expires_at == NOW + timedelta(hours=12)


async def test_a_customers_signature_is_never_lent_for_longer_than_it_lives(
    stage: Stage, clock: FrozenClock
) -> None:
    clock.advance(timedelta(days=29, hours=23))
    session = await stage.issuer.issue(ORG, CUSTOMER_SAS, reach(Operation.LIST))
    assert session.expires_at == datetime(2026, 12, 21, 12, tzinfo=UTC)


async def test_a_customers_signature_that_has_expired_is_not_lent(
    stage: Stage, clock: FrozenClock
) -> None:
    clock.advance(timedelta(days=30))
    with pytest.raises(StorageDeniedError, match="The SAS expired at 2026-12-21 12:00 UTC"):
        await stage.issuer.issue(ORG, CUSTOMER_SAS, reach(Operation.LIST))


@pytest.mark.parametrize("identity", [KEY, CUSTOMER_SAS], ids=["key", "sas"])
async def test_what_a_customer_gave_for_one_account_is_used_on_no_other(
    stage: Stage, identity: AccountKey | CustomerSas
) -> None:
    other = Bucket(Provider.AZURE, "other/photos", "auto")
    with pytest.raises(OtherAccountError):
        await stage.issuer.issue(ORG, identity, reach(Operation.LIST, other))
    if isinstance(identity, AccountKey):
        with pytest.raises(OtherAccountError):
            await stage.issuer.sign_urls(
                ORG,
                identity,
                other,
                [UrlRequest("a")],
                signed_at=NOW,
                expires_in=timedelta(minutes=5),
            )


# --- addresses ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("suffix", "stand_in", "endpoint"),
    [
        ("core.windows.net", None, None),
        ("core.chinacloudapi.cn", None, "https://acme.blob.core.chinacloudapi.cn"),
        ("core.usgovcloudapi.net", None, "https://acme.blob.core.usgovcloudapi.net"),
        ("core.windows.net", "https://127.0.0.1:1", "https://127.0.0.1:1/acme"),
    ],
)
async def test_a_bucket_is_addressed_by_its_account_and_cloud(
    clock: FrozenClock, suffix: str, stand_in: str | None, endpoint: str | None
) -> None:
    identity = AccountKey("acme", ACCOUNT_KEY, suffix)
    address = AzureAddress(blob_endpoint=stand_in)
    async with AzureAccounts().client() as http:
        issuer = AzureIssuer(FakeTokens(), http, address, clock, is_bound=never)
        bucket = issuer.bucket(identity, "acme/photos", "auto")
    assert bucket == Bucket(Provider.AZURE, "acme/photos", "auto", endpoint)
