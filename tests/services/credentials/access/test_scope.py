"""What must be refused: it is what no location of the credential is about, and not more."""

import httpx

from services.credentials.setup.policies import permission_policy
from tests.conftest import Tenant
from tests.services.credentials.connecting import check_of, connect, post, verify
from tests.services.credentials.customer import Customer


async def test_a_grant_for_another_location_of_the_bucket_is_not_too_much(
    http: httpx.AsyncClient, tenant: Tenant, customer: Customer
) -> None:
    body = await connect(http, tenant, customer)
    customer.permit(permission_policy("aws", customer.bucket, ""))
    alone = check_of(await verify(http, tenant, body), "scope")
    assert (alone["status"], [cause["code"] for cause in alone["causes"]]) == (
        "failed",
        ["lists-outside", "reads-outside"],
    )
    whole = {**body, "uri": f"s3://{customer.bucket}/"}
    await post(http, tenant, "/v1/locations", whole)
    both = check_of(await verify(http, tenant, body), "scope")
    assert both["status"] == "passed"
