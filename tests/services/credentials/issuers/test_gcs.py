"""The issuer for Cloud Storage: narrow tokens to list, signatures to read, and HMAC keys."""

import asyncio
from datetime import timedelta
from typing import TypeAlias
from uuid import UUID, uuid4

import httpx
import pytest
from pydantic import SecretStr

from deploy.local.clouds.gcs_world import READ_ONLY, Caller
from deploy.local.clouds.google_server import Everybody
from services.credentials.issuers.base import (
    GcsIdentity,
    HmacKey,
    OrganizationServiceAccount,
    Reach,
    ServiceAccountKey,
    Session,
)
from services.credentials.issuers.gcs import GcsIssuer
from services.credentials.issuers.google_calls import GoogleCalls
from services.credentials.issuers.google_signatures import GoogleSignatures
from shared.errors import (
    CloudIdentityError,
    InvalidInputError,
    StorageDeniedError,
    StorageUnavailableError,
)
from shared.leases import (
    BearerToken,
    Bucket,
    Operation,
    RemoteSigning,
    SessionKeys,
    SigningKeys,
)
from shared.storage.signing.base import UrlRequest
from shared.storage.signing.gcs import derive_gcs_key
from shared.storage.signing.local import presign
from shared.uris import Provider
from tests.services.credentials.google_cloud import (
    BUCKET,
    PROVIDER,
    READER,
    Google,
)

Method: TypeAlias = str
METHODS = ("service_account_grant", "workload_identity", "service_account_key")
HOUR = timedelta(hours=1)


async def identity_of(
    google: Google, method: Method, org_id: UUID, prefix: str = ""
) -> GcsIdentity:
    """Connect as a customer would, with read access to the bucket below the prefix."""
    match method:
        case "service_account_grant":
            account: GcsIdentity = OrganizationServiceAccount(await google.accounts.keep(org_id))
        case "workload_identity":
            account = google.federate(org_id)
        case _:
            account = google.add_key()
    assert not isinstance(account, HmacKey)
    google.world.grant(BUCKET, account.email, prefix=prefix)
    return account


def reach_of(google: Google, operation: Operation, prefix: str = "photos/") -> Reach:
    bucket = Bucket(Provider.GCS, BUCKET, "auto", google.world.url)
    return Reach(bucket, prefix, operation)


def caller_of(google: Google, session: Session) -> Caller:
    assert isinstance(session.access, BearerToken)
    caller = google.world.caller_of(session.access.token.get_secret_value())
    assert caller is not None
    return caller


@pytest.mark.parametrize("method", METHODS)
async def test_a_session_to_list_is_narrowed_to_the_prefix(google: Google, method: Method) -> None:
    org_id = uuid4()
    identity = await identity_of(google, method, org_id)
    session = await google.issuer.issue(org_id, identity, reach_of(google, Operation.LIST))
    caller = caller_of(google, session)
    allows = google.world.allows
    assert allows(caller, BUCKET, "storage.objects.list", "photos/")
    assert not allows(caller, BUCKET, "storage.objects.list", "private/")
    assert not allows(caller, BUCKET, "storage.objects.get", "private/x.txt")
    now = google.clock.now()
    assert (session.signing, session.issued_at, session.expires_at) == (None, now, now + HOUR)


@pytest.mark.parametrize("method", METHODS)
async def test_a_session_to_read_signs_in_the_vault_for_half_a_day(
    google: Google, method: Method
) -> None:
    org_id = uuid4()
    identity = await identity_of(google, method, org_id)
    session = await google.issuer.issue(org_id, identity, reach_of(google, Operation.READ))
    assert caller_of(google, session).scopes == {READ_ONLY}
    now = google.clock.now()
    assert session == Session(session.access, RemoteSigning(), now, now + 12 * HOUR)


@pytest.mark.parametrize("method", METHODS)
async def test_what_the_vault_signs_fetches_the_object(google: Google, method: Method) -> None:
    org_id = uuid4()
    identity = await identity_of(google, method, org_id)
    bucket = google.issuer.bucket(identity, BUCKET, "europe-west4")
    requests = [UrlRequest("photos/b c+d.txt"), UrlRequest("photos/a.jpg", "HEAD")]
    signed_at = google.clock.now()
    urls = await google.issuer.sign_urls(
        org_id, identity, bucket, requests, signed_at=signed_at, expires_in=HOUR
    )
    async with httpx.AsyncClient() as http:
        answers = [await http.get(urls[0]), await http.head(urls[1]), await http.get(urls[1])]
    assert [answer.status_code for answer in answers] == [200, 200, 403]
    assert answers[0].content == b"some bytes"


