"""Signed URLs as browsers use them, with answers that our clouds do not give."""

from collections.abc import Callable

import httpx
import pytest

from services.credentials.access.browsers import BrowserChecks, SignedUrl, UrlRefusal
from services.credentials.access.causes import CauseKind
from services.credentials.access.checks import Cause, Finding, Status, failed
from services.credentials.access.probes import Probes
from shared.errors import StorageError, StorageThrottledError, StorageUnavailableError
from shared.leases import Bucket
from shared.uris import Provider

SIGNED = SignedUrl(
    Bucket(Provider.S3, "acme-data", "us-east-1", "https://s3.example", path_style=True),
    "https://s3.example/acme-data/photos/a.jpg?X-Amz-Signature=5e",
)
AGED = SignedUrl(SIGNED.bucket, f"{SIGNED.url}-of-before")
Answer = Callable[[httpx.Request], httpx.Response]


def explain(refusal: UrlRefusal) -> Finding:
    assert refusal.message == ""
    kind = CauseKind.SIGNATURE_AGE if refusal.only_aged else CauseKind.PRESIGNED_DENIED
    return failed(f"{refusal.status} {refusal.code}", Cause(kind, "Look at the bucket's policy."))


def checks(answer: Answer) -> BrowserChecks:
    guarded = httpx.AsyncClient(transport=httpx.MockTransport(answer))

    def forbidden(request: httpx.Request) -> httpx.Response:
        raise AssertionError(f"{request.url} was not asked through the guard")

    direct = httpx.AsyncClient(transport=httpx.MockTransport(forbidden))
    return BrowserChecks(Probes(guarded, direct))


@pytest.mark.parametrize("status", [200, 206])
async def test_a_presigned_url_that_fetches_passes_and_the_object_is_not_read(status: int) -> None:
    class Endless(httpx.AsyncByteStream):
        def __aiter__(self) -> "Endless":
            return self

        async def __anext__(self) -> bytes:
            raise AssertionError("the object was read")

    answer = httpx.Response(status, stream=Endless())
    finding = await checks(lambda _: answer).sign(SIGNED, AGED, explain)
    assert finding.status is Status.PASSED


@pytest.mark.parametrize(
    ("status", "body", "who"),
    [
        (301, b"<Error><Code>PermanentRedirect</Code></Error>", "operator"),
        (400, b"<Error><Code>AuthorizationHeaderMalformed</Code></Error>", "operator"),
        (403, b"<Error><Code>AccessDenied</Code></Error>", "customer"),
        (403, b"", "customer"),
        (403, b"x" * 1_000_000, "customer"),
    ],
)
async def test_a_presigned_url_that_is_refused_fails(status: int, body: bytes, who: str) -> None:
    answering = checks(lambda _: httpx.Response(status, content=body))
    finding = await answering.sign(SIGNED, AGED, explain)
    assert finding.status is Status.FAILED
    assert finding.likeliest is not None
    assert finding.likeliest.kind.who == who


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (429, StorageThrottledError),
        (503, StorageThrottledError),
        (500, StorageUnavailableError),
        (502, StorageUnavailableError),
    ],
)
async def test_a_store_that_is_busy_refuses_no_presigned_url(
    status: int, kind: type[StorageError]
) -> None:
    with pytest.raises(kind):
        await checks(lambda _: httpx.Response(status)).sign(SIGNED, None, explain)


async def test_a_store_that_cannot_be_reached_is_unavailable() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("no", request=request)

    with pytest.raises(StorageUnavailableError):
        await checks(answer).sign(SIGNED, AGED, explain)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (206, None),
        (403, CauseKind.SIGNATURE_AGE),
        (400, CauseKind.SIGNATURE_AGE),
        (429, None),
        (503, None),
    ],
)
async def test_a_url_of_some_minutes_ago_is_tried_when_one_that_was_just_signed_works(
    status: int, kind: CauseKind | None
) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(status if str(request.url) == AGED.url else 206)

    finding = await checks(answer).sign(SIGNED, AGED, explain)
    assert (finding.likeliest and finding.likeliest.kind) == kind
    assert (await checks(answer).sign(SIGNED, None, explain)).status is Status.PASSED


def test_a_signed_url_does_not_show_its_signature() -> None:
    assert "Signature" not in repr(SIGNED)
