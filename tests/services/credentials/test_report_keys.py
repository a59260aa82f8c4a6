"""Keys of access reports: one signs, those before stay known and can sign no more."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from pydantic import SecretStr
from sqlalchemy import make_url, text

from deploy.local.postgres import Postgres
from services.credentials.keysets import Keyset
from services.credentials.report_keys import ReportKeys
from shared.clock import FrozenClock
from shared.database.session import Database
from shared.errors import SealBrokenError
from shared.jwks import read_ed25519
from shared.signed_reports import UntrustedReportError, check_report, sign_report
from tests.conftest import NOW
from tests.shared.signing import REPORT, key_set

KEYSET = Keyset("test", {"test": bytes(range(32))})
HOUR = timedelta(hours=1)


@pytest.fixture
async def own_database(own_database_url: SecretStr) -> AsyncIterator[Database]:
    opened = Database(own_database_url)
    yield opened
    await opened.close()


@pytest.fixture
def superuser(own_database_url: SecretStr, postgres: Postgres) -> Iterator[psycopg.Connection[Any]]:
    name = make_url(own_database_url.get_secret_value()).database
    assert name is not None
    with psycopg.connect(postgres.superuser_url(name), autocommit=True) as connection:
        yield connection


@pytest.fixture
def keys(own_database: Database, clock: FrozenClock) -> ReportKeys:
    return ReportKeys(own_database, KEYSET, clock)


async def sign(keys: ReportKeys, clock: FrozenClock) -> bytes:
    signer = await keys.open()
    report = {**REPORT, "signed_at": clock.now().isoformat()}
    return sign_report(report, signer.private, signer.kid).text().encode()


async def publish(keys: ReportKeys) -> bytes:
    return key_set(*await keys.list_public())


async def test_no_key_is_made_before_one_is_needed(keys: ReportKeys) -> None:
    assert await keys.list_public() == []


async def test_a_key_is_published_as_a_jwk_that_names_itself(keys: ReportKeys) -> None:
    signer = await keys.open()
    public = signer.private.public_key()
    [jwk] = await keys.list_public()
    assert jwk == {
        "kty": "OKP",
        "crv": "Ed25519",
        "x": jwk["x"],
        "kid": signer.kid,
        "use": "sig",
        "alg": "EdDSA",
        "iat": int(NOW.timestamp()),
    }
    assert read_ed25519(jwk).public_bytes_raw() == public.public_bytes_raw()


async def test_all_replicas_sign_with_one_key(own_database: Database, clock: FrozenClock) -> None:
    replicas = [ReportKeys(own_database, KEYSET, clock) for _ in range(4)]
    signers = await asyncio.gather(*(replica.open() for replica in replicas))
    assert len({signer.kid for signer in signers}) == 1
    assert len({signer.private.private_bytes_raw() for signer in signers}) == 1
    assert len(await replicas[0].list_public()) == 1


async def test_what_was_signed_before_a_rotation_stays_good(
    keys: ReportKeys, clock: FrozenClock
) -> None:
    before = await sign(keys, clock)
    clock.advance(HOUR)
    await keys.rotate()
    clock.advance(HOUR)
    after = await sign(keys, clock)
    published = await publish(keys)
    kids = [check_report(file, published)["kid"] for file in (after, before)]
    listed: list[Any] = await keys.list_public()
    assert kids == [key["kid"] for key in listed]
    retired = int((NOW + HOUR + timedelta(minutes=1)).timestamp())
    assert [key.get("exp") for key in listed] == [None, retired]


async def test_a_replica_that_kept_the_key_open_signs_with_the_new_one(
    keys: ReportKeys, own_database: Database, clock: FrozenClock
) -> None:
    old = await keys.open()
    await ReportKeys(own_database, KEYSET, clock).rotate()
    new = await keys.open()
    assert new.kid != old.kid


async def test_a_report_that_a_retired_key_signs_later_is_not_trusted(
    keys: ReportKeys, clock: FrozenClock
) -> None:
    stolen = await keys.open()
    await keys.rotate()
    clock.advance(timedelta(minutes=1))
    report = {**REPORT, "signed_at": clock.now().isoformat()}
    begun_before = sign_report(report, stolen.private, stolen.kid).text().encode()
    assert check_report(begun_before, await publish(keys))["kid"] == stolen.kid
    clock.advance(timedelta(seconds=1))
    report["signed_at"] = clock.now().isoformat()
    later = sign_report(report, stolen.private, stolen.kid).text().encode()
    with pytest.raises(UntrustedReportError, match="The key was retired before"):
        check_report(later, await publish(keys))


async def test_two_rotations_at_once_leave_one_key_that_signs(
    own_database: Database, clock: FrozenClock
) -> None:
    replicas = [ReportKeys(own_database, KEYSET, clock) for _ in range(4)]
    await replicas[0].open()
    await asyncio.gather(*(replica.rotate() for replica in replicas))
    signing: list[Any] = [key for key in await replicas[0].list_public() if "exp" not in key]
    assert [key["kid"] for key in signing] == [(await replicas[1].open()).kid]


async def test_a_retired_key_is_erased_and_none_lies_open_in_the_database(
    keys: ReportKeys, superuser: psycopg.Connection[Any]
) -> None:
    private = [(await keys.open()).private.private_bytes_raw()]
    await keys.rotate()
    private.append((await keys.open()).private.private_bytes_raw())
    rows = superuser.execute(
        "SELECT retired_at IS NULL, wrapped, report_key::text FROM report_key"
    ).fetchall()
    assert sorted((signs, wrapped is not None) for signs, wrapped, _ in rows) == [
        (False, False),
        (True, True),
    ]
    assert [key for key in private for *_, row in rows if key.hex() in row] == []


async def test_a_key_does_not_open_without_its_keyset_or_beside_another_public_half(
    keys: ReportKeys, own_database: Database, superuser: psycopg.Connection[Any]
) -> None:
    await keys.open()
    other = Keyset("test", {"test": bytes(32)})
    with pytest.raises(SealBrokenError):
        await ReportKeys(own_database, other, FrozenClock(NOW)).open()
    superuser.execute(
        "UPDATE report_key SET public_key = set_byte(public_key, 0, get_byte(public_key, 0) # 1)"
    )
    with pytest.raises(SealBrokenError):
        await ReportKeys(own_database, KEYSET, FrozenClock(NOW)).open()


async def test_a_key_that_cannot_be_opened_any_more_is_replaced_by_a_rotation(
    keys: ReportKeys, own_database: Database, clock: FrozenClock
) -> None:
    before = await sign(keys, clock)
    other = ReportKeys(own_database, Keyset("new", {"new": bytes(32)}), clock)
    with pytest.raises(SealBrokenError):
        await other.open()
    await other.rotate()
    after = await sign(other, clock)
    published = await publish(other)
    assert len({check_report(file, published)["kid"] for file in (before, after)}) == 2


async def test_no_organization_sees_the_keys(keys: ReportKeys, own_database: Database) -> None:
    await keys.open()
    async with own_database.begin(uuid4()) as session:
        seen = (await session.execute(text("SELECT count(*) FROM report_key"))).scalar_one()
    assert seen == 0


async def test_no_private_key_is_in_what_is_shown_of_a_signer(keys: ReportKeys) -> None:
    assert "private" not in repr(await keys.open())
