"""Setup kits: what each method needs, and a script that adds and never overwrites."""

import json
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from pydantic import SecretStr

from services.credentials.arns import parse_principal_arn, parse_role_arn
from services.credentials.issuers.base import AccessKey, AwsIdentity, CustomerRole, OrganizationRole
from services.credentials.setup.aws_kit import AwsKit, make_aws_kit
from services.credentials.setup.cors import cors_rules
from services.credentials.setup.policies import bucket_policy, permission_policy, trust_policy
from shared.errors import CloudIdentityError
from shared.uris import BucketUri

PRINCIPAL = parse_principal_arn("arn:aws:iam::111111111111:user/mooring/mooring-vault")
ROLE = CustomerRole(parse_role_arn("arn:aws:iam::222222222222:role/team/reader"), "the-id")
OURS = OrganizationRole(parse_role_arn("arn:aws:iam::111111111111:role/mooring/mooring-1"), "1")
KEY = AccessKey("AKIA", SecretStr("the secret"), "https://s3.example", "auto", path_style=True)
URI = BucketUri.parse_location("s3://acme-data/photos/")
ORIGINS = ("https://app.example", "http://localhost:3000")
BASH = shutil.which("bash") or "/bin/bash"


def kit_for(identity: AwsIdentity, uri: BucketUri = URI) -> AwsKit:
    return make_aws_kit(identity, uri, ORIGINS, PRINCIPAL)


def test_a_customers_role_needs_trust_permission_and_cors() -> None:
    kit = kit_for(ROLE)
    assert kit.trust_policy == trust_policy(str(PRINCIPAL), "the-id")
    assert kit.permission_policy == permission_policy("aws", "acme-data", "photos/")
    assert kit.cors == cors_rules(ORIGINS)
    assert kit.bucket_policy is None
    assert (kit.role_arn, kit.external_id) == (str(ROLE.role_arn), "the-id")


def test_our_role_needs_a_bucket_policy_and_cors() -> None:
    kit = kit_for(OURS)
    assert kit.bucket_policy == bucket_policy("aws", "acme-data", "photos/", str(OURS.role_arn))
    assert (kit.trust_policy, kit.permission_policy, kit.external_id) == (None, None, None)


def test_keys_need_a_permission_policy_and_cors_and_show_no_secret() -> None:
    kit = kit_for(KEY)
    assert kit.permission_policy == permission_policy("aws", "acme-data", "photos/")
    assert (kit.trust_policy, kit.bucket_policy) == (None, None)
    assert "--endpoint-url https://s3.example s3api put-bucket-cors" in kit.script
    assert "the secret" not in repr(kit)


def test_cors_allows_what_viewers_need_for_these_origins_only() -> None:
    assert cors_rules(ORIGINS) == {
        "CORSRules": [
            {
                "ID": "mooring",
                "AllowedOrigins": ["https://app.example", "http://localhost:3000"],
                "AllowedMethods": ["GET", "HEAD"],
                "AllowedHeaders": [
                    "range",
                    "if-match",
                    "if-none-match",
                    "if-modified-since",
                    "if-range",
                ],
                "ExposeHeaders": ["ETag", "Content-Range", "Accept-Ranges", "Content-Length"],
                "MaxAgeSeconds": 3600,
            }
        ]
    }


def test_without_origins_there_is_no_cors() -> None:
    kit = make_aws_kit(ROLE, URI, (), PRINCIPAL)
    assert kit.cors is None
    assert "cors" not in kit.script


def test_without_a_principal_there_is_no_trust_policy_to_paste() -> None:
    with pytest.raises(CloudIdentityError):
        make_aws_kit(ROLE, URI, ORIGINS, None)


# --- the script, run with an `aws` that writes down what it is asked ---------------------------

AWS = """\
#!/usr/bin/env bash
printf '%s\\0' "$@" '' >> "$CALLS"
case "$*" in
  *get-caller-identity*) exists="${ACCOUNT:-222222222222}" ;;
  *get-role*) exists="${ROLE_EXISTS:-}" error="${ROLE_ERROR:-(NoSuchEntity)}" ;;
  *get-bucket-policy*) exists="${POLICY_EXISTS:-}" error="(NoSuchBucketPolicy)" ;;
  *get-bucket-cors*) exists="${CORS_EXISTS:-}" error="(NoSuchCORSConfiguration)" ;;
esac
[ -z "${error:-}" ] || [ -n "$exists" ] || { echo "$error" >&2; exit 254; }
echo "${exists:-}"
"""


@dataclass(frozen=True, slots=True)
class Run:
    """How a script ended, and what it asked `aws` for."""

    status: int
    output: str
    calls: list[list[str]]

    def changes(self) -> list[str]:
        """Return the names of the calls that change something."""
        words = [word for call in self.calls for word in call]
        return [word for word in words if word.startswith(("create-", "put-"))]

    def option(self, call: str, name: str) -> str:
        words = next(words for words in self.calls if call in words)
        return words[words.index(name) + 1]


def run(script: str, directory: Path, **environment: str) -> Run:
    aws = directory / "aws"
    aws.write_text(AWS)
    aws.chmod(0o755)
    calls = directory / "calls"
    path = {"PATH": f"{directory}:/usr/bin:/bin", "CALLS": str(calls)}
    ended = subprocess.run(
        [BASH, "-c", script],
        env={**path, **environment},
        capture_output=True,
        check=False,
        text=True,
        cwd=directory,
    )
    asked = [call.split("\0") for call in calls.read_text().split("\0\0") if call]
    return Run(ended.returncode, ended.stdout + ended.stderr, asked)


