"""The setup kit for S3 as Terraform: the documents of the kit, and nothing of others' replaced."""

import json
import os
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from deploy.local.clouds.aws import AwsCloud
from services.credentials.arns import parse_key_arn, parse_principal_arn, parse_role_arn
from services.credentials.issuers.base import AccessKey, AwsIdentity, CustomerRole, OrganizationRole
from services.credentials.setup.aws_kit import AwsKit, make_aws_kit
from services.credentials.setup.hcl import hcl_text, hcl_texts
from services.credentials.setup.policies import policy
from shared.uris import BucketUri
from tests.services.credentials.customer import REGION, Customer

PRINCIPAL = parse_principal_arn("arn:aws:iam::111111111111:user/mooring/mooring-vault")
ROLE = CustomerRole(parse_role_arn("arn:aws:iam::222222222222:role/team/reader"), "the-id")
OURS = OrganizationRole(parse_role_arn("arn:aws:iam::111111111111:role/mooring/mooring-1"), "1")
KEY = AccessKey(
    "AKIA", SecretStr("the secret"), "https://s3.amazonaws.com", "eu-central-1", path_style=True
)
IDENTITIES: list[AwsIdentity] = [ROLE, OURS, KEY]
KMS = [parse_key_arn("arn:aws:kms:eu-central-1:222222222222:key/0e3f")]
URI = BucketUri.parse_location("s3://acme-data/photos/")
NASTY = BucketUri.parse_location("s3://acme-data/a'b\"c${d}%{e}$${f}\\ JSON &{g} *?é/")
ORIGINS = ("https://app.example", "http://localhost:3000")
TERRAFORM = shutil.which("terraform")
PLUGINS = os.environ.get("TF_PLUGIN_DIR")
"""Where there is a copy of the provider: nothing is fetched for a test."""


def kit_for(identity: AwsIdentity, uri: BucketUri = URI) -> AwsKit:
    return make_aws_kit(identity, uri, ORIGINS, PRINCIPAL, keys=KMS)


def terraform_of(identity: AwsIdentity, uri: BucketUri = URI) -> str:
    text = kit_for(identity, uri).terraform
    assert text is not None
    return text


def documents(text: str) -> list[Any]:
    """Return the documents in heredocs, as Terraform reads them."""
    found = re.findall(r"<<-JSON\n(.*?)\n *JSON\n", text, re.DOTALL)
    return [json.loads(re.sub(r"([$%])\1(?=\{)", r"\1", each)) for each in found]


@pytest.mark.parametrize("uri", [URI, NASTY])
def test_terraform_holds_the_documents_of_the_kit(uri: BucketUri) -> None:
    role, ours, key = (kit_for(identity, uri) for identity in IDENTITIES)
    assert documents(terraform_of(ROLE, uri)) == [
        role.trust_policy,
        role.permission_policy,
        {"Version": "2012-10-17", "Statement": [role.kms_key_policy_statement]},
    ]
    assert documents(terraform_of(OURS, uri)) == [
        ours.bucket_policy,
        {"Version": "2012-10-17", "Statement": [ours.kms_key_policy_statement]},
    ]
    assert documents(terraform_of(KEY, uri)) == [key.permission_policy]


@pytest.mark.parametrize("identity", IDENTITIES)
def test_no_template_is_left_that_terraform_would_fill(identity: AwsIdentity) -> None:
    text = terraform_of(identity, NASTY)
    open_ones = re.findall(r"(?<![$%])[$%](?:\$\$|%%)*\{", text)
    assert open_ones == []


def test_terraform_makes_the_role_of_the_kit_in_its_account() -> None:
    text = terraform_of(ROLE)
    for value in ("reader", "/team/", "222222222222", "43200", *ORIGINS, str(KMS[0])):
        assert value in text
    assert hcl_texts(list(ORIGINS)) in text


def test_without_origins_or_keys_there_is_nothing_of_them() -> None:
    text = make_aws_kit(ROLE, URI, (), PRINCIPAL).terraform
    assert text is not None
    assert "cors" not in text
    assert "kms" not in text


def test_a_customer_must_say_what_a_resource_would_replace() -> None:
    variables = re.findall(
        r'variable "mooring_[0-9a-f]{8}_(\w+)" \{(.*?)\n\}', terraform_of(OURS), re.DOTALL
    )
    assert [name for name, _ in variables] == ["policy", "has_cors"]
    assert not any("default" in body for _, body in variables)
    assert "prevent_destroy = true" in terraform_of(OURS)


def test_resources_of_two_locations_have_two_names_and_share_the_role() -> None:
    texts = [
        terraform_of(ROLE, BucketUri.parse_location(uri))
        for uri in ("s3://acme-data/photos/", "s3://acme-data/videos/")
    ]
    policies = {re.findall(r'"aws_iam_role_policy" "(\w+)"', text)[0] for text in texts}
    roles = {re.findall(r'"aws_iam_role" "(\w+)"', text)[0] for text in texts}
    assert (len(policies), len(roles)) == (2, 1)