async def test_many_urls_come_back_in_order(
    google: Google,
) -> None:
    org_id = uuid4()
    identity = await identity_of(google, "service_account_grant", org_id)
    bucket = google.issuer.bucket(identity, BUCKET, "auto")
    keys = [f"photos/{number}" for number in range(50)]
    urls = await google.issuer.sign_urls(
        org_id,
        identity,
        bucket,
        [UrlRequest(key) for key in keys],
        signed_at=google.clock.now(),
        expires_in=HOUR,
    )
    assert [url.partition("?")[0] for url in urls] == [
        f"{google.world.url}/{BUCKET}/{key}" for key in keys
    ]
    assert len(set(urls)) == 50


class Counting(GoogleCalls):
    """Counts the calls that are under way."""

    now = most = 0

    async def post(self, url: str, body: object = None, *, bearer: SecretStr) -> dict[str, str]:
        self.now += 1
        self.most = max(self.most, self.now)
        await asyncio.sleep(0)
        self.now -= 1
        assert (url.rpartition(":")[2], bearer.get_secret_value()[:4]) == ("signBlob", "ya29")
        assert isinstance(body, dict)
        return {"signedBlob": body["payload"]}


async def test_google_is_asked_for_sixteen_signatures_at_a_time(google: Google) -> None:
    async with httpx.AsyncClient() as http:
        calls = Counting(http)
        signatures = GoogleSignatures(calls, google.tokens)
        account = OrganizationServiceAccount(READER)
        texts = [f"text {number}" for number in range(50)]
        signed = await asyncio.gather(
            signatures.sign(uuid4(), account, texts[:25]),
            signatures.sign(uuid4(), account, texts[25:]),
        )
    assert [each.decode() for batch in signed for each in batch] == texts
    assert calls.most == 16


async def test_one_token_of_a_pool_serves_many_batches_of_signatures(google: Google) -> None:
    org_id = uuid4()
    identity = await identity_of(google, "workload_identity", org_id)
    bucket = google.issuer.bucket(identity, BUCKET, "auto")

    async def sign() -> None:
        await google.issuer.sign_urls(
            org_id,
            identity,
            bucket,
            [UrlRequest("photos/a.jpg")],
            signed_at=google.clock.now(),
            expires_in=HOUR,
        )

    for _ in range(3):
        await sign()
    assert count(google, "/v1/token") == 1
    google.clock.advance(timedelta(minutes=56))
    await sign()
    assert count(google, "/v1/token") == 2


def count(google: Google, path: str) -> int:
    return sum(question.path == path for question in google.world.asked)


async def test_a_busy_iam_is_asked_again(google: Google) -> None:
    org_id = uuid4()
    identity = await identity_of(google, "service_account_grant", org_id)
    reach = reach_of(google, Operation.READ)
    google.world.fail_next("fail", 2)
    await google.issuer.issue(org_id, identity, reach)
    assert len(google.pauses) == 2
    google.world.fail_next("fail", 3)
    with pytest.raises(StorageUnavailableError):
        await google.issuer.issue(org_id, identity, reach)


async def test_what_is_no_answer_is_unavailable(google: Google) -> None:
    org_id = uuid4()
    identity = await identity_of(google, "service_account_key", org_id)
    google.world.fail_next("html")
    with pytest.raises(StorageUnavailableError):
        await google.issuer.issue(org_id, identity, reach_of(google, Operation.READ))


# --- a token that cannot be narrowed -------------------------------------------------------------


