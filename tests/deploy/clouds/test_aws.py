"""The demo cloud is the right version, and what is in it survives."""

import sys
from pathlib import Path

import pytest

from deploy.local.clouds import aws as cloud_module
from deploy.local.clouds.aws import start_aws
from deploy.local.errors import LocalStackError
from tests.deploy.scripts import running
from tests.emulators.customer import allow, assume, policy

linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has leashes")

SERVE = """
import signal, sys
from pathlib import Path
from deploy.local.clouds.aws import start_aws
with start_aws(Path(sys.argv[1])) as cloud:
    cloud.client("s3", cloud.customer).create_bucket(Bucket="kept")
    print((Path(sys.argv[1]) / "run" / "cloud.pid").read_text().split()[0], flush=True)
    signal.pause()
"""


def test_another_version_is_refused_in_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "lib" / "python3.11" / "site-packages" / "ministack-1.4.21.dist-info"
    package.mkdir(parents=True)
    (package / "METADATA").write_text("Metadata-Version: 2.1\nName: ministack\nVersion: 1.4.21\n")
    monkeypatch.setattr(cloud_module, "ENVIRONMENT", tmp_path)
    with pytest.raises(LocalStackError) as refused, start_aws(tmp_path / "data"):
        pass
    assert str(refused.value) == (
        "The demo cloud needs ministack 1.5.33, but .venv-cloud has 1.4.21: run `make setup`."
    )


def test_no_version_at_all_is_told_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cloud_module, "ENVIRONMENT", tmp_path)
    with pytest.raises(LocalStackError) as refused, start_aws(tmp_path / "data"):
        pass
    assert str(refused.value) == (
        "The demo cloud is not installed: run `make setup`, or set MOORING_DEMO=off to start "
        "without it."
    )


def test_objects_users_roles_and_sessions_survive_a_restart(tmp_path: Path) -> None:
    everything = policy(allow(Action="*", Resource="*"))
    with start_aws(tmp_path) as cloud:
        before = cloud
        iam = cloud.client("iam", cloud.vendor)
        trust = policy(allow(Principal={"AWS": cloud.principal_arn}, Action="sts:AssumeRole"))
        role = iam.create_role(RoleName="reader", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
        iam.put_role_policy(RoleName="reader", PolicyName="all", PolicyDocument=everything)
        s3 = cloud.client("s3", cloud.vendor)
        s3.create_bucket(Bucket="kept")
        s3.put_object(Bucket="kept", Key="/a//b é", Body=b"kept")
        session = assume(cloud.client("sts", cloud.vault), role)
    with start_aws(tmp_path) as cloud:
        assert (cloud.principal_arn, cloud.vault) == (before.principal_arn, before.vault)
        body = cloud.client("s3", session).get_object(Bucket="kept", Key="/a//b é")["Body"]
        assert body.read() == b"kept"


@linux
def test_a_killed_parent_leaves_no_cloud_and_what_is_in_it(tmp_path: Path) -> None:
    with running(SERVE, str(tmp_path)) as parent:
        server = parent.read_process()
        parent.kill()
    with start_aws(tmp_path) as cloud:  # at once, while the other one still saves
        assert not server.is_alive()
        buckets = cloud.client("s3", cloud.customer).list_buckets()["Buckets"]
        assert [one["Name"] for one in buckets] == ["kept"]


def test_a_lost_state_means_new_keys_and_not_a_failure(tmp_path: Path) -> None:
    with start_aws(tmp_path) as cloud:
        before = cloud.vault
    (tmp_path / "cloud" / "state" / "iam.json").unlink()
    with start_aws(tmp_path) as cloud:
        assert cloud.vault != before
        identity = cloud.client("sts", cloud.vault).get_caller_identity()
        assert identity["Arn"] == cloud.principal_arn
