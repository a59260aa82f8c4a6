"""Asking beyond the prefix, with answers that the demo cloud does not give."""

from collections.abc import Awaitable, Callable

import httpx
import pytest
from pydantic import SecretStr

from services.credentials.access.aws_grant import AwsGrant
from services.credentials.access.checks import Finding, Status, passed, skipped
from services.credentials.access.scope import ScopeProbe
from services.credentials.access.signed_questions import SignedQuestions
from services.credentials.arns import parse_role_arn
from services.credentials.issuers.base import CustomerRole
from shared.leases import Bucket, SessionKeys
from shared.uris import Provider

ROLE = CustomerRole(parse_role_arn("arn:aws:iam::222222222222:role/reader"), "the-id")
GRANT = AwsGrant(ROLE, "acme-data", "team/")
BUCKET = Bucket(Provider.S3, "acme-data", "eu-central-1")
UNCLEAR = skipped("The store gives no clear answer now: see the check `list`.")
ENDED = "<Error><Code>ExpiredToken</Code></Error>"
DENIED = httpx.Response(403, text="<Error><Code>AccessDenied</Code></Error>")

Answer = Callable[[httpx.Request], httpx.Response]


async def ask(answer: Answer, question: Callable[[ScopeProbe], Awaitable[Finding]]) -> Finding:
    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as http:

        def asking(name: str) -> SignedQuestions:
            return SignedQuestions(http, BUCKET, SessionKeys(name, SecretStr("secret")))

        return await question(ScopeProbe(GRANT, asking("wide"), asking("lent")))


@pytest.mark.parametrize("status", [400, 429, 500, 503])
async def test_a_listing_that_is_neither_granted_nor_refused_proves_nothing(status: int) -> None:
    finding = await ask(lambda _: httpx.Response(status, text=ENDED), ScopeProbe.scope)
    assert finding == UNCLEAR


async def test_a_session_that_ended_does_not_tell_who_may_write() -> None:
    finding = await ask(lambda _: httpx.Response(400, text=ENDED), ScopeProbe.write_refused)
    assert finding == skipped("The session ended meanwhile: see the check `list`.")


async def test_objects_are_asked_for_beside_the_prefix() -> None:
    """What reads `team*` reads `team-b/…`, and says nothing of the rest of the bucket."""
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        wide = "Credential=wide/" in request.headers["Authorization"]
        beside = request.url.path.startswith("/team-")
        return httpx.Response(404) if wide and beside else DENIED

    finding = await ask(answer, ScopeProbe.scope)
    assert [cause.kind.code for cause in finding.causes] == ["reads-outside"]
    assert {"/team-mooring-access-check"} <= set(asked)


async def test_a_refusal_to_list_tells_that_reading_is_allowed() -> None:
    """S3 says so of a key that it does not have, to who may read it and not list the bucket."""
    told = (
        "<Error><Code>AccessDenied</Code><Message>User: reader is not authorized to perform:"
        " s3:ListBucket on resource: acme because no identity-based policy allows the"
        " s3:ListBucket action</Message></Error>"
    )

    def answer(request: httpx.Request) -> httpx.Response:
        wide = "Credential=wide/" in request.headers["Authorization"]
        plain = request.url.path.startswith("/team-") and not request.url.query
        return httpx.Response(403, text=told) if wide and plain else DENIED

    finding = await ask(answer, ScopeProbe.scope)
    assert [cause.kind.code for cause in finding.causes] == ["reads-outside"]


async def test_a_signature_that_does_not_fit_proves_no_refusal() -> None:
    wrong = "<Error><Code>SignatureDoesNotMatch</Code></Error>"
    for question in (ScopeProbe.scope, ScopeProbe.write_refused):
        finding = await ask(lambda _: httpx.Response(403, text=wrong), question)
        assert finding.status is Status.SKIPPED


async def test_a_write_that_a_store_takes_is_no_matter_of_doubt() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        wide = "Credential=wide/" in request.headers["Authorization"]
        return httpx.Response(200) if wide else DENIED

    finding = await ask(answer, ScopeProbe.write_refused)
    assert [cause.kind.code for cause in finding.causes] == ["may-change"]


async def test_what_is_refused_everywhere_passes() -> None:
    finding = await ask(lambda _: DENIED, ScopeProbe.scope)
    assert finding == passed("Listing and reading outside of the prefix are refused.")