@pytest.mark.parametrize("prefix", ["日本/", "e\u0301/", "a\x01b/", "a\nb/", "\u202e/"])
def test_a_prefix_that_terraform_would_change_has_none_and_the_kit_says_so(prefix: str) -> None:
    kit = kit_for(ROLE, BucketUri.parse_location(f"s3://acme-data/{prefix}"))
    assert (kit.terraform, kit.cloudformation) == (None, None)
    assert kit.advice is not None
    assert kit.advice.startswith("Terraform and CloudFormation cannot write")
    assert kit_for(ROLE, NASTY).advice is None


def terraform(directory: Path, *words: str) -> subprocess.CompletedProcess[str]:
    assert TERRAFORM is not None
    return subprocess.run(
        [TERRAFORM, *words],
        cwd=directory,
        env={"PATH": "/usr/bin:/bin", "HOME": str(directory), "CHECKPOINT_DISABLE": "1"},
        capture_output=True,
        check=False,
        text=True,
    )


@pytest.mark.skipif(TERRAFORM is None, reason="There is no terraform on this machine.")
@pytest.mark.parametrize("uri", [URI, NASTY])
@pytest.mark.parametrize("identity", IDENTITIES)
def test_terraform_reads_it_and_finds_nothing_to_format(
    tmp_path: Path, identity: AwsIdentity, uri: BucketUri
) -> None:
    (tmp_path / "main.tf").write_text(terraform_of(identity, uri))
    ended = terraform(tmp_path, "fmt", "-check", "-diff", "main.tf")
    assert (ended.returncode, ended.stdout) == (0, ""), ended.stderr


@pytest.mark.skipif(TERRAFORM is None, reason="There is no terraform on this machine.")
def test_terraform_reads_the_same_text_from_a_document(tmp_path: Path) -> None:
    kit = kit_for(OURS, NASTY)
    heredoc = re.findall(r"(<<-JSON\n.*?\n *JSON\n)", terraform_of(OURS, NASTY), re.DOTALL)[0]
    (tmp_path / "main.tf").write_text(f"locals {{\n  document = {heredoc}}}\n")
    asked = "jsonencode(jsondecode(local.document))"
    ended = subprocess.run(
        [str(TERRAFORM), "console"],
        cwd=tmp_path,
        env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "CHECKPOINT_DISABLE": "1"},
        input=asked,
        capture_output=True,
        check=False,
        text=True,
    )
    printed = ended.stdout.strip()
    assert json.loads(json.loads(printed.replace("$${", "${").replace("%%{", "%{"))) == (
        kit.bucket_policy
    ), ended.stderr


@pytest.mark.skipif(TERRAFORM is None or PLUGINS is None, reason="There is no provider here.")
@pytest.mark.parametrize("identity", IDENTITIES)
def test_the_provider_finds_it_valid(tmp_path: Path, identity: AwsIdentity) -> None:
    (tmp_path / "main.tf").write_text(terraform_of(identity, NASTY))
    assert terraform(tmp_path, "init", f"-plugin-dir={PLUGINS}").returncode == 0
    ended = terraform(tmp_path, "validate", "-json")
    assert json.loads(ended.stdout)["diagnostics"] == [], ended.stdout
    assert hcl_text("acme-data") in (tmp_path / "main.tf").read_text()


@pytest.mark.skipif(TERRAFORM is None or PLUGINS is None, reason="There is no provider here.")
def test_applied_it_keeps_the_statements_of_others_and_once_is_enough(
    tmp_path: Path, cloud: AwsCloud, customer: Customer
) -> None:
    theirs: Any = {
        "Sid": "Theirs",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": f"arn:aws:s3:::{customer.bucket}/*",
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    customer.s3.put_bucket_policy(Bucket=customer.bucket, Policy=json.dumps(policy(theirs)))
    kit = kit_for(OURS, replace(NASTY, bucket=customer.bucket))
    (tmp_path / "main.tf").write_text(str(kit.terraform))
    (tmp_path / "provider.tf").write_text(provider(cloud))
    (name,) = re.findall(r'variable "(mooring_\w+)_policy"', str(kit.terraform))
    chosen = [f"-var={name}_policy=others", f"-var={name}_has_cors=false"]
    assert terraform(tmp_path, "init", f"-plugin-dir={PLUGINS}").returncode == 0
    ended = terraform(tmp_path, "apply", "-auto-approve", *chosen)
    assert ended.returncode == 0, ended.stderr
    assert terraform(tmp_path, "plan", "-detailed-exitcode", *chosen).returncode == 0
    found = json.loads(customer.s3.get_bucket_policy(Bucket=customer.bucket)["Policy"])
    ours: Any = kit.bucket_policy
    assert found == policy(theirs, *ours["Statement"])
    (rule,) = customer.s3.get_bucket_cors(Bucket=customer.bucket)["CORSRules"]
    assert (rule["ID"], set(rule["AllowedOrigins"])) == ("mooring", set(ORIGINS))


def provider(cloud: AwsCloud) -> str:
    endpoints = "".join(f'    {name} = "{cloud.endpoint}"\n' for name in ("s3", "iam", "sts"))
    return f"""
provider "aws" {{
  region                      = "{REGION}"
  access_key                  = "{cloud.customer.access_key_id}"
  secret_key                  = "{cloud.customer.secret_access_key}"
  skip_metadata_api_check     = true
  s3_use_path_style           = true
  endpoints {{
{endpoints}  }}
}}
"""
