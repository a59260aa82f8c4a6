"""Secrets that are watched: in which forms one could come out, and where it did."""

import json
import re
from base64 import b64encode, urlsafe_b64encode
from dataclasses import dataclass, field
from functools import cache
from urllib.parse import quote

import httpx

# What no log and no table holds of anybody, known to the tests or not.
PATTERNS = {
    "a presigned URL": re.compile(r"X-Amz-(?:Signature|Security-Token)=(?!\[cut\])", re.IGNORECASE),
    "an API key": re.compile(r"mrg_[0-9a-f]{32}_[0-9a-f]{32}_"),
    "a browser check's link": re.compile(r"mbc_[0-9a-f]{32}_[0-9a-f]{32}_"),
    "a webhook's secret": re.compile(r"whsec_[A-Za-z0-9+/]"),
    "a JSON Web Token": re.compile(r"eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\."),
    "a bearer": re.compile(r"bearer (?!\[cut\])\S{16,}", re.IGNORECASE),
    "a login": re.compile(r"postgres(?:ql)?(?:\+\w+)?://[^:/\s]+:(?!\[cut\]|\*\*\*)[^@\s]+@"),
}


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret, and the beginnings of the paths whose answers may hold it."""

    text: str = field(repr=False)
    shown_by: tuple[str, ...] = ()


@cache
def forms(secret: str) -> frozenset[str]:
    """Return how the secret looks as it is and encoded, also as a part of something longer."""
    raw = secret.encode()
    texts = {secret, quote(secret, safe=""), json.dumps(secret)[1:-1]}
    for start in range(3):  # base64 looks another way at each place within three bytes
        whole = raw[start : len(raw) - (len(raw) - start) % 3]
        texts |= {b64encode(whole).decode(), urlsafe_b64encode(whole).decode()}
    return frozenset(texts | {text.encode().hex() for text in texts})


def holds(text: str, secret: str) -> bool:
    return any(form in text for form in forms(secret))


@dataclass(frozen=True, slots=True)
class Answer:
    """What a service answered, headers and all."""

    method: str
    path: str
    status: int
    text: str = field(repr=False)


class Recorder:
    """Keeps every answer that the clients get which it watches."""

    def __init__(self) -> None:
        self.answers: list[Answer] = []

    def watch(self, client: httpx.Client) -> httpx.Client:
        client.event_hooks = {"response": [self._record]}
        return client

    def showing(self, secret: str) -> list[Answer]:
        return [answer for answer in self.answers if holds(answer.text, secret)]

    def _record(self, response: httpx.Response) -> None:
        response.read()
        request = response.request
        text = f"{response.headers.multi_items()}\n{response.text}"
        self.answers.append(Answer(request.method, request.url.path, response.status_code, text))
