"""The clouds of a start: those that were chosen, where they say that they are, until its end."""

import ssl
from pathlib import Path

import httpx
import pytest

from deploy.local.clouds.addresses import note_addresses, noted_addresses
from deploy.local.clouds.started import start_clouds
from deploy.local.errors import LocalStackError
from deploy.local.settings import LocalSettings
from shared.uris import Provider


def settings_of(data_dir: Path, *chosen: Provider) -> LocalSettings:
    return LocalSettings(data_dir=data_dir, demo=chosen)


def test_without_a_demo_no_cloud_starts(tmp_path: Path) -> None:
    with start_clouds(settings_of(tmp_path)) as clouds:
        assert [*clouds] == []
    assert [*tmp_path.iterdir()] == []


def test_what_was_chosen_answers_until_the_end_and_the_rest_does_not_start(tmp_path: Path) -> None:
    with start_clouds(settings_of(tmp_path, Provider.GCS)) as clouds:
        (google,) = clouds
        assert (google, clouds.aws, clouds.azure) == (clouds.google, None, None)
        missing = httpx.get(f"{google.endpoint}/no-such-bucket", trust_env=False)
        assert missing.status_code == httpx.codes.NOT_FOUND
    with pytest.raises(httpx.ConnectError):
        httpx.get(google.endpoint, trust_env=False)


def test_azure_is_trusted_with_one_file_that_holds_the_usual_authorities_and_no_key(
    tmp_path: Path,
) -> None:
    with start_clouds(settings_of(tmp_path, Provider.AZURE)) as clouds:
        azure = clouds.azure
        assert azure is not None
        tls = ssl.create_default_context(cafile=azure.certificates)
        tenant = azure.entra.add_tenant()
        for url in (azure.endpoint, f"{azure.entra.authority}/{tenant}/discovery/v2.0/keys"):
            httpx.get(url, verify=tls, trust_env=False)  # whatever it says, it may say
        usual = httpx.create_ssl_context().get_ca_certs(binary_form=True)
        trusted = tls.get_ca_certs(binary_form=True)
        assert {*usual} < {*trusted}
        assert "PRIVATE KEY" not in azure.certificates.read_text()


def test_a_cloud_whose_process_has_ended_is_noticed(tmp_path: Path) -> None:
    with start_clouds(settings_of(tmp_path, Provider.AZURE)) as clouds:
        azure = clouds.azure
        assert azure is not None
        azure.check()
        (child,) = azure.azurite.processes._children
        child.process.kill()
        child.process.wait()
        with pytest.raises(LocalStackError, match=r"^The azurite stopped \(signal SIGKILL\)\."):
            azure.check()


def test_where_clouds_are_is_noted_for_others(tmp_path: Path) -> None:
    with start_clouds(settings_of(tmp_path, Provider.GCS)) as clouds:
        note_addresses(tmp_path, clouds)
        (google,) = clouds
    assert noted_addresses(tmp_path) == {"Google Cloud Storage": google.endpoint}
    note_addresses(tmp_path, [])
    assert noted_addresses(tmp_path) == {}