def test_the_script_makes_role_policy_and_cors_with_the_documents_of_the_kit(
    tmp_path: Path,
) -> None:
    kit = kit_for(ROLE)
    ended = run(kit.script, tmp_path)
    assert ended.status == 0, ended.output
    assert ended.changes() == ["create-role", "put-role-policy", "put-bucket-cors"]
    assert ended.option("create-role", "--role-name") == "reader"
    assert ended.option("create-role", "--path") == "/team/"
    assert ended.option("create-role", "--max-session-duration") == "43200"
    trust = json.loads(ended.option("create-role", "--assume-role-policy-document"))
    assert trust == kit.trust_policy
    permission = json.loads(ended.option("put-role-policy", "--policy-document"))
    assert permission == kit.permission_policy
    cors = json.loads(ended.option("put-bucket-cors", "--cors-configuration"))
    assert cors == kit.cors


def test_the_script_gives_the_bucket_its_policy(tmp_path: Path) -> None:
    kit = kit_for(OURS)
    ended = run(kit.script, tmp_path)
    assert ended.status == 0, ended.output
    assert ended.changes() == ["put-bucket-policy", "put-bucket-cors"]
    assert json.loads(ended.option("put-bucket-policy", "--policy")) == kit.bucket_policy


@pytest.mark.parametrize(
    ("identity", "exists", "changes"),
    [
        (ROLE, "CORS_EXISTS", ["create-role", "put-role-policy"]),
        (ROLE, "ROLE_EXISTS", ["put-role-policy", "put-bucket-cors"]),
        (OURS, "POLICY_EXISTS", ["put-bucket-cors"]),
        (KEY, "CORS_EXISTS", []),
    ],
)
def test_the_script_leaves_alone_what_exists_and_says_so(
    tmp_path: Path, identity: AwsIdentity, exists: str, changes: list[str]
) -> None:
    ended = run(kit_for(identity).script, tmp_path, **{exists: "yes"})
    assert ended.status == 2
    assert ended.changes() == changes
    assert ": not changed." in ended.output
    assert "Change it by hand so that it holds this too" in ended.output


@pytest.mark.parametrize(
    ("identity", "exists"),
    [
        (ROLE, {"ROLE_EXISTS": json.dumps(trust_policy(str(PRINCIPAL), "the-id"))}),
        (
            OURS,
            {
                "POLICY_EXISTS": json.dumps(
                    bucket_policy("aws", "acme-data", "photos/", str(OURS.role_arn))
                )
            },
        ),
        (KEY, {"CORS_EXISTS": json.dumps(cors_rules([*ORIGINS, "https://more.example"]))}),
    ],
)
def test_the_script_is_content_with_what_an_earlier_run_made(
    tmp_path: Path, identity: AwsIdentity, exists: dict[str, str]
) -> None:
    ended = run(kit_for(identity).script, tmp_path, **exists)
    assert ended.status == 0, ended.output
    assert "it seems to hold what is needed" in ended.output


def test_the_script_is_not_content_with_a_policy_for_another_prefix(tmp_path: Path) -> None:
    other = json.dumps(bucket_policy("aws", "acme-data", "videos/", str(OURS.role_arn)))
    assert run(kit_for(OURS).script, tmp_path, POLICY_EXISTS=other).status == 2


def test_the_script_stops_in_another_account(tmp_path: Path) -> None:
    ended = run(kit_for(ROLE).script, tmp_path, ACCOUNT="333333333333")
    assert (ended.status, ended.changes()) == (1, [])
    assert "signed in to 333333333333" in ended.output


def test_the_script_stops_when_it_cannot_see_what_exists(tmp_path: Path) -> None:
    ended = run(kit_for(ROLE).script, tmp_path, ROLE_ERROR="(AccessDenied)")
    assert (ended.status, ended.changes()) == (1, [])
    assert "AccessDenied" in ended.output


NASTY = "a'b\"c$(touch pwned)`touch pwned`\\ ; touch pwned #\ntouch pwned\nJSON\n*?${x}é😀/"


@pytest.mark.parametrize("identity", [ROLE, OURS, KEY])
def test_no_character_of_a_prefix_reaches_the_shell(tmp_path: Path, identity: AwsIdentity) -> None:
    uri = BucketUri.parse_location(f"s3://acme-data/{NASTY}")
    kit = kit_for(identity, uri)
    ended = run(kit.script, tmp_path)
    assert ended.status == 0, ended.output
    assert sorted(each.name for each in tmp_path.iterdir()) == ["aws", "calls"]
    if identity is ROLE:
        permission = json.loads(ended.option("put-role-policy", "--policy-document"))
        assert permission == kit.permission_policy
    assert kit.script.isascii()


def test_two_locations_of_a_role_have_two_policies() -> None:
    uris = ("s3://acme-data/photos/", "s3://acme-data/videos/", "s3://acme-data/")
    scripts = [kit_for(ROLE, BucketUri.parse_location(uri)).script for uri in uris]
    names = {re.findall(r"--policy-name (mooring-[0-9a-f]{16})", each)[0] for each in scripts}
    assert len(names) == 3
