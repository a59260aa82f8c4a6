"""The CloudFormation template: the same role as the script's, for whoever it is filled for."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.credentials.arns import parse_key_arn, parse_principal_arn, parse_role_arn
from services.credentials.issuers.base import CustomerRole, OrganizationRole
from services.credentials.setup.aws_kit import AwsKit, StackLinks, make_aws_kit
from services.credentials.setup.cloudformation import make_template, parse_template_url
from services.credentials.setup.policies import escape_pattern
from shared.uris import BucketUri
from tests.services.credentials.setup.test_policies import matches

Json = dict[str, Any]

PRINCIPAL = parse_principal_arn("arn:aws:iam::111111111111:user/mooring/mooring-vault")
ROLE = CustomerRole(parse_role_arn("arn:aws:iam::222222222222:role/team/reader"), "the-id")
KEYS = [
    parse_key_arn("arn:aws:kms:eu-central-1:222222222222:key/0e3f"),
    parse_key_arn("arn:aws:kms:eu-central-1:222222222222:key/mrk-77"),
]
URI = BucketUri.parse_location("s3://acme-data/photos/")
WHOLE = BucketUri.parse_location("s3://acme-data/")
NASTY = BucketUri.parse_location("s3://acme-data/a'b\"c${d}%{e}\\ &f=g#h *?é${AWS::Region}/")
TEMPLATE_URL = "https://mooring-templates.s3.eu-central-1.amazonaws.com/role v1.json"
LINKS = StackLinks(TEMPLATE_URL, "eu-central-1")
CFN_LINT = Path(sys.executable).with_name("cfn-lint")


def kit_for(uri: BucketUri = URI, *, encrypted: bool = True) -> AwsKit:
    keys = KEYS if encrypted else []
    return make_aws_kit(ROLE, uri, (), PRINCIPAL, keys=keys, links=LINKS)


def template_of(kit: AwsKit) -> Json:
    assert kit.cloudformation is not None
    return kit.cloudformation


# --- what CloudFormation makes of a template, as its documentation says ---------------------------

NOTHING = object()


def resolve(node: Any, template: Json, values: Json) -> Any:
    """Return a part of a template with its functions done; NOTHING for AWS::NoValue."""
    if isinstance(node, list):
        items = [resolve(each, template, values) for each in node]
        return [item for item in items if item is not NOTHING]
    if not isinstance(node, dict):
        return node
    match list(node.items()):
        case [("Ref", name)]:
            return NOTHING if name == "AWS::NoValue" else values[name]
        case [("Fn::Sub", text)]:
            return re.sub(r"\$\{([\w:]+)\}", lambda found: str(values[found[1]]), text)
        case [("Fn::If", [condition, yes, no])]:
            return resolve(yes if holds(condition, template, values) else no, template, values)
    resolved = {name: resolve(each, template, values) for name, each in node.items()}
    return {name: each for name, each in resolved.items() if each is not NOTHING}


def holds(name: str, template: Json, values: Json) -> bool:
    """Say whether a condition of a template holds."""

    def judge(node: Any) -> Any:
        match node:
            case {"Fn::Equals": [one, other]}:
                return judge(one) == judge(other)
            case {"Fn::Not": [condition]}:
                return not judge(condition)
            case {"Fn::Join": [between, texts]}:
                return between.join(judge(texts))
            case {"Ref": name}:
                return values[name]
        return node

    return bool(judge(template["Conditions"][name]))


def fill(template: Json, parameters: Json) -> Json:
    """Return the resources of a stack, with what is given instead of the defaults."""
    values: Json = {
        "AWS::Partition": "aws",
        "AWS::URLSuffix": "amazonaws.com",
        "AWS::AccountId": "222222222222",
        "AWS::Region": "us-east-1",
        "Role": "reader",
    }
    for name, parameter in template["Parameters"].items():
        value = parameters.get(name, parameter.get("Default"))
        listed = parameter["Type"] == "CommaDelimitedList"
        for text in value.split(",") if listed else [value]:
            pattern = parameter.get("AllowedPattern", ".*")
            assert re.fullmatch(pattern, text), f"{name} does not take {text!r}"
        values[name] = value.split(",") if listed else value
    made: Json = resolve(template["Resources"], template, values)
    return {
        name: resource["Properties"]
        for name, resource in made.items()
        if "Condition" not in resource or holds(resource["Condition"], template, values)
    }


def plain(document: Any) -> list[Json]:
    """Return the statements of a document without what differs by design.

    A template knows no hash for a Sid, and leaves the region of S3 to the keys, which have one.
    """
    found = json.loads(
        json.dumps(document)
        .replace('"StringLike": {"kms:ViaService": "s3.*.amazonaws.com", ', '"StringLike": {')
        .replace('"StringEquals": {"kms:ViaService": "s3.eu-central-1.amazonaws.com"}, ', "")
    )
    return [{**each, "Sid": each["Sid"].rstrip("0123456789abcdef")} for each in found["Statement"]]


@pytest.mark.parametrize("encrypted", [True, False])
@pytest.mark.parametrize("uri", [URI, WHOLE, NASTY])
def test_the_stack_makes_the_role_of_the_kit(uri: BucketUri, *, encrypted: bool) -> None:
    kit = kit_for(uri, encrypted=encrypted)
    made = fill(template_of(kit), {})
    assert made == {
        "Role": {
            "RoleName": "reader",
            "Path": "/team/",
            "Description": "Read by Mooring",
            "MaxSessionDuration": 43_200,
            "AssumeRolePolicyDocument": made["Role"]["AssumeRolePolicyDocument"],
        },
        "Policy": {
            "RoleName": "reader",
            "PolicyName": made["Policy"]["PolicyName"],
            "PolicyDocument": made["Policy"]["PolicyDocument"],
        },
    }
    assert plain(made["Role"]["AssumeRolePolicyDocument"]) == plain(kit.trust_policy)
    assert plain(made["Policy"]["PolicyDocument"]) == plain(kit.permission_policy)
    assert f"--policy-name {made['Policy']['PolicyName']}" in kit.script


def test_a_role_that_is_there_gets_the_policy_only() -> None:
    made = fill(template_of(kit_for()), {"MakeRole": "no"})
    assert list(made) == ["Policy"]
    assert made["Policy"]["RoleName"] == "reader"


def test_the_template_for_everybody_holds_nobodys_values_and_is_the_same_else() -> None:
    everybodys: Json = make_template()
    theirs = template_of(kit_for())
    values = dict(_parameters(kit_for()))
    for name, parameter in everybodys["Parameters"].items():
        assert parameter.get("Default") in {None, "/", "yes", "", "mooring"}
        filled = theirs["Parameters"][name]
        assert filled == {**parameter, **({"Default": values[name]} if name in values else {})}
    assert {**theirs, "Parameters": {}} == {**everybodys, "Parameters": {}}


def _parameters(kit: AwsKit) -> Json:
    url = kit.quick_create_url
    assert url is not None
    query = urlsplit(url).fragment.partition("?")[2]
    found = parse_qs(query, keep_blank_values=True, strict_parsing=True)
    return {
        name.removeprefix("param_"): value for name, (value,) in found.items() if name[0] == "p"
    }


@pytest.mark.parametrize("uri", [URI, WHOLE, NASTY])
def test_the_link_fills_the_operators_template_so_that_the_same_is_made(uri: BucketUri) -> None:
    kit = kit_for(uri)
    assert fill(make_template(), _parameters(kit)) == fill(template_of(kit), {})


def test_the_link_leads_to_the_console_of_the_region() -> None:
    url = kit_for().quick_create_url
    assert url is not None
    assert url.startswith(
        "https://eu-central-1.console.aws.amazon.com/cloudformation/home?region=eu-central-1"
        "#/stacks/quickcreate?templateURL=https%3A%2F%2Fmooring-templates.s3.eu-central-1"
        ".amazonaws.com%2Frole%20v1.json&stackName=mooring-"
    )
    assert url.isascii()


@pytest.mark.parametrize(
    ("partition", "region", "host"),
    [
        ("aws-cn", "cn-north-1", "cn-north-1.console.amazonaws.cn"),
        ("aws-us-gov", "us-gov-west-1", "us-gov-west-1.console.amazonaws-us-gov.com"),
    ],
)
def test_the_console_is_that_of_the_roles_partition(partition: str, region: str, host: str) -> None:
    role = CustomerRole(parse_role_arn(f"arn:{partition}:iam::222222222222:role/r"), "the-id")
    kit = make_aws_kit(role, URI, (), PRINCIPAL, links=StackLinks(TEMPLATE_URL, region))
    assert urlsplit(str(kit.quick_create_url)).hostname == host


def test_without_the_operators_template_there_is_a_template_and_no_link() -> None:
    kit = make_aws_kit(ROLE, URI, (), PRINCIPAL)
    assert kit.quick_create_url is None
    assert kit.cloudformation is not None


def test_what_makes_no_role_needs_no_stack() -> None:
    ours = OrganizationRole(parse_role_arn("arn:aws:iam::111111111111:role/mooring/m"), "1")
    kit = make_aws_kit(ours, URI, (), None, links=LINKS)
    assert (kit.cloudformation, kit.quick_create_url) == (None, None)


@pytest.mark.parametrize("prefix", ["{{resolve:ssm:name}}/", f"{'*' * 1_023}/", f"{'é' * 511}$/"])
def test_a_prefix_that_cloudformation_would_not_take_as_it_is_has_no_stack(prefix: str) -> None:
    kit = kit_for(BucketUri.parse_location(f"s3://acme-data/{prefix}"), encrypted=False)
    expected = len(escape_pattern(prefix).encode()) <= 4_096 and "{{resolve:" not in prefix
    assert (kit.cloudformation is not None, kit.quick_create_url is not None) == (expected,) * 2
    assert kit.terraform is not None


texts = st.text(alphabet="ab/*?${}é\\", max_size=12)


@given(text=texts, key=texts)
def test_whatever_the_form_takes_as_a_prefix_is_one_and_no_pattern(text: str, key: str) -> None:
    everybodys: Json = make_template()
    pattern = everybodys["Parameters"]["Prefix"]["AllowedPattern"]
    assert re.fullmatch(pattern, escape_pattern(f"{text}/"))
    if re.fullmatch(pattern, text):
        meant = re.sub(r"\$\{([*?$])\}", r"\1", text)
        assert escape_pattern(meant) == text
        assert matches(f"{text}*", key) == key.startswith(meant)


# --- the template as AWS's own linter and an operator see it -------------------------------------


def test_cfn_lint_finds_nothing(tmp_path: Path) -> None:
    templates = {
        "everybodys.json": make_template(),
        "theirs.json": template_of(kit_for()),
        "whole.json": template_of(kit_for(WHOLE, encrypted=False)),
        "nasty.json": template_of(kit_for(NASTY)),
    }
    for name, template in templates.items():
        (tmp_path / name).write_text(json.dumps(template))
    words = [str(CFN_LINT), "--include-checks", "I", "--", *map(str, tmp_path.iterdir())]
    ended = subprocess.run(words, capture_output=True, check=False, text=True, cwd=tmp_path)
    assert (ended.returncode, ended.stdout) == (0, ""), ended.stderr


def test_the_module_prints_the_template_for_everybody() -> None:
    words = [sys.executable, "-m", "services.credentials.setup.cloudformation"]
    ended = subprocess.run(words, capture_output=True, check=True, text=True)
    assert json.loads(ended.stdout) == make_template()


@pytest.mark.parametrize(
    "url",
    [
        TEMPLATE_URL,
        "https://s3.amazonaws.com/mooring/role.json",
        "https://mooring.s3.cn-north-1.amazonaws.com.cn/role.json?versionId=1",
    ],
)
def test_a_template_in_s3_can_be_linked_to(url: str) -> None:
    assert parse_template_url(url) == url


@pytest.mark.parametrize(
    "url",
    [
        "http://s3.amazonaws.com/mooring/role.json",
        "https://mooring.example/role.json",
        "https://amazonaws.com.evil.example/role.json",
        "https://s3.amazonaws.com",
        "https://s3.amazonaws.com/",
        f"https://s3.amazonaws.com/{'a' * 1_000}",
        "role.json",
    ],
)
def test_what_cloudformation_would_not_open_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="leads to an object in Amazon S3"):
        parse_template_url(url)
