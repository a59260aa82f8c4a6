"""Setup kits for Azure: what each method needs, and a script that adds and never overwrites."""

import re
import shutil
import subprocess
from base64 import b64encode
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from services.credentials.azure_clouds import cloud_of
from services.credentials.issuers.azure_application import AzureApplication
from services.credentials.issuers.base import (
    AccountKey,
    AzureIdentity,
    ConsentedTenant,
    CustomerSas,
    ServicePrincipal,
)
from services.credentials.setup.azure_cors import cors_command, cors_properties
from services.credentials.setup.azure_kit import AzureKit, make_azure_kit
from services.credentials.setup.azure_script import azure_cors_part, write_azure_script
from services.credentials.setup.azure_terraform import write_terraform_cors
from shared.errors import CloudIdentityError
from shared.uris import BucketUri
from tests.services.credentials.setup.test_hcl import read

SUFFIX = "core.windows.net"
TENANT, CLIENT, OURS = UUID(int=1), UUID(int=2), UUID(int=3)
APPLICATION = AzureApplication(OURS, SecretStr("our secret"), "https://vault.example")
CONSENTED = ConsentedTenant(TENANT, SUFFIX)
PRINCIPAL = ServicePrincipal(TENANT, CLIENT, SecretStr("the secret"), SUFFIX)
KEY = AccountKey("acme", SecretStr(b64encode(b"k" * 64).decode()), SUFFIX)
SAS = CustomerSas("acme", SecretStr("sr=c&sp=rl&se=2026-12-21&sig=canary"), SUFFIX)
URI = BucketUri.parse_location("az://acme/photos/2026/")
ORIGINS = ("https://app.example", "http://localhost:3000")
BASH = shutil.which("bash") or "/bin/bash"
READER = "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1"
DELEGATOR = "db58b8e5-c6ad-4a2a-8342-4190687cbf4a"
ACCOUNT_ID = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/acme"
SCOPES = {READER: f"{ACCOUNT_ID}/blobServices/default/containers/photos", DELEGATOR: ACCOUNT_ID}


def kit_for(identity: AzureIdentity, origins: tuple[str, ...] = ORIGINS) -> AzureKit:
    return make_azure_kit(identity, URI, origins, APPLICATION)


# --- what each method needs ---------------------------------------------------------------------


@pytest.mark.parametrize(("identity", "client"), [(CONSENTED, OURS), (PRINCIPAL, CLIENT)])
def test_a_principal_needs_two_roles_and_cors(identity: AzureIdentity, client: UUID) -> None:
    kit = kit_for(identity)
    assert (kit.client_id, kit.tenant_id) == (str(client), str(TENANT))
    assert kit.role_assignments == {
        "principal": {"client_id": str(client)},
        "assignments": [
            {
                "role": "Storage Blob Data Reader",
                "role_id": READER,
                "scope": "Microsoft.Storage/storageAccounts/acme/blobServices/default/containers/"
                "photos",
            },
            {
                "role": "Storage Blob Delegator",
                "role_id": DELEGATOR,
                "scope": "Microsoft.Storage/storageAccounts/acme",
            },
        ],
    }
    assert kit.cors == cors_properties(ORIGINS)
    assert kit.terraform_cors == write_terraform_cors(ORIGINS)


def test_a_tenant_consents_before_it_has_our_principal() -> None:
    steps = {
        identity: kit_for(identity).steps[0].partition(" ")[0]
        for identity in (CONSENTED, PRINCIPAL)
    }
    assert steps == {CONSENTED: "Let", PRINCIPAL: "Open"}


def test_without_an_application_of_ours_there_is_nothing_to_assign_roles_to() -> None:
    with pytest.raises(CloudIdentityError):
        make_azure_kit(CONSENTED, URI, ORIGINS, None)


@pytest.mark.parametrize("identity", [KEY, SAS], ids=["key", "sas"])
def test_keys_and_signatures_need_cors_only_and_show_no_secret(identity: AzureIdentity) -> None:
    kit = kit_for(identity)
    assert (kit.client_id, kit.tenant_id, kit.role_assignments, kit.terraform) == (None,) * 4
    assert "role assignment" not in kit.script
    assert "az storage cors add" in kit.script
    secret = identity.key if isinstance(identity, AccountKey) else SecretStr("canary")
    assert secret.get_secret_value() not in repr(kit)


