"""The setup script for `aws`: it adds, says what was there, and stops before what is others'."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from services.credentials.arns import parse_key_arn, parse_principal_arn, parse_role_arn
from services.credentials.issuers.base import AccessKey, AwsIdentity, CustomerRole, OrganizationRole
from services.credentials.setup.aws_kit import AwsKit, make_aws_kit
from services.credentials.setup.cors import cors_rules
from services.credentials.setup.policies import add_statement, bucket_policy, policy, trust_policy
from shared.uris import BucketUri
from tests.services.credentials.setup.scripts import Run, run

PRINCIPAL = parse_principal_arn("arn:aws:iam::111111111111:user/mooring/mooring-vault")
ROLE = CustomerRole(parse_role_arn("arn:aws:iam::222222222222:role/team/reader"), "the-id")
OURS = OrganizationRole(parse_role_arn("arn:aws:iam::111111111111:role/mooring/mooring-1"), "1")
KEY = AccessKey("AKIA", SecretStr("the secret"), "https://s3.example", "auto", path_style=True)
KMS = parse_key_arn("arn:aws:kms:eu-central-1:222222222222:key/0e3f")
URI = BucketUri.parse_location("s3://acme-data/photos/")
ORIGINS = ("https://app.example", "http://localhost:3000")
OTHERS: Any = {
    "Sid": "Theirs",
    "Effect": "Allow",
    "Principal": {"AWS": "arn:aws:iam::222222222222:role/other"},
    "Action": "s3:GetObject",
    "Resource": "arn:aws:s3:::acme-data/*",
}


def kit_for(identity: AwsIdentity, uri: BucketUri = URI, *, encrypted: bool = False) -> AwsKit:
    keys = [KMS] if encrypted else []
    return make_aws_kit(identity, uri, ORIGINS, PRINCIPAL, keys=keys)


# What the `aws` CLI prints.


def role_of(trust: object) -> str:
    return json.dumps({"Role": {"RoleName": "reader", "AssumeRolePolicyDocument": trust}})


def policy_of(document: object) -> str:
    return json.dumps({"Policy": json.dumps(document)})


TRUST = trust_policy(str(PRINCIPAL), "the-id")
FOR_EC2: Any = {
    "Effect": "Allow",
    "Principal": {"Service": "ec2.amazonaws.com"},
    "Action": "sts:AssumeRole",
}
GRANT = bucket_policy("aws", "acme-data", "photos/", str(OURS.role_arn))
RULES = cors_rules([*ORIGINS, "https://more.example"])
OLD_RULES = {"CORSRules": [{"AllowedOrigins": ["*"], "AllowedMethods": ["PUT"]}]}


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


@pytest.mark.parametrize("python", [True, False])
@pytest.mark.parametrize(
    ("identity", "exists", "changes"),
    [
        (ROLE, {"ROLE": role_of(TRUST)}, ["put-role-policy", "put-bucket-cors"]),
        (OURS, {"POLICY": policy_of(GRANT)}, ["put-bucket-cors"]),
        (KEY, {"CORS": json.dumps(RULES)}, []),
    ],
)
def test_the_script_is_content_with_what_an_earlier_run_made(
    tmp_path: Path,
    identity: AwsIdentity,
    exists: dict[str, str],
    changes: list[str],
    *,
    python: bool,
) -> None:
    ended = run(kit_for(identity).script, tmp_path, exists, python=python)
    assert ended.status == 0, ended.output
    assert ended.changes() == changes
    assert "it holds what is needed" in ended.output


def test_the_script_adds_to_what_exists_and_says_what_was_there(tmp_path: Path) -> None:
    kit = kit_for(OURS)
    exists = {"POLICY": policy_of(policy(OTHERS)), "CORS": json.dumps(OLD_RULES)}
    ended = run(kit.script, tmp_path, exists)
    assert ended.status == 0, ended.output
    assert ended.changes() == ["put-bucket-policy", "put-bucket-cors"]
    assert kit.bucket_policy is not None
    merged = json.loads(ended.option("put-bucket-policy", "--policy"))
    assert merged == policy(OTHERS, *GRANT["Statement"])  # type: ignore[misc] # a list
    rules = json.loads(ended.option("put-bucket-cors", "--cors-configuration"))["CORSRules"]
    assert rules == [*cors_rules(ORIGINS)["CORSRules"], *OLD_RULES["CORSRules"]]  # type: ignore[misc]
    assert json.dumps(OLD_RULES, indent=2) in ended.output
    assert json.dumps(policy(OTHERS), indent=2) in ended.output


def test_a_role_that_is_ours_is_mended(tmp_path: Path) -> None:
    stale: Any = {**TRUST["Statement"][0], "Principal": {"AWS": "AIDAGONE"}}  # type: ignore[index,dict-item]
    ended = run(kit_for(ROLE).script, tmp_path, {"ROLE": role_of(policy(FOR_EC2, stale))})
    assert ended.status == 0, ended.output
    assert ended.changes() == ["update-assume-role-policy", "put-role-policy", "put-bucket-cors"]
    trust = json.loads(ended.option("update-assume-role-policy", "--policy-document"))
    assert trust == add_statement(policy(FOR_EC2), *TRUST["Statement"])  # type: ignore[misc]


@pytest.mark.parametrize("python", [True, False])
def test_a_role_that_serves_something_else_is_given_nothing(
    tmp_path: Path, *, python: bool
) -> None:
    exists = role_of(policy(FOR_EC2))
    ended = run(kit_for(ROLE).script, tmp_path, {"ROLE": exists}, python=python)
    assert (ended.status, ended.changes()) == (1, [])
    assert "The role reader was given nothing." in ended.output
    assert '"sts:ExternalId": "the-id"' in ended.output


@pytest.mark.parametrize(
    ("identity", "exists", "changes"),
    [
        (OURS, {"POLICY": policy_of(policy(OTHERS))}, ["put-bucket-cors"]),
        (KEY, {"CORS": json.dumps(OLD_RULES)}, []),
    ],
)
def test_without_python_the_script_leaves_alone_what_exists_and_says_so(
    tmp_path: Path, identity: AwsIdentity, exists: dict[str, str], changes: list[str]
) -> None:
    ended = run(kit_for(identity).script, tmp_path, exists, python=False)
    assert (ended.status, ended.changes()) == (2, changes)
    assert ": not changed. There is no Python 3.7 or later here." in ended.output
    assert "Change it by hand so that it holds this too" in ended.output


def test_what_does_not_fit_is_left_to_hand(tmp_path: Path) -> None:
    long = {**OTHERS, "Resource": [f"arn:aws:s3:::acme-data/{n:0100}/*" for n in range(160)]}
    ended = run(kit_for(OURS).script, tmp_path, {"POLICY": policy_of(policy(long))})
    assert (ended.status, ended.changes()) == (2, ["put-bucket-cors"])
    assert "and AWS takes 20480: shorten it." in ended.output


def test_without_python_a_policy_for_another_prefix_will_not_do(tmp_path: Path) -> None:
    other = policy_of(bucket_policy("aws", "acme-data", "videos/", str(OURS.role_arn)))
    assert run(kit_for(OURS).script, tmp_path, {"POLICY": other}, python=False).status == 2


def test_the_script_stops_in_another_account(tmp_path: Path) -> None:
    ended = run(kit_for(ROLE).script, tmp_path, {"ACCOUNT": "333333333333"})
    assert (ended.status, ended.changes()) == (1, [])
    assert "signed in to 333333333333" in ended.output


@pytest.mark.parametrize("identity", [ROLE, OURS, KEY])
def test_the_script_stops_when_it_cannot_see_what_exists(
    tmp_path: Path, identity: AwsIdentity
) -> None:
    ended = run(kit_for(identity).script, tmp_path, {"REFUSAL": "AccessDenied"})
    assert (ended.status, ended.changes()) == (1, [])
    assert "cannot be read: An error occurred (AccessDenied)" in ended.output


@pytest.mark.parametrize(
    ("code", "ended"),
    [("NoSuchCORSConfiguration", (0, ["put-bucket-cors"])), ("AccessDenied", (1, []))],
)
def test_the_script_finds_the_code_of_an_error_at_which_the_cli_stumbles(
    tmp_path: Path, code: str, ended: tuple[int, list[str]]
) -> None:
    stumbled = {"REFUSAL": "argument of type 'NoneType' is not iterable", "CODE": code}
    found = run(kit_for(KEY).script, tmp_path, stumbled)
    assert (found.status, found.changes()) == ended
    assert ("AccessDenied" in found.output) is (code == "AccessDenied")


# --- KMS -----------------------------------------------------------------------------------------

ADMIN: Any = {
    "Effect": "Allow",
    "Principal": {"AWS": "arn:aws:iam::222222222222:role/admin"},
    "Action": "kms:*",
    "Resource": "*",
}
DEFAULT: Any = {**ADMIN, "Principal": {"AWS": "arn:aws:iam::222222222222:root"}}


@pytest.mark.parametrize("identity", [ROLE, OURS])
def test_the_policy_of_a_key_gets_the_statement_of_the_kit(
    tmp_path: Path, identity: AwsIdentity
) -> None:
    kit = kit_for(identity, encrypted=True)
    ended = run(kit.script, tmp_path, {"KEY": policy_of(policy(ADMIN))})
    assert ended.status == 0, ended.output
    assert ended.option("put-key-policy", "--key-id") == str(KMS)
    assert ended.option("put-key-policy", "--region") == "eu-central-1"
    assert kit.kms_key_policy_statement is not None
    merged = json.loads(ended.option("put-key-policy", "--policy"))
    assert merged == policy(ADMIN, kit.kms_key_policy_statement)


def test_a_key_that_leaves_it_to_iam_is_not_touched_for_a_role_of_its_account(
    tmp_path: Path,
) -> None:
    ended = run(kit_for(ROLE, encrypted=True).script, tmp_path, {"KEY": policy_of(policy(DEFAULT))})
    assert ended.status == 0, ended.output
    assert "put-key-policy" not in ended.changes()


def test_a_key_of_another_account_is_left_to_hand(tmp_path: Path) -> None:
    ended = run(kit_for(ROLE, encrypted=True).script, tmp_path)
    assert ended.status == 2
    assert ended.changes() == ["create-role", "put-role-policy", "put-bucket-cors"]
    assert f"The policy of the key {KMS}: not changed." in ended.output
    assert "kms:EncryptionContext:aws:s3:arn" in ended.output


# --- what a prefix may hold ----------------------------------------------------------------------

NASTY = "a'b\"c$(touch pwned)`touch pwned`\\ ; touch pwned #\ntouch pwned\nPYTHON\n*?${x}é😀/"


@pytest.mark.parametrize("identity", [ROLE, OURS, KEY])
def test_no_character_of_a_prefix_reaches_the_shell(tmp_path: Path, identity: AwsIdentity) -> None:
    uri = BucketUri.parse_location(f"s3://acme-data/{NASTY}")
    kit = kit_for(identity, uri, encrypted=identity is not KEY)
    existing = {"POLICY": policy_of(policy(OTHERS)), "KEY": policy_of(policy(ADMIN))}
    ended = run(kit.script, tmp_path, existing)
    assert ended.status == 0, ended.output
    assert sorted(each.name for each in tmp_path.iterdir()) == ["aws", "calls"]
    if identity is ROLE:
        permission = json.loads(ended.option("put-role-policy", "--policy-document"))
        assert permission == kit.permission_policy
    if identity is OURS:
        merged = json.loads(ended.option("put-bucket-policy", "--policy"))
        assert merged["Statement"][1:] == (kit.bucket_policy or {})["Statement"]
    assert kit.script.isascii()


def test_two_locations_of_a_role_have_two_policies() -> None:
    uris = ("s3://acme-data/photos/", "s3://acme-data/videos/", "s3://acme-data/")
    scripts = [kit_for(ROLE, BucketUri.parse_location(uri)).script for uri in uris]
    names = {re.findall(r"--policy-name (mooring-[0-9a-f]{16})", each)[0] for each in scripts}
    assert len(names) == 3


def test_files_of_the_script_go_away_with_it(tmp_path: Path) -> None:
    place = tmp_path / "temporary"
    place.mkdir()
    work = tmp_path / "work"
    work.mkdir()
    ended: Run = run(kit_for(OURS).script, work, {"POLICY": policy_of(GRANT), "TMPDIR": str(place)})
    assert ended.status == 0, ended.output
    assert list(place.iterdir()) == []
