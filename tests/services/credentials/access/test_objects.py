"""Checks of the objects: samples are spread, and a KMS key that refuses is told from a policy."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Self
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError

from services.credentials.access.checks import Status
from services.credentials.access.objects import SAMPLES, choose_samples, judge_page, read_samples
from services.credentials.access.subjects import Subject
from services.credentials.arns import parse_role_arn
from services.credentials.issuers.base import CustomerRole
from shared.errors import (
    ObjectArchivedError,
    ObjectNotFoundError,
    StorageDeniedError,
    StorageError,
    StorageThrottledError,
)
from shared.storage.base import ListingPage, ObjectRow, UndecodableKey

ROLE = CustomerRole(parse_role_arn("arn:aws:iam::222222222222:role/reader"), "the-id")
SUBJECT = Subject(uuid4(), ROLE, "acme-data", "photos/", (), "eu-central-1")
THEN = datetime(2026, 11, 1, tzinfo=UTC)


def row(key: str, size: int = 1, storage_class: str = "STANDARD") -> ObjectRow:
    return ObjectRow(key, size, "e", THEN, storage_class)


def page(*rows: ObjectRow, last: str | None = None) -> ListingPage:
    return ListingPage(None, last, list(rows), [])


class FakeStore:
    """Answers reads with what a function says about the key."""

    def __init__(self, answer: Callable[[str], StorageError | None]) -> None:
        self._answer = answer
        self.read: list[str] = []

    async def read_range(self, key: str, start: int, length: int) -> bytes:
        assert (start, length) == (0, 1)
        self.read.append(key)
        error = self._answer(key)
        if error is not None:
            raise error
        return b"x"

    def list_pages(
        self, prefix: str, *, after: str | None = None, page_size: int = 1_000
    ) -> AsyncIterator[ListingPage]:
        raise NotImplementedError

    async def find_object(self, key: str) -> ObjectRow | None:
        raise NotImplementedError

    async def close(self) -> None: ...

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None: ...


def denied(code: str = "AccessDenied", message: str = "Access Denied") -> StorageDeniedError:
    error = StorageDeniedError("The object store denied access.")
    error.__cause__ = ClientError({"Error": {"Code": code, "Message": message}}, "GetObject")
    return error


def test_samples_are_spread_over_the_page() -> None:
    rows = [row(f"photos/{number:03}") for number in range(100)]
    chosen = [sample.key for sample in choose_samples(page(*rows))]
    assert chosen == [f"photos/{number:03}" for number in (0, 20, 40, 60, 80)]
    assert len(chosen) == SAMPLES


def test_markers_empty_and_archived_objects_are_not_sampled() -> None:
    rows = [
        row("photos/", 0),
        row("photos/a", 0),
        row("photos/b/", 5),
        row("photos/c", 5, "DEEP_ARCHIVE"),
        row("photos/d", 5, "GLACIER_IR"),
    ]
    assert choose_samples(page(*rows)) == [rows[4]]
    assert choose_samples(page()) == []


def test_a_page_is_told_in_a_sentence() -> None:
    one = row("photos/a")
    undecodable = UndecodableKey(b"\xff", "key-not-utf8", "The key is not valid UTF-8.")
    for given, sentence in (
        (page(), "Listing works, and nothing is below the prefix yet."),
        (page(one), "Listing works: 1 object below the prefix."),
        (page(one, one, last="photos/a"), "Listing works: 2 objects and more below the prefix."),
        (ListingPage(None, None, [], [undecodable]), "Listing works: 1 object below the prefix."),
    ):
        assert (judge_page(given).status, judge_page(given).sentence) == (Status.PASSED, sentence)


async def test_every_sample_is_read_by_one_byte() -> None:
    store = FakeStore(lambda _: None)
    finding = await read_samples(store, [row("photos/a"), row("photos/b")], SUBJECT)
    assert sorted(store.read) == ["photos/a", "photos/b"]
    assert finding.sentence == "Reading works: 2 of 2 sampled objects."


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (
            "AccessDenied",
            "User: arn:aws:sts::2:assumed-role/reader/x is not authorized to perform: kms:Decrypt",
        ),
        ("KMS.DisabledException", "the-key-arn is disabled."),
    ],
)
async def test_a_kms_key_that_refuses_is_named_with_both_statements(
    code: str, message: str
) -> None:
    store = FakeStore(lambda _: denied(code, message))
    finding = await read_samples(store, [row("photos/a")], SUBJECT)
    assert finding.status is Status.FAILED
    assert "encrypted with a KMS key" in finding.sentence
    assert "assumed-role" not in finding.sentence
    assert finding.remedy is not None
    assert finding.remedy.documents["kms_key_policy_statement"]["Principal"] == {
        "AWS": "arn:aws:iam::222222222222:role/reader"
    }
    assert set(finding.remedy.documents) == {"permission_policy", "kms_key_policy_statement"}


async def test_a_policy_that_refuses_mentions_kms_as_a_possibility_only() -> None:
    store = FakeStore(lambda key: denied() if key == "photos/a" else None)
    finding = await read_samples(store, [row("photos/a"), row("photos/b")], SUBJECT)
    assert finding.sentence == ("1 of 2 sampled objects can be read: access to the rest is denied.")


async def test_objects_that_went_or_were_archived_meanwhile_prove_nothing() -> None:
    answers = {"photos/a": ObjectNotFoundError("gone"), "photos/b": ObjectArchivedError("cold")}
    samples = [row("photos/a"), row("photos/b")]
    assert (await read_samples(FakeStore(answers.get), samples, SUBJECT)).status is Status.SKIPPED
    more = [*samples, row("photos/c")]
    finding = await read_samples(FakeStore(answers.get), more, SUBJECT)
    assert finding.sentence == "Reading works: 1 of 3 sampled objects."


async def test_a_store_that_throttles_is_not_taken_for_one_that_denies() -> None:
    store = FakeStore(lambda _: StorageThrottledError("slow"))
    with pytest.raises(StorageThrottledError):
        await read_samples(store, [row("photos/a")], SUBJECT)