async def test_a_boundary_that_the_bucket_does_not_know_is_given_up(
    google: Google, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a bucket without uniform access, where a narrowed token opens nothing."""
    org_id = uuid4()
    identity = await identity_of(google, "service_account_key", org_id)
    monkeypatch.setattr(Caller, "leaves", lambda caller, *_: caller.boundary is None)
    session = await google.issuer.issue(org_id, identity, reach_of(google, Operation.LIST))
    caller = caller_of(google, session)
    assert caller == Caller(READER, frozenset({READ_ONLY}), caller.expires_at)


async def test_a_boundary_that_is_not_taken_is_given_up(
    google: Google, monkeypatch: pytest.MonkeyPatch
) -> None:
    org_id = uuid4()
    identity = await identity_of(google, "service_account_key", org_id)
    monkeypatch.setattr(
        "services.credentials.issuers.gcs.access_boundary", lambda _: '{"accessBoundary": "?"}'
    )
    monkeypatch.setattr("deploy.local.clouds.gcs_identity._narrow", refuse_boundary)
    session = await google.issuer.issue(org_id, identity, reach_of(google, Operation.LIST))
    assert caller_of(google, session).scopes == {READ_ONLY}


def refuse_boundary(*_: object) -> str:
    from deploy.local.clouds.gcs_identity import IdentityError  # noqa: PLC0415

    raise IdentityError(400, "invalid_request", "The access boundary is too large.")


async def test_a_bucket_that_grants_nothing_gets_a_narrow_token(google: Google) -> None:
    org_id = uuid4()
    identity = google.add_key()
    session = await google.issuer.issue(org_id, identity, reach_of(google, Operation.LIST))
    assert caller_of(google, session).boundary is not None


def test_a_bucket_is_addressed_as_its_identity_needs(google: Google) -> None:
    elsewhere = GcsIssuer(
        google.tokens,
        GoogleSignatures(google.calls, google.tokens),
        google.questions,
        google.accounts,
        google.clock,
        storage_endpoint=None,
    )
    account, key = OrganizationServiceAccount(READER), HmacKey("GOOG1E", SecretStr("secret"))
    own, stand_in = "https://storage.googleapis.com", google.world.url
    for issuer, place, xml_place in ((elsewhere, None, own), (google.issuer, stand_in, stand_in)):
        assert issuer.bucket(account, BUCKET, "europe-west4") == Bucket(
            Provider.GCS, BUCKET, "auto", place
        )
        assert issuer.bucket(key, BUCKET, "europe-west4") == Bucket(
            Provider.GCS, BUCKET, "auto", xml_place, path_style=True
        )


# --- HMAC keys -----------------------------------------------------------------------------------


def hmac_key(google: Google) -> HmacKey:
    google.world.add_account(READER)
    access_id, secret = google.world.add_hmac_key(READER)
    google.world.grant(BUCKET, READER)
    return HmacKey(access_id, SecretStr(secret))


async def test_an_hmac_key_is_lent_for_listing_without_asking_anybody(google: Google) -> None:
    key = hmac_key(google)
    session = await google.issuer.issue(uuid4(), key, reach_of(google, Operation.LIST))
    now = google.clock.now()
    keys = SessionKeys(key.access_id, key.secret)
    assert session == Session(keys, None, now, now + 12 * HOUR)
    assert not google.world.asked


async def test_keys_derived_from_an_hmac_key_sign_for_each_day_of_the_session(
    google: Google,
) -> None:
    key = hmac_key(google)
    session = await google.issuer.issue(uuid4(), key, reach_of(google, Operation.READ))
    assert isinstance(session.signing, SigningKeys)
    secret = key.secret.get_secret_value()
    days = session.signing.keys
    assert days == {day: derive_gcs_key(secret, day) for day in days}
    bucket = google.issuer.bucket(key, BUCKET, "auto")
    signed_at = google.clock.now()
    (url,) = presign(
        bucket, session.signing, [UrlRequest("photos/a.jpg")], signed_at=signed_at, expires_in=HOUR
    )
    async with httpx.AsyncClient() as http:
        assert (await http.get(url)).status_code == 200


async def test_the_vault_signs_nothing_for_an_hmac_key(google: Google) -> None:
    key = hmac_key(google)
    bucket = google.issuer.bucket(key, BUCKET, "auto")
    with pytest.raises(InvalidInputError):
        await google.issuer.sign_urls(
            uuid4(), key, bucket, [], signed_at=google.clock.now(), expires_in=HOUR
        )


async def test_only_a_customers_own_key_signs_for_more_than_half_a_day(google: Google) -> None:
    org_id = uuid4()
    requests = [UrlRequest("photos/a.jpg")]
    theirs = await identity_of(google, "service_account_key", org_id)
    ours = await identity_of(google, "service_account_grant", org_id)
    bucket = google.issuer.bucket(ours, BUCKET, "auto")
    signed_at = google.clock.now()
    await google.issuer.sign_urls(
        org_id, theirs, bucket, requests, signed_at=signed_at, expires_in=13 * HOUR
    )
    with pytest.raises(ValueError, match="twelve hours"):
        await google.issuer.sign_urls(
            org_id, ours, bucket, requests, signed_at=signed_at, expires_in=13 * HOUR
        )


# --- two organizations ---------------------------------------------------------------------------


@pytest.mark.parametrize("operation", Operation)
async def test_no_organization_gets_the_service_account_of_another(
    google: Google, operation: Operation
) -> None:
    ours, theirs = uuid4(), uuid4()
    identity = await identity_of(google, "service_account_grant", ours)
    reach = reach_of(google, operation)
    await google.issuer.issue(ours, identity, reach)
    with pytest.raises(CloudIdentityError, match="not the organization's own"):
        await google.issuer.issue(theirs, identity, reach)
    with pytest.raises(CloudIdentityError, match="not the organization's own"):
        await google.issuer.sign_urls(
            theirs,
            identity,
            reach.bucket,
            [UrlRequest("photos/a.jpg")],
            signed_at=google.clock.now(),
            expires_in=HOUR,
        )


@pytest.mark.parametrize("operation", Operation)
async def test_no_organization_gets_through_the_provider_of_another(
    google: Google, operation: Operation
) -> None:
    ours, theirs = uuid4(), uuid4()
    identity = await identity_of(google, "workload_identity", ours)
    reach = reach_of(google, operation)
    await google.issuer.issue(ours, identity, reach)
    with pytest.raises(StorageDeniedError, match="attribute condition"):
        await google.issuer.issue(theirs, identity, reach)
    with pytest.raises(StorageDeniedError, match="attribute condition"):
        await google.issuer.sign_urls(
            theirs,
            identity,
            reach.bucket,
            [UrlRequest("photos/a.jpg")],
            signed_at=google.clock.now(),
            expires_in=HOUR,
        )


async def test_no_organization_acts_as_the_account_of_another_through_its_own_provider(
    google: Google,
) -> None:
    ours, theirs = uuid4(), uuid4()
    identity = await identity_of(google, "workload_identity", ours)
    assert not isinstance(identity, HmacKey | ServiceAccountKey)
    own = google.federate(
        theirs, "other-reader@other-project.iam.gserviceaccount.com", PROVIDER.replace("123", "9")
    )
    stolen = type(own)(identity.email, own.provider)
    with pytest.raises(StorageDeniedError, match="does not let Mooring act for it") as denied:
        await google.issuer.issue(theirs, stolen, reach_of(google, Operation.LIST))
    assert denied.value.members == {"service_account": READER}


async def test_no_organization_acts_as_our_account_of_another_through_its_own_provider(
    google: Google,
) -> None:
    ours, theirs = uuid4(), uuid4()
    granted = await identity_of(google, "service_account_grant", ours)
    assert isinstance(granted, OrganizationServiceAccount)
    own = google.federate(theirs)
    stolen = type(own)(granted.email, own.provider)
    with pytest.raises(StorageDeniedError):
        await google.issuer.issue(theirs, stolen, reach_of(google, Operation.LIST))


async def test_an_account_is_open_to_whom_pool_and_account_let_in(google: Google) -> None:
    org_id = uuid4()
    enforced = google.federate(org_id)
    assert await google.tokens.is_open(org_id, enforced)
    assert not await google.tokens.is_open(uuid4(), enforced)
    open_to_all = google.federate(org_id, enforced=False)
    assert isinstance(google.world.accounts[READER].token_creators, Everybody)
    assert await google.tokens.is_open(uuid4(), open_to_all)


# --- refusals ------------------------------------------------------------------------------------


async def test_a_provider_that_does_not_exist_is_the_customers_matter(google: Google) -> None:
    org_id = uuid4()
    identity = google.federate(org_id)
    google.world.providers.clear()
    with pytest.raises(StorageDeniedError, match="no such provider") as denied:
        await google.issuer.issue(org_id, identity, reach_of(google, Operation.LIST))
    assert denied.value.members == {"workload_provider": PROVIDER}


async def test_a_key_that_google_does_not_know_is_the_customers_matter(google: Google) -> None:
    key = google.add_key()
    google.world.accounts.clear()
    with pytest.raises(StorageDeniedError, match="does not accept the service account's key"):
        await google.issuer.issue(uuid4(), key, reach_of(google, Operation.READ))


async def test_our_own_account_that_refuses_us_is_the_operators_matter(google: Google) -> None:
    org_id = uuid4()
    identity = await identity_of(google, "service_account_grant", org_id)
    google.world.accounts[identity.email].token_creators.clear()  # type: ignore[union-attr]
    with pytest.raises(CloudIdentityError, match="its own service account"):
        await google.issuer.issue(org_id, identity, reach_of(google, Operation.READ))
