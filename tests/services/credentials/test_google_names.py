"""Names of Google Cloud: read exactly, and nothing else is let near a URL or a script."""

import pytest

from services.credentials.google_names import (
    PoolProvider,
    ServiceAccountEmail,
    is_service_account,
    parse_provider,
    parse_service_account,
)
from shared.errors import InvalidInputError

PROVIDER = "projects/123456/locations/global/workloadIdentityPools/pool-1/providers/mooring"


@pytest.mark.parametrize(
    ("text", "name", "project"),
    [
        ("reader@acme-project.iam.gserviceaccount.com", "reader", "acme-project"),
        ("re-ader1@acme.example.com.iam.gserviceaccount.com", "re-ader1", None),
        ("reader@project.example.com.iam.gserviceaccount.com", "reader", "example.com:project"),
    ],
)
def test_an_address_is_a_name_and_a_project(text: str, name: str, project: str | None) -> None:
    if project is None:
        with pytest.raises(InvalidInputError):
            parse_service_account(text)
        return
    email = parse_service_account(text)
    assert (email.name, email.project, str(email)) == (name, project, text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "reader@acme-project.iam.gserviceaccount.com\n",
        "reader@acme-project.iam.gserviceaccount.com:signBlob",
        "a/../b@acme-project.iam.gserviceaccount.com",
        "Reader@acme-project.iam.gserviceaccount.com",
        "reader@acme-project.iam.gserviceaccount.com.evil.example",
        "1234-compute@developer.gserviceaccount.com",
        "someone@example.com",
        "$(id)@acme-project.iam.gserviceaccount.com",
    ],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        parse_service_account(text)
    assert refused.value.members == {"field": "service_account"}


def test_a_provider_is_a_project_a_pool_and_a_name() -> None:
    provider = parse_provider(PROVIDER)
    assert provider == PoolProvider("123456", "pool-1", "mooring")
    assert str(provider) == PROVIDER
    assert provider.pool_path == PROVIDER.removesuffix("/providers/mooring")


@pytest.mark.parametrize(
    "text",
    [
        "",
        f"//iam.googleapis.com/{PROVIDER}",
        f"{PROVIDER}/",
        f"{PROVIDER}\n",
        PROVIDER.replace("123456", "acme-project"),
        PROVIDER.replace("global", "europe-west4"),
        PROVIDER.replace("pool-1", "p"),
        PROVIDER.replace("pool-1", "pool/../x"),
        PROVIDER.replace("pool-1", "POOL"),
    ],
)
def test_what_is_no_provider_is_refused(text: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        parse_provider(text)
    assert refused.value.members == {"field": "workload_provider"}


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("reader@acme-project.iam.gserviceaccount.com", True),
        ("1234-compute@developer.gserviceaccount.com", True),
        ("acme-project@appspot.gserviceaccount.com", True),
        ("someone@example.com", False),
        ("reader@gserviceaccount.com.example.com", False),
        ("a/b@appspot.gserviceaccount.com", False),
        ("reader@acme-project.iam.gserviceaccount.com\n", False),
    ],
)
def test_an_account_that_google_made_is_one_too(text: str, *, is_one: bool) -> None:
    assert is_service_account(text) is is_one


def test_an_address_can_be_put_together() -> None:
    email = ServiceAccountEmail("reader", "acme-project")
    assert parse_service_account(str(email)) == email
