"""Choosing: the lines of a manifest become keys, or rejections that name their line."""

from uuid import uuid4

import pytest

from services.ingest.manifests.choosing import Choice, choose_lines
from services.ingest.manifests.lines import BadLine, BadLineCode, Line
from shared.database.external_locations import ExternalLocation
from shared.database.rejected_keys import Rejection


@pytest.fixture
def location() -> ExternalLocation:
    return ExternalLocation(
        location_id=uuid4(), provider="s3", bucket="customer-images", prefix="photos/"
    )


def test_lines_are_chosen_as_source_files_are(location: ExternalLocation) -> None:
    lines: list[Line | BadLine] = [
        Line(1, "photos/a b+c"),
        Line(2, "s3://customer-images/photos/%41"),
        Line(3, "photos/a b+c"),
        Line(5, "videos/a"),
        Line(6, "s3://another/photos/a"),
        Line(7, "photos/\0"),
        BadLine(8, BadLineCode.NOT_JSON),
        Line(9, "k" * 1025),
        Line(10, "s3://customer-images/"),
        Line(11, "photos/last"),
    ]
    assert choose_lines(location, lines) == Choice(
        keys=["photos/a b+c", "photos/%41", "photos/a b+c", "photos/last"],
        rejections=[
            Rejection(
                b"videos/a",
                "outside-location",
                "Line 5: The key is outside of the location's prefix.",
            ),
            Rejection(
                b"s3://another/photos/a",
                "outside-location",
                "Line 6: The object is in another bucket.",
            ),
            Rejection(b"photos/\0", "key-not-storable", "Line 7: The key holds a NUL character."),
            Rejection(b"line 8", "line-not-json", "Line 8: The line is not JSON."),
            Rejection(
                b"line 9", "line-without-key", "Line 9: A key has at most 1,024 bytes in UTF-8."
            ),
            Rejection(
                b"line 10",
                "line-without-key",
                "Line 10: An object's URI must hold a key after the bucket.",
            ),
        ],
    )


@pytest.mark.parametrize("code", BadLineCode)
def test_each_bad_line_says_in_a_sentence_what_is_wrong(
    location: ExternalLocation, code: BadLineCode
) -> None:
    [rejection] = choose_lines(location, [BadLine(17, code)]).rejections
    assert (rejection.key, rejection.code) == (b"line 17", code.value)
    assert rejection.reason.startswith("Line 17: The line ")
    assert rejection.reason.endswith(".")