def test_without_origins_there_is_no_cors() -> None:
    kit = kit_for(CONSENTED, ())
    assert (kit.cors, kit.terraform_cors) == (None, None)
    assert "cors" not in kit.script.lower()
    assert not any("CORS" in step for step in kit.steps)


def test_the_steps_in_the_portal_name_every_place_and_value() -> None:
    assert kit_for(PRINCIPAL).steps == (
        "Open the storage account acme, then Access Control (IAM), Add role assignment.",
        (
            "Choose Storage Blob Delegator, and as its member the application"
            f" {CLIENT}. It must be assigned at the storage account: at the container it does"
            " nothing."
        ),
        "Open the container photos, then Access Control (IAM), Add role assignment.",
        "Choose Storage Blob Data Reader, and as its member the same application.",
        "A role that was just assigned can need 10 minutes: then verify again.",
        "Open the storage account acme, then Resource sharing (CORS), Blob service.",
        (
            "Add a rule: allowed origins https://app.example,http://localhost:3000; allowed methods"
            " GET,HEAD; allowed headers range,if-match,if-none-match,if-modified-since,if-range;"
            " exposed headers ETag,Content-Range,Accept-Ranges,Content-Length; max age 3600. Where"
            " there are five rules, add the origins to one of them."
        ),
    )


def test_terraform_assigns_the_roles_that_the_script_does() -> None:
    terraform = kit_for(PRINCIPAL).terraform
    assert terraform is not None
    container = "/blobServices/default/containers/photos"
    assert f'client_id = "{CLIENT}"' in terraform
    assert re.findall(r"scope +(= .*)", terraform) == [
        f'= "${{data.azurerm_storage_account.mooring.id}}{container}"',
        "= data.azurerm_storage_account.mooring.id",
    ]
    assert re.findall(r"roleDefinitions/([0-9a-f-]+)\"", terraform) == [READER, DELEGATOR]
    assert re.findall(r'resource "azurerm_role_assignment" "(\w+)"', terraform) == [
        "mooring_reader",
        "mooring_delegator",
    ]
    assert terraform.count("{") == terraform.count("}")


# --- the script, run with an `az` that writes down what it is asked -----------------------------

AZ = f"""\
#!/usr/bin/env bash
printf '%s\\0' "$@" '' >> "$CALLS"
case "$*" in
  'cloud show'*) echo "${{CLOUD:-AzureCloud}}" ;;
  'account show'*) echo "${{TENANT:-{TENANT}}}" ;;
  'ad sp show'*) [ -z "${{NO_PRINCIPAL:-}}" ] || {{ echo missing >&2; exit 3; }}; echo object-id ;;
  'storage account show'*) echo '{ACCOUNT_ID}' ;;
  'role assignment list'*) echo "${{ASSIGNED:-0}}" ;;
  'storage cors list'*)
    [ -z "${{CORS_ERROR:-}}" ] || {{ echo "$CORS_ERROR" >&2; exit 1; }}
    printf '%s' "${{CORS:-}}" ;;
esac
"""


@dataclass(frozen=True, slots=True)
class Run:
    """How a script ended, and what it asked `az` for."""

    status: int
    output: str
    calls: list[list[str]]

    def changes(self) -> list[list[str]]:
        """Return the calls that change something."""
        return [call for call in self.calls if {"create", "add"} & set(call)]


def run(script: str, directory: Path, **environment: str) -> Run:
    az = directory / "az"
    az.write_text(AZ)
    az.chmod(0o755)
    calls = directory / "calls"
    calls.write_text("")
    ended = subprocess.run(
        [BASH, "-c", script],
        env={"PATH": f"{directory}:/usr/bin:/bin", "CALLS": str(calls), **environment},
        capture_output=True,
        check=False,
        text=True,
        cwd=directory,
    )
    asked = [call.split("\0") for call in calls.read_text().split("\0\0") if call]
    return Run(ended.returncode, ended.stdout + ended.stderr, asked)


def option(call: list[str], name: str) -> str:
    return call[call.index(name) + 1]


def test_the_script_assigns_the_roles_and_adds_the_rule(tmp_path: Path) -> None:
    ended = run(kit_for(PRINCIPAL).script, tmp_path)
    assert ended.status == 0, ended.output
    reader, delegator, cors = ended.changes()
    assert {
        option(call, "--role"): option(call, "--scope") for call in (reader, delegator)
    } == SCOPES
    for call in (reader, delegator):
        assert option(call, "--assignee-object-id") == "object-id"
        assert option(call, "--assignee-principal-type") == "ServicePrincipal"
    assert cors == cors_command("acme", ORIGINS).split()[1:]
    assert "Done." in ended.output


