"""A request to the emulated Cloud Storage as it was sent: signatures are made over its texts."""

from dataclasses import dataclass, field
from typing import Self
from urllib.parse import parse_qsl

from aiohttp import web
from multidict import CIMultiDictProxy


@dataclass(frozen=True)
class Question:
    """`path` and `query` are still encoded, `parameters` are the query's, decoded."""

    method: str
    path: str
    query: str
    headers: CIMultiDictProxy[str]
    body: bytes = b""
    parameters: dict[str, str] = field(default_factory=dict)

    @classmethod
    async def read(cls, request: web.BaseRequest) -> Self:
        path, _, query = request.raw_path.partition("?")
        parameters = dict(parse_qsl(query, keep_blank_values=True))
        body = await request.read()
        return cls(request.method, path, query, request.headers, body, parameters)

    @property
    def authorization(self) -> str:
        return self.headers.get("Authorization", "")
