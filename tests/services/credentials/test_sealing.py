"""Sealing: what is sealed opens in its own place only, and with its own organization's key."""

import asyncio
import dataclasses
import os
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.credentials.keysets import Keyset
from services.credentials.sealing import Sealed, SealedPlace, Sealer
from shared.database.data_keys import DataKey, find_newest_data_key
from shared.database.session import Database
from shared.errors import SealBrokenError
from tests.conftest import Tenant, add_tenant

KEYSET = Keyset("2026", {"2026": os.urandom(32)})

places = st.builds(
    SealedPlace,
    org_id=st.uuids(),
    row=st.text(max_size=40),
    field=st.text(max_size=20),
    version=st.integers(min_value=0, max_value=2**31 - 1),
)


@given(one=places, other=places)
def test_two_places_never_share_their_canonical_bytes(one: SealedPlace, other: SealedPlace) -> None:
    assert (one.canonical() == other.canonical()) == (one == other)


@given(org_id=st.uuids(), text=st.text(min_size=1, max_size=10), cut=st.integers(0, 10))
def test_a_character_that_moves_from_row_to_field_makes_another_place(
    org_id: UUID, text: str, cut: int
) -> None:
    whole = SealedPlace(org_id, text, "", 1)
    moved = SealedPlace(org_id, text[:cut], text[cut:], 1)
    assert (whole.canonical() == moved.canonical()) == (cut >= len(text))


@pytest.fixture(scope="module")
async def home(database: Database) -> Tenant:
    return await add_tenant(database)


@pytest.fixture(scope="module")
def sealer(database: Database) -> Sealer:
    return Sealer(database, KEYSET)


def place_of(tenant: Tenant) -> SealedPlace:
    return SealedPlace(tenant.org_id, "row-1", "secret", 1)


async def test_any_bytes_open_as_they_were_sealed(sealer: Sealer, home: Tenant) -> None:
    for plain in (b"", b"\0", b"secret", os.urandom(10_000)):
        sealed = await sealer.seal(place_of(home), plain)
        assert await sealer.open(place_of(home), sealed) == plain


async def test_no_two_sealings_are_alike(sealer: Sealer, home: Tenant) -> None:
    sealed = [(await sealer.seal(place_of(home), b"secret")).ciphertext for _ in range(50)]
    assert len(set(sealed)) == 50
    assert all(b"secret" not in each for each in sealed)


@pytest.mark.parametrize(
    "moved",
    [
        {"row": "row-2"},
        {"field": "other"},
        {"version": 2},
        {"org_id": UUID(int=7)},
    ],
)
async def test_a_secret_does_not_open_in_another_place(
    sealer: Sealer, home: Tenant, moved: dict[str, object]
) -> None:
    sealed = await sealer.seal(place_of(home), b"secret")
    with pytest.raises(SealBrokenError):
        await sealer.open(dataclasses.replace(place_of(home), **moved), sealed)  # type: ignore[arg-type]


async def test_every_altered_byte_is_noticed(sealer: Sealer, home: Tenant) -> None:
    sealed = await sealer.seal(place_of(home), b"secret")
    for at in range(len(sealed.ciphertext)):
        altered = bytearray(sealed.ciphertext)
        altered[at] ^= 1
        with pytest.raises(SealBrokenError):
            await sealer.open(place_of(home), Sealed(sealed.data_key_id, bytes(altered)))
    for length in range(len(sealed.ciphertext)):
        with pytest.raises(SealBrokenError):
            await sealer.open(
                place_of(home), Sealed(sealed.data_key_id, sealed.ciphertext[:length])
            )


async def test_each_organization_has_a_data_key_of_its_own(
    sealer: Sealer, home: Tenant, other_tenant: Tenant
) -> None:
    mine = await sealer.seal(place_of(home), b"secret")
    theirs = await sealer.seal(place_of(other_tenant), b"secret")
    assert mine.data_key_id != theirs.data_key_id
    with pytest.raises(SealBrokenError):
        await sealer.open(place_of(home), theirs)


async def test_replicas_that_seal_first_together_agree_on_one_data_key(
    database: Database, tenant: Tenant
) -> None:
    replicas = [Sealer(database, KEYSET) for _ in range(8)]
    sealed = await asyncio.gather(*(each.seal(place_of(tenant), b"secret") for each in replicas))
    assert len({each.data_key_id for each in sealed}) == 1


async def test_a_data_key_put_into_another_organization_does_not_open(
    sealer: Sealer, database: Database, home: Tenant, tenant: Tenant
) -> None:
    await sealer.seal(place_of(home), b"secret")
    async with database.begin(home.org_id) as session:
        stolen = await find_newest_data_key(session)
    assert stolen is not None
    async with database.begin(tenant.org_id) as session:
        session.add(
            DataKey(
                org_id=tenant.org_id,
                key_encryption_key=stolen.key_encryption_key,
                wrapped=stolen.wrapped,
            )
        )
    with pytest.raises(SealBrokenError):
        await Sealer(database, KEYSET).seal(place_of(tenant), b"secret")


async def test_a_new_primary_key_still_opens_what_the_old_one_wrapped(
    database: Database, tenant: Tenant
) -> None:
    sealed = await Sealer(database, KEYSET).seal(place_of(tenant), b"secret")
    turned = Keyset("2027", {**KEYSET.keys, "2027": os.urandom(32)})
    assert await Sealer(database, turned).open(place_of(tenant), sealed) == b"secret"
    lost = Keyset("2027", {"2027": os.urandom(32)})
    with pytest.raises(SealBrokenError):
        await Sealer(database, lost).open(place_of(tenant), sealed)
