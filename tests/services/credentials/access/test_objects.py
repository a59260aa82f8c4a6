"""Checks of the objects: samples are spread, and a KMS key that refuses is told from a policy."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial

import pytest
from botocore.exceptions import ClientError

from services.credentials.access.aws_refusals import AwsGrant, explain_unread
from services.credentials.access.checks import Finding, Status, passed, warning
from services.credentials.access.objects import (
    MOST_ROUNDS,
    SAMPLES,
    Reading,
    choose_samples,
    judge_page,
    read_samples,
    why_no_sample,
)
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
from shared.storage.memory import MemoryStore

ROLE = CustomerRole(parse_role_arn("arn:aws:iam::222222222222:role/reader"), "the-id")
EXPLAIN = partial(explain_unread, AwsGrant(ROLE, "acme-data", "photos/"))
THEN = datetime(2026, 11, 1, tzinfo=UTC)


def row(key: str, size: int = 1, storage_class: str = "STANDARD") -> ObjectRow:
    return ObjectRow(key, size, "e", THEN, storage_class)


def page(*rows: ObjectRow, last: str | None = None) -> ListingPage:
    return ListingPage(None, last, list(rows), [])


class FakeStore(MemoryStore):
    """Answers reads with what a function says about the key."""

    def __init__(self, answer: Callable[[str], StorageError | None]) -> None:
        super().__init__()
        self._answer = answer
        self.read: list[str] = []

    async def read_range(self, key: str, start: int, length: int) -> bytes:
        assert (start, length) == (0, 1)
        self.read.append(key)
        error = self._answer(key)
        if error is not None:
            raise error
        return b"x"


async def read(store: FakeStore, samples: Sequence[ObjectRow]) -> tuple[Finding, ObjectRow | None]:
    reading = await read_samples(store, [samples], EXPLAIN)
    return reading.finding, reading.sample


def denied(code: str = "AccessDenied", message: str = "Access Denied") -> StorageDeniedError:
    error = StorageDeniedError("The object store denied access.")
    error.__cause__ = ClientError({"Error": {"Code": code, "Message": message}}, "GetObject")
    return error


def test_samples_are_spread_over_the_page_in_every_round() -> None:
    rows = [row(f"photos/{number:03}") for number in range(100)]
    rounds = [[sample.key for sample in samples] for samples in choose_samples(page(*rows))]
    assert rounds[0] == [f"photos/{number:03}" for number in (0, 20, 40, 60, 80)]
    assert rounds[1] == [f"photos/{number:03}" for number in (1, 21, 41, 61, 81)]
    assert len(rounds[0]) == SAMPLES
    assert sorted(key for samples in rounds for key in samples) == [each.key for each in rows]


@pytest.mark.parametrize("count", range(1, 13))
def test_each_readable_object_is_in_one_round(count: int) -> None:
    rows = [row(f"photos/{number:03}") for number in range(count)]
    rounds = choose_samples(page(*rows))
    assert sorted(sample.key for samples in rounds for sample in samples) == [
        each.key for each in rows
    ]
    assert all(1 <= len(samples) <= SAMPLES for samples in rounds)


def test_markers_empty_and_archived_objects_are_not_sampled() -> None:
    rows = [
        row("photos/", 0),
        row("photos/a", 0),
        row("photos/b/", 5),
        row("photos/c", 5, "DEEP_ARCHIVE"),
        row("photos/d", 5, "GLACIER_IR"),
    ]
    assert choose_samples(page(*rows)) == [[rows[4]]]
    assert choose_samples(page(*rows[:4])) == []
    assert choose_samples(page()) == []


def test_a_page_without_a_sample_says_what_it_shows() -> None:
    only_markers = "the first page of the prefix shows only markers, empty and archived objects"
    assert why_no_sample(page(row("photos/", 0))) == only_markers
    assert why_no_sample(page()) == "nothing is below the prefix yet"


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
    samples = [row("photos/a"), row("photos/b")]
    reading = await read_samples(store, [samples, [row("photos/c")]], EXPLAIN)
    assert sorted(store.read) == ["photos/a", "photos/b"]
    assert reading == Reading(passed("Reading works: 2 of 2 sampled objects."), samples[0])


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
    reading = await read_samples(store, [[row("photos/a")]], EXPLAIN)
    finding = reading.finding
    assert finding.status is Status.FAILED
    assert "encrypted with a KMS key" in finding.sentence
    assert "assumed-role" not in finding.sentence
    assert finding.likeliest is not None
    assert finding.likeliest.documents["kms_key_policy_statement"]["Principal"] == {
        "AWS": "arn:aws:iam::222222222222:role/reader"
    }
    assert set(finding.likeliest.documents) == {"permission_policy", "kms_key_policy_statement"}


async def test_a_policy_that_refuses_mentions_kms_as_a_possibility_only() -> None:
    store = FakeStore(lambda key: denied() if key == "photos/a" else None)
    samples = [row("photos/a"), row("photos/b")]
    finding, sample = await read(store, samples)
    assert finding.sentence == "1 of 2 sampled objects can be read: access to the rest is denied."
    assert sample == samples[1]


async def test_objects_that_went_or_were_archived_meanwhile_prove_nothing() -> None:
    answers = {"photos/a": ObjectNotFoundError("gone"), "photos/b": ObjectArchivedError("cold")}
    samples = [row("photos/a"), row("photos/b")]
    assert await read(FakeStore(answers.get), samples) == (
        warning(
            "Reading could not be tried: the objects that were sampled are archived or have just "
            "been removed."
        ),
        None,
    )
    more = [*samples, row("photos/c")]
    assert await read(FakeStore(answers.get), more) == (
        passed("Reading works: 1 of 3 sampled objects."),
        more[2],
    )


async def test_archived_objects_are_passed_over_until_one_can_be_read() -> None:
    """As in the archive tiers of INTELLIGENT_TIERING, of which a listing says nothing."""
    rows = [row(f"photos/{number:02}") for number in range(30)]
    store = FakeStore(lambda key: None if key == "photos/27" else ObjectArchivedError("cold"))
    reading = await read_samples(store, choose_samples(page(*rows)), EXPLAIN)
    assert reading == Reading(passed("Reading works: 1 of 5 sampled objects."), rows[27])


async def test_a_page_of_archived_objects_is_not_read_to_its_end() -> None:
    rows = [row(f"photos/{number:03}") for number in range(1_000)]
    store = FakeStore(lambda _: ObjectArchivedError("cold"))
    reading = await read_samples(store, choose_samples(page(*rows)), EXPLAIN)
    assert (reading.finding.status, reading.sample) == (Status.WARNING, None)
    assert len(store.read) == SAMPLES * MOST_ROUNDS


async def test_a_store_that_throttles_is_not_taken_for_one_that_denies() -> None:
    store = FakeStore(lambda _: StorageThrottledError("slow"))
    with pytest.raises(StorageThrottledError):
        await read_samples(store, [[row("photos/a")]], EXPLAIN)