def test_the_script_looks_the_principal_up_by_its_client_id(tmp_path: Path) -> None:
    ended = run(kit_for(CONSENTED).script, tmp_path)
    (asked,) = [call for call in ended.calls if call[:3] == ["ad", "sp", "show"]]
    assert option(asked, "--id") == str(OURS)


@pytest.mark.parametrize(
    "rules",
    [
        "https://app.example,http://localhost:3000\n",
        "https://app.example, http://localhost:3000\n",
        "https://other.example\nhttp://localhost:3000,https://x.example\nhttps://app.example\n",
    ],
)
def test_what_is_there_already_is_left_alone(tmp_path: Path, rules: str) -> None:
    ended = run(kit_for(PRINCIPAL).script, tmp_path, ASSIGNED="1", CORS=rules)
    assert (ended.status, ended.changes()) == (0, []), ended.output


@pytest.mark.parametrize(
    "rules", ["https://app.example\n", "https://app.example.evil,http://localhost:3000\n", ""]
)
def test_a_rule_is_added_where_an_origin_is_missing(tmp_path: Path, rules: str) -> None:
    ended = run(kit_for(KEY).script, tmp_path, CORS=rules)
    assert ended.status == 0, ended.output
    assert ended.changes() == [cors_command("acme", ORIGINS).split()[1:]]


def test_an_account_with_five_rules_is_left_to_the_hand(tmp_path: Path) -> None:
    rules = "".join(f"https://{number}.example\n" for number in range(5))
    ended = run(kit_for(KEY).script, tmp_path, CORS=rules)
    assert (ended.status, ended.changes()) == (2, [])
    assert "https://app.example http://localhost:3000" in ended.output


def test_rules_that_cannot_be_listed_are_left_to_the_hand(tmp_path: Path) -> None:
    ended = run(kit_for(KEY).script, tmp_path, CORS_ERROR="Key based authentication not permitted")
    assert (ended.status, ended.changes()) == (2, [])
    assert cors_command("acme", ORIGINS) in ended.output


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        ({"TENANT": "another"}, "the CLI is signed in to another"),
        ({"CLOUD": "AzureChinaCloud"}, "the CLI is set to AzureChinaCloud"),
        ({"NO_PRINCIPAL": "1"}, "no service principal of the application"),
    ],
)
def test_in_the_wrong_place_nothing_is_changed(
    tmp_path: Path, environment: dict[str, str], sentence: str
) -> None:
    ended = run(kit_for(CONSENTED).script, tmp_path, **environment)
    assert (ended.status, ended.changes()) == (1, [])
    assert sentence in ended.output


@pytest.mark.parametrize("identity", [CONSENTED, PRINCIPAL, KEY, SAS])
def test_the_script_is_bash(identity: AzureIdentity) -> None:
    script = kit_for(identity).script
    ended = subprocess.run([BASH, "-n"], input=script, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")


HOSTILE = st.text(
    alphabet=st.one_of(
        st.sampled_from("'\"`$\\(){}<>|&;*?!#~\n\t "), st.characters(exclude_characters="\x00")
    ).filter(lambda character: not "\ud800" <= character <= "\udfff"),
    min_size=1,
    max_size=30,
)


@given(text=HOSTILE)
def test_whatever_an_origin_holds_stays_one_word_of_the_shell(text: str) -> None:
    """Origins are parsed before they get here; the script does not rely on that."""
    command = cors_command("acme", [text]).replace("az ", "printf '%s\\0' ", 1)
    ended = subprocess.run([BASH, "-c", command], capture_output=True, check=True)
    words = ended.stdout.decode().split("\0")
    assert words[words.index("--origins") + 1] == text
    script = write_azure_script("acme", cloud_of(SUFFIX), azure_cors_part("acme", [text]))
    checked = subprocess.run([BASH, "-n"], input=script.encode(), capture_output=True, check=False)
    assert checked.returncode == 0


@given(st.lists(HOSTILE, min_size=1, max_size=3))
def test_whatever_an_origin_holds_stays_a_text_of_terraform(origins: list[str]) -> None:
    line = write_terraform_cors(origins).partition("allowed_origins    = [")[2]
    literals = re.findall(r'"(?:[^"\\]|\\.)*"', line.partition("]\n  allowed_methods")[0])
    assert [read(literal) for literal in literals] == origins
