"""Problems as tests compare them."""

import httpx

from tests.shared.sample import PROBLEM


def members(answer: httpx.Response) -> dict[str, object]:
    """Return the problem without its request id, checked to be a problem of this answer."""
    assert answer.headers["content-type"] == PROBLEM
    document: dict[str, object] = answer.json()
    assert document.pop("request_id") == answer.headers["x-request-id"]
    assert document["status"] == answer.status_code
    return document
