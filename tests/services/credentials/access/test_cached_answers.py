"""Copies that browsers keep, and which of them fail a page that reads with CORS."""

from datetime import timedelta

import httpx
import pytest

from services.credentials.access.cached_answers import freshness, traps_readers
from services.credentials.access.cors_verdicts import LONGEST_LIFE, CorsAnswer

NOW = "Sat, 21 Nov 2026 12:00:00 GMT"
TEN_HOURS_AGO = "Sat, 21 Nov 2026 02:00:00 GMT"
DAYS_AGO = "Mon, 16 Nov 2026 12:00:00 GMT"
MINUTE = timedelta(minutes=1)
LONGEST = timedelta(seconds=LONGEST_LIFE)


def answer(status: int = 200, **headers: str) -> CorsAnswer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return CorsAnswer(status, httpx.Headers({"Date": NOW, **named}))


@pytest.mark.parametrize(
    ("given", "fresh"),
    [
        (answer(Cache_Control="max-age=60"), MINUTE),
        (answer(Cache_Control='private, Max-Age="60"'), MINUTE),
        (answer(Cache_Control="max-age=60", Expires=TEN_HOURS_AGO), MINUTE),
        (answer(Expires="Sat, 21 Nov 2026 12:01:00 GMT"), MINUTE),
        (answer(206, Cache_Control="max-age=60"), MINUTE),
        (answer(Cache_Control=f"max-age={'0' * 5_000}60"), MINUTE),
        (answer(Cache_Control="max-age=99999999999"), LONGEST),
        (answer(Cache_Control=f"max-age={'9' * 5_000}"), LONGEST),
    ],
)
def test_an_answer_is_fresh_for_as_long_as_it_says(given: CorsAnswer, fresh: timedelta) -> None:
    assert freshness(given) == fresh


@pytest.mark.parametrize(
    "given",
    [
        answer(),
        answer(Cache_Control="no-store, max-age=60"),
        answer(Cache_Control="no-cache", Last_Modified=TEN_HOURS_AGO),
        answer(Cache_Control="max-age=soon"),
        answer(Cache_Control="must-revalidate", Last_Modified=TEN_HOURS_AGO),
        answer(Expires="0", Last_Modified=TEN_HOURS_AGO),
        answer(Expires=TEN_HOURS_AGO),
        answer(Expires="Sat, 21 Nov 2026 12:01:00 GMT", Date="now"),
        answer(Expires="tomorrow"),
        answer(Expires="Sat, 21 Nov 99999999999999999999 12:00:00 GMT"),
        answer(Expires="Sat, 21 Nov 2026 12:01:00 GMT", Date=f"Sat, 21 Nov {10**30} 12:00:00 GMT"),
        answer(Last_Modified=TEN_HOURS_AGO),
        answer(Last_Modified=DAYS_AGO),
        answer(404, Cache_Control="max-age=60"),
    ],
)
def test_an_answer_that_must_be_asked_for_again_is_not_fresh(given: CorsAnswer) -> None:
    assert freshness(given) == timedelta(0)


def test_a_copy_without_cors_that_is_kept_fails_readers() -> None:
    assert traps_readers(answer(Cache_Control="max-age=600"))
    assert traps_readers(answer(Cache_Control="max-age=600", Vary="Accept-Encoding"))


@pytest.mark.parametrize(
    "given",
    [
        answer(Cache_Control="max-age=600", Vary="Accept-Encoding, origin"),
        answer(Cache_Control="max-age=600", Vary="*"),
        answer(Cache_Control="max-age=600", Access_Control_Allow_Origin="*"),
        answer(Cache_Control="max-age=59"),
        answer(Cache_Control="no-store"),
        answer(Last_Modified=DAYS_AGO),
    ],
)
def test_a_copy_that_allows_depends_on_the_origin_or_is_not_kept_does_not(
    given: CorsAnswer,
) -> None:
    assert not traps_readers(given)
