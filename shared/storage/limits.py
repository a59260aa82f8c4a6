"""Limits: how much of a customer's server we bear before a listing counts as broken."""

from dataclasses import dataclass
from datetime import timedelta

LARGEST_ANSWER = 8 * 1024 * 1024  # a page of 1,000 keys of 1,024 bytes is 4 MB, URL-encoded


@dataclass(frozen=True, slots=True)
class Limits:
    """The patience with one listing.

    `request` bounds a request with its retries and its body: a page over many delete markers takes
    S3 more than a minute. `search` bounds the pages in a row that bring no key to resume from, and
    is a session's usual life. `empty_pages` are such pages without any key, `undecodable` the keys
    that no text can hold between two that it can.
    """

    request: timedelta = timedelta(seconds=120)
    search: timedelta = timedelta(hours=1)
    empty_pages: int = 1_000
    undecodable: int = 100_000
