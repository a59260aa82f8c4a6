"""Fetching a presigned URL as it stands, with every character that was signed."""

from collections.abc import Mapping

import aiohttp
from yarl import URL


async def fetch(
    http: aiohttp.ClientSession, url: str, method: str = "GET", **headers: str
) -> tuple[int, bytes, Mapping[str, str]]:
    """Send a path as it stands, as URLs are signed; a browser's may differ for `.` and `..`."""
    async with http.request(method, URL(url, encoded=True), headers=headers) as answer:
        return answer.status, await answer.read(), answer.headers
