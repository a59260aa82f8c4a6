"""What is a customer's choice is guarded, and what is a cloud's own is not."""

import pytest

from shared.egress import EgressGuard
from shared.errors import EndpointNotAllowedError
from shared.leases import Bucket
from shared.storage.guarding import is_guarded, require_allowed
from shared.uris import Provider


def at(provider: Provider, endpoint: str | None) -> Bucket:
    return Bucket(provider, "acme/photos", "auto", endpoint)


@pytest.mark.parametrize("provider", Provider)
def test_a_clouds_own_address_is_not_guarded(provider: Provider) -> None:
    bucket = at(provider, None)
    assert not is_guarded(bucket)
    require_allowed(bucket, EgressGuard(allow_private=False))


@pytest.mark.parametrize(
    "suffix", ["core.windows.net", "core.usgovcloudapi.net", "core.chinacloudapi.cn"]
)
def test_no_cloud_of_azures_is_guarded(suffix: str) -> None:
    bucket = at(Provider.AZURE, f"https://acme.blob.{suffix}")
    assert not is_guarded(bucket)
    require_allowed(bucket, EgressGuard(allow_private=False))


@pytest.mark.parametrize("provider", [Provider.S3, Provider.GCS])
def test_an_address_of_azures_is_another_stores_choice(provider: Provider) -> None:
    assert is_guarded(at(provider, "https://acme.blob.core.windows.net"))


@pytest.mark.parametrize("provider", Provider)
@pytest.mark.parametrize(
    "host", ["store.example", "blob.core.windows.net.example", "acmeblob.core.windows.net"]
)
def test_any_other_address_is_guarded(provider: Provider, host: str) -> None:
    bucket = at(provider, f"https://{host}")
    assert is_guarded(bucket)
    require_allowed(bucket, EgressGuard(allow_private=False))


def test_only_an_account_of_azure_has_a_path_in_its_address() -> None:
    guard = EgressGuard(allow_private=True)
    require_allowed(at(Provider.AZURE, "https://127.0.0.1:10000/acme"), guard)
    for provider in (Provider.S3, Provider.GCS):
        with pytest.raises(EndpointNotAllowedError):
            require_allowed(at(provider, "https://127.0.0.1:10000/acme"), guard)


@pytest.mark.parametrize("provider", Provider)
def test_a_private_address_is_not_allowed(provider: Provider) -> None:
    with pytest.raises(EndpointNotAllowedError):
        require_allowed(at(provider, "https://10.0.0.1"), EgressGuard(allow_private=False))
