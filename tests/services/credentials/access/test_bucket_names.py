"""Whether an identity sees the names of buckets, which some stores answer to everybody."""

import httpx
import pytest
from pydantic import SecretStr

from services.credentials.access.aws_grant import AwsGrant
from services.credentials.access.causes import CauseKind
from services.credentials.access.scope import ScopeProbe
from services.credentials.access.signed_questions import SignedQuestions
from services.credentials.issuers.base import AccessKey
from services.credentials.setup.stores import CEPH
from shared.leases import Bucket, SessionKeys
from shared.uris import Provider

STORE = "https://s3.example"
KEY = AccessKey("AKIA", SecretStr("secret"), STORE, "default", path_style=True)


def listing(*names: str) -> httpx.Response:
    buckets = "".join(f"<Bucket><Name>{name}</Name></Bucket>" for name in names)
    return httpx.Response(
        200,
        text='<ListAllMyBucketsResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
        f"<Owner><ID>reader</ID></Owner><Buckets>{buckets}</Buckets></ListAllMyBucketsResult>",
    )


@pytest.mark.parametrize(
    ("answer", "causes"),
    [
        pytest.param(listing(), [], id="none"),
        pytest.param(listing("acme"), [CauseKind.LISTS_BUCKETS], id="one"),
        pytest.param(
            listing(*map(str, range(1_000))), [CauseKind.LISTS_BUCKETS], id="more than is read"
        ),
        pytest.param(httpx.Response(403), [], id="refused"),
        pytest.param(httpx.Response(200, text="<html>Please log in</html>"), [], id="no listing"),
    ],
)
async def test_who_is_shown_the_name_of_a_bucket_sees_too_much(
    answer: httpx.Response, causes: list[CauseKind]
) -> None:
    async with httpx.AsyncClient(transport=httpx.MockTransport(lambda _: answer)) as http:
        bucket = Bucket(Provider.S3, "acme", "default", STORE, path_style=True)
        keys = SessionKeys("AKIA", SecretStr("secret"))
        wide = SignedQuestions(http, bucket, keys)
        finding = await ScopeProbe(AwsGrant(KEY, "acme", "", CEPH), wide, None).scope()
    assert [cause.kind for cause in finding.causes] == causes
    assert finding.is_failed is bool(causes)
