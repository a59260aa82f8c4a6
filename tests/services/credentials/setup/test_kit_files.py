"""The files of a setup kit: whatever the kit holds, with a README, in the same bytes each time."""

import io
import json
import zipfile
from typing import Any
from uuid import UUID

import pytest
from pydantic import SecretStr

from services.credentials.arns import parse_key_arn, parse_principal_arn, parse_role_arn
from services.credentials.issuers.azure_application import AzureApplication
from services.credentials.issuers.base import (
    AccessKey,
    AccountKey,
    ConsentedTenant,
    CustomerRole,
    FederatedServiceAccount,
    OrganizationRole,
    OrganizationServiceAccount,
)
from services.credentials.setup.aws_kit import StackLinks, make_aws_kit
from services.credentials.setup.azure_kit import make_azure_kit
from services.credentials.setup.gcs_kit import make_gcs_kit
from services.credentials.setup.kit_files import SetupKit, kit_files, zip_files
from services.credentials.setup.stores import R2
from shared.uris import BucketUri

PRINCIPAL = parse_principal_arn("arn:aws:iam::111111111111:user/mooring/mooring-vault")
KMS = [parse_key_arn("arn:aws:kms:eu-central-1:222222222222:key/0e3f")]
ORIGINS = ("https://app.example",)
LINKS = StackLinks("https://s3.amazonaws.com/mooring/role.json", "us-east-1")
S3 = BucketUri.parse_location("s3://acme-data/photos/")
GCS = BucketUri.parse_location("gs://acme-data/photos/")
AZURE = BucketUri.parse_location("az://acmeimages/photos/team/")
SUFFIX = "core.windows.net"

ROLE = CustomerRole(parse_role_arn("arn:aws:iam::222222222222:role/team/reader"), "the-id")
OURS = OrganizationRole(parse_role_arn("arn:aws:iam::111111111111:role/mooring/mooring-1"), "1")
KEY = AccessKey("AKIA", SecretStr("the secret"), "https://s3.example", "auto", path_style=True)
READER = FederatedServiceAccount(
    "reader@acme-project.iam.gserviceaccount.com",
    "projects/1/locations/global/workloadIdentityPools/acme-pool/providers/acme-provider",
)
ACCOUNT = OrganizationServiceAccount("mooring@vendor-project.iam.gserviceaccount.com")

KITS: dict[str, tuple[SetupKit, BucketUri, list[str]]] = {
    "assume_role": (
        make_aws_kit(ROLE, S3, ORIGINS, PRINCIPAL, keys=KMS, links=LINKS),
        S3,
        [
            "setup.sh",
            "template.json",
            "main.tf",
            "trust-policy.json",
            "permission-policy.json",
            "kms-key-policy-statement.json",
            "cors.json",
        ],
    ),
    "organization_role": (
        make_aws_kit(OURS, S3, (), None),
        S3,
        ["setup.sh", "main.tf", "bucket-policy.json"],
    ),
    "access_key": (
        make_aws_kit(KEY, S3, ORIGINS, None, store=R2),
        S3,
        ["setup.sh", "cors.json"],
    ),
    "workload_identity": (
        make_gcs_kit(READER, GCS, ORIGINS, org_id=UUID(int=7), issuer="https://vault.example"),
        GCS,
        [
            "setup.sh",
            "main.tf",
            "workload-provider.json",
            "service-account-binding.json",
            "bucket-binding.json",
            "cors.json",
        ],
    ),
    "service_account_grant": (
        make_gcs_kit(ACCOUNT, GCS, (), org_id=UUID(int=7), issuer=None),
        GCS,
        ["setup.sh", "main.tf", "bucket-binding.json"],
    ),
    "tenant_consent": (
        make_azure_kit(
            ConsentedTenant(UUID(int=1), SUFFIX),
            AZURE,
            ORIGINS,
            AzureApplication(UUID(int=2), SecretStr("the secret"), "https://vault.example"),
        ),
        AZURE,
        ["setup.sh", "main.tf", "cors-rule.hcl", "role-assignments.json", "cors.json"],
    ),
    "account_key": (
        make_azure_kit(AccountKey("acmeimages", SecretStr("the secret"), SUFFIX), AZURE, (), None),
        AZURE,
        ["setup.sh"],
    ),
}


@pytest.mark.parametrize("method", KITS)
def test_a_kit_becomes_its_files_and_a_readme_that_names_each(method: str) -> None:
    kit, uri, names = KITS[method]
    files = kit_files(kit, uri)
    assert list(files) == ["README.md", *names]
    readme = files["README.md"]
    assert [name for name in names if f"- `{name}`: " not in readme] == []
    assert f'    "{uri}"\n' in readme
    assert files["setup.sh"] == kit.script
    assert "the secret" not in str(files)
    for name, content in files.items():
        if name.endswith(".json"):
            assert content.isascii()
            field = name.removesuffix(".json").replace("-", "_")
            field = "cloudformation" if name == "template.json" else field
            held: Any = getattr(kit, field)
            assert json.loads(content) == (held["cors"] if uri is GCS and field == "cors" else held)


def test_the_readme_of_a_role_says_all_that_must_be_known() -> None:
    kit, uri, _ = KITS["assume_role"]
    readme = kit_files(kit, uri)["README.md"]
    for told in (
        "- Role: `arn:aws:iam::222222222222:role/team/reader`",
        "- Principal that it trusts: `arn:aws:iam::111111111111:user/mooring/mooring-vault`",
        "- ExternalId: `the-id`",
        "- Longest session of the role, in seconds: `43200`",
        f"<{kit_url('assume_role')}>",
    ):
        assert told in readme


def kit_url(method: str) -> str:
    url: str = KITS[method][0].quick_create_url  # type: ignore[union-attr,assignment]
    return url


def test_the_readme_holds_the_steps_and_the_advice_of_a_kit() -> None:
    azure, uri, _ = KITS["tenant_consent"]
    readme = kit_files(azure, uri)["README.md"]
    steps = azure.steps  # type: ignore[union-attr]
    assert [step for step in steps if f"1. {step}" not in readme] == []
    kit, uri, _ = KITS["access_key"]
    assert kit.advice in kit_files(kit, uri)["README.md"]  # type: ignore[union-attr,operator]


def test_a_prefix_cannot_write_into_the_readme() -> None:
    uri = BucketUri.parse_location("s3://acme-data/a\n# Run this\n`rm`\n<b>/")
    readme = kit_files(make_aws_kit(OURS, uri, (), None), uri)["README.md"]
    assert "\n# Run" not in readme
    assert [line for line in readme.splitlines() if "Run this" in line] == [
        '    "s3://acme-data/a\\n# Run this\\n`rm`\\n<b>/"'
    ]


@pytest.mark.parametrize("method", KITS)
def test_a_download_is_the_same_bytes_each_time_and_holds_the_files(method: str) -> None:
    kit, uri, _ = KITS[method]
    files = kit_files(kit, uri)
    first, again = zip_files(files), zip_files(kit_files(kit, uri))
    assert first == again
    with zipfile.ZipFile(io.BytesIO(first)) as archive:
        assert archive.testzip() is None
        found = {info.filename: archive.read(info).decode() for info in archive.infolist()}
        modes = {info.filename: info.external_attr >> 16 & 0o777 for info in archive.infolist()}
    assert found == files
    assert modes == {name: 0o755 if name == "setup.sh" else 0o644 for name in files}
