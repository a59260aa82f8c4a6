"""Checks of the objects: samples are spread, and a KMS key that refuses is told from a policy."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial

import pytest
from botocore.exceptions import ClientError

from services.credentials.access.aws_grant import AwsGrant
from services.credentials.access.aws_refusals import explain_unread
from services.credentials.access.aws_remedies import AwsRemedies
from services.credentials.access.causes import CauseKind
from services.credentials.access.checks import Cause, Finding, Status, passed, skipped, warning
from services.credentials.access.encryption import judge_encryption
from services.credentials.access.objects import (
    MOST_ROUNDS,
    SAMPLES,
    Reading,
    Sample,
    choose_samples,
    judge_archived,
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

ROLE = CustomerRole(parse_role_arn("arn:aws:iam::222222222222:role/reader"), "the-id")
REMEDIES = AwsRemedies(AwsGrant(ROLE, "acme-data", "photos/"))
EXPLAIN = partial(explain_unread, REMEDIES)
THEN = datetime(2026, 11, 1, tzinfo=UTC)


def row(key: str, size: int = 1, storage_class: str = "STANDARD") -> ObjectRow:
    return ObjectRow(key, size, "e", THEN, storage_class)


def page(*rows: ObjectRow, last: str | None = None) -> ListingPage:
    return ListingPage(None, last, list(rows), [])


class FakeReader:
    """Answers reads with what a function says about the key."""

    def __init__(self, answer: Callable[[str], StorageError | None]) -> None:
        self._answer = answer
        self.read: list[str] = []

    async def __call__(self, row: ObjectRow) -> Sample:
        self.read.append(row.key)
        return Sample(row, self._answer(row.key))


async def read(
    reader: FakeReader, samples: Sequence[ObjectRow]
) -> tuple[Finding, ObjectRow | None]:
    reading = await read_samples(reader, [samples], EXPLAIN)
    return reading.finding, reading.readable


def works(read: int, asked: int) -> Finding:
    finding = passed(f"Reading works: {read} of {asked} sampled objects.")
    return finding.measuring(read=read, asked=asked)


def denied(code: str = "AccessDenied", message: str = "Access Denied") -> StorageDeniedError:
    error = StorageDeniedError("The object store denied access.")
    error.__cause__ = ClientError({"Error": {"Code": code, "Message": message}}, "GetObject")
    return error


def test_samples_are_spread_over_the_page_in_every_round() -> None:
    rows = [row(f"photos/{number:03}") for number in range(100)]
    rounds = [[sample.key for sample in samples] for samples in choose_samples(rows)]
    assert rounds[0] == [f"photos/{number:03}" for number in range(0, 100, 7)]
    assert rounds[1] == [f"photos/{number:03}" for number in range(1, 100, 7)]
    assert len(rounds[0]) <= SAMPLES
    assert sorted(key for samples in rounds for key in samples) == [each.key for each in rows]


@pytest.mark.parametrize("count", range(1, 45))
def test_each_readable_object_is_in_one_round(count: int) -> None:
    rows = [row(f"photos/{number:03}") for number in range(count)]
    rounds = choose_samples(rows)
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
    assert choose_samples(rows) == [[rows[4]]]
    assert choose_samples(rows[:4]) == []
    assert choose_samples([]) == []


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
    reader = FakeReader(lambda _: None)
    samples = [row("photos/a"), row("photos/b")]
    reading = await read_samples(reader, [samples, [row("photos/c")]], EXPLAIN)
    assert sorted(reader.read) == ["photos/a", "photos/b"]
    assert reading == Reading(works(2, 2), [Sample(each, None) for each in samples])


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
async def test_a_kms_key_that_refuses_is_the_matter_of_the_check_of_encryption(
    code: str, message: str
) -> None:
    reader = FakeReader(lambda _: denied(code, message))
    reading = await read_samples(reader, [[row("photos/a")]], EXPLAIN)
    assert reading.finding == skipped(
        "0 of 1 sampled objects can be read; the rest need a KMS key: see the check `encryption`."
    ).measuring(read=0, asked=1)
    ((key, finding),) = judge_encryption(REMEDIES, reading.samples)
    assert (key, finding.status) == (None, Status.FAILED)
    assert "assumed-role" not in finding.sentence


async def test_a_refusal_that_gives_no_reason_has_all_causes_that_fit() -> None:
    reader = FakeReader(lambda key: denied() if key == "photos/a" else None)
    samples = [row("photos/a"), row("photos/b")]
    finding, sample = await read(reader, samples)
    assert finding.sentence == (
        "1 of 2 sampled objects can be read: access to others is denied, as `photos/a`."
    )
    assert [(each.kind, each.confidence.value) for each in finding.causes] == [
        (CauseKind.READ_NOT_GRANTED, "likely"),
        (CauseKind.DENIED_BY_BUCKET, "possible"),
        (CauseKind.KMS_KEY_POLICY, "possible"),
        (CauseKind.OBJECT_OWNER, "possible"),
        (CauseKind.DENIED_ABOVE, "possible"),
    ]
    assert sample == samples[1]


def test_keys_that_a_url_does_not_keep_are_not_sampled() -> None:
    kept = row("photos/a..b/.c")
    hard = [row(f"photos/{each}") for each in (".", "..", "./a", "a/../b", "a/.")]
    assert choose_samples([*hard, kept]) == [[kept]]


def test_archived_objects_are_counted_whether_listed_or_tried() -> None:
    rows = [row("photos/a", 1, "GLACIER"), row("photos/b"), row("photos/c")]
    tried = [Sample(rows[1], ObjectArchivedError("cold")), Sample(rows[2], None)]
    assert judge_archived(rows, tried) == warning(
        "2 of 3 objects that were seen are archived, as `photos/a`, `photos/b`: they are imported,"
        " and cannot be read until they are restored.",
        Cause(CauseKind.ARCHIVED, "Restore the objects, or leave them out of imports."),
    ).measuring(archived=2, seen=3)
    assert judge_archived(rows[1:], tried[1:]).status is Status.PASSED


async def test_objects_that_went_or_were_archived_meanwhile_prove_nothing() -> None:
    answers = {"photos/a": ObjectNotFoundError("gone"), "photos/b": ObjectArchivedError("cold")}
    samples = [row("photos/a"), row("photos/b")]
    assert await read(FakeReader(answers.get), samples) == (
        warning(
            "Reading could not be tried: the objects that were sampled are archived or have just "
            "been removed."
        ),
        None,
    )
    more = [*samples, row("photos/c")]
    assert await read(FakeReader(answers.get), more) == (
        works(1, 3),
        more[2],
    )


async def test_archived_objects_are_passed_over_until_one_can_be_read() -> None:
    """As in the archive tiers of INTELLIGENT_TIERING, of which a listing says nothing."""
    rows = [row(f"photos/{number:02}") for number in range(30)]
    reader = FakeReader(lambda key: None if key == "photos/27" else ObjectArchivedError("cold"))
    reading = await read_samples(reader, choose_samples(rows), EXPLAIN)
    assert reading.finding == works(1, 15)
    assert reading.readable == rows[27]


async def test_a_page_of_archived_objects_is_not_read_to_its_end() -> None:
    rows = [row(f"photos/{number:03}") for number in range(1_000)]
    reader = FakeReader(lambda _: ObjectArchivedError("cold"))
    reading = await read_samples(reader, choose_samples(rows), EXPLAIN)
    assert (reading.finding.status, reading.readable) == (Status.WARNING, None)
    assert len(reader.read) == SAMPLES * MOST_ROUNDS


async def test_a_store_that_throttles_is_not_taken_for_one_that_denies() -> None:
    reader = FakeReader(lambda _: StorageThrottledError("slow"))
    with pytest.raises(StorageThrottledError):
        await read_samples(reader, [[row("photos/a")]], EXPLAIN)
