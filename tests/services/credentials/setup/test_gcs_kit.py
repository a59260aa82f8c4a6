"""Setup kits for Google Cloud: what each method needs, as a script and as Terraform."""

import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from services.credentials.issuers.base import (
    FederatedServiceAccount,
    GcsIdentity,
    HmacKey,
    OrganizationServiceAccount,
    ServiceAccountKey,
)
from services.credentials.setup.gcs_kit import GcsKit, make_gcs_kit
from services.credentials.setup.gcs_policies import (
    bucket_binding,
    bucket_condition,
    gcs_cors_rules,
    subject_condition,
    subject_principal,
)
from services.credentials.setup.gcs_script import bucket_part
from services.credentials.setup.hcl import hcl_text
from shared.errors import CloudIdentityError
from shared.uris import BucketUri

ORG_ID = UUID(int=7)
ISSUER = "https://vault.example"
POOL = "projects/123456/locations/global/workloadIdentityPools/acme-pool"
OURS = OrganizationServiceAccount("mooring-abc@vendor-project.iam.gserviceaccount.com")
READER = "mooring-reader@acme-project.iam.gserviceaccount.com"
FEDERATED = FederatedServiceAccount(READER, f"{POOL}/providers/acme-provider")
KEY = ServiceAccountKey(READER, "0123", SecretStr("the secret"))
HMAC = HmacKey("GOOG1EABC", SecretStr("the secret"))
IDENTITIES = [OURS, FEDERATED, KEY, HMAC]
WHOLE = BucketUri.parse_location("gs://acme-data/")
PREFIX = BucketUri.parse_location("gs://acme-data/photos/")
ORIGINS = ("https://app.example", "http://localhost:3000")
ENABLED = "services enable iam.googleapis.com iamcredentials.googleapis.com sts.googleapis.com"
BASH = shutil.which("bash") or "/bin/bash"
TERRAFORM = shutil.which("terraform")


def kit_for(
    identity: GcsIdentity, uri: BucketUri = WHOLE, origins: tuple[str, ...] = ORIGINS
) -> GcsKit:
    return make_gcs_kit(identity, uri, origins, org_id=ORG_ID, issuer=ISSUER)


@pytest.mark.parametrize("identity", [OURS, KEY])
def test_a_service_account_needs_a_binding_of_the_bucket_and_cors(
    identity: OrganizationServiceAccount | ServiceAccountKey,
) -> None:
    kit = kit_for(identity, PREFIX)
    assert kit == GcsKit(
        script=kit.script,
        terraform=kit.terraform,
        service_account=identity.email,
        bucket_binding=bucket_binding("acme-data", "photos/", identity.email),
        cors=gcs_cors_rules(ORIGINS),
    )


def test_a_workload_identity_needs_a_provider_and_a_binding_of_the_account_too() -> None:
    kit = kit_for(FEDERATED, PREFIX)
    assert kit.workload_provider == {
        "name": FEDERATED.provider,
        "attributeMapping": {"google.subject": "assertion.sub"},
        "attributeCondition": f'assertion.sub == "{ORG_ID}"',
        "oidc": {"issuerUri": ISSUER},
    }
    assert kit.service_account_binding == {
        "role": "roles/iam.serviceAccountTokenCreator",
        "members": [subject_principal(POOL, ORG_ID)],
    }
    assert kit.bucket_binding == bucket_binding("acme-data", "photos/", READER)


def test_an_hmac_key_tells_no_service_account() -> None:
    kit = kit_for(HMAC)
    assert (kit.service_account, kit.bucket_binding) == (None, None)
    assert "the secret" not in repr(kit)


def test_without_an_issuer_nobody_can_federate() -> None:
    with pytest.raises(CloudIdentityError, match="MOORING_OIDC_ISSUER"):
        make_gcs_kit(FEDERATED, WHOLE, ORIGINS, org_id=ORG_ID, issuer=None)
    assert make_gcs_kit(OURS, WHOLE, ORIGINS, org_id=ORG_ID, issuer=None) == kit_for(OURS)


@pytest.mark.parametrize("identity", IDENTITIES)
def test_without_origins_there_is_no_cors(identity: GcsIdentity) -> None:
    kit = kit_for(identity, origins=())
    assert kit.cors is None
    assert "cors" not in kit.script
    assert "cors" not in kit.terraform


# --- the script, run with a `gcloud` that writes down what it is asked ---------------------------

GCLOUD = """\
#!/usr/bin/env bash
printf '%s\\0' "$@" >> "$CALLS"
if [ -n "${FAILING:-}" ] && [[ "$*" == *add-iam-policy-binding* ]]; then
  printf '\\036' >> "$CALLS"
  [ "$(tr -cd '\\036' < "$CALLS" | wc -c)" -gt "$FAILING" ] && exit 0
  echo "ERROR: Service account does not exist." >&2; exit 1
fi
for word in "$@"; do
  case "$word" in --cors-file=*|--condition-from-file=*) cat "${word#*=}" >> "$CALLS" ;; esac
done
printf '\\036' >> "$CALLS"
case "$*" in
  projects\\ describe\\ 123456\\ *) echo "acme-pools"; exit ;;
  *providers\\ describe*) found="${PROVIDER:-}" ;;
  *service-accounts\\ describe*) found="${ACCOUNT:-}" ;;
  *workload-identity-pools\\ describe*) found="${POOL:-}" ;;
  *hmac\\ describe*) echo "mooring-reader@acme-project.iam.gserviceaccount.com"; exit ;;
  *uniform_bucket_level_access*) echo "${UNIFORM:-True}"; exit ;;
  *cors_config*) echo "${CORS:-null}"; exit ;;
  *) exit ;;
esac
[ -n "$found" ] && { echo "$found"; exit; }
echo "ERROR: (gcloud.describe) ${REFUSAL:-NOT_FOUND}: Unknown." >&2
exit 1
"""


@dataclass(frozen=True, slots=True)
class Run:
    """How a script ended, and what it asked `gcloud` for."""

    status: int
    output: str
    calls: list[list[str]]

    def changes(self) -> list[str]:
        """Return the calls that change something, by their words up to the first option."""
        return [
            " ".join(words[: next(i for i, word in enumerate(words) if word.startswith("--"))])
            for words in self.calls
            if "describe" not in words
        ]

    def call(self, *words: str) -> list[str]:
        return next(call for call in self.calls if set(words) <= set(call))

    def file(self, *words: str) -> object:
        """Return the document that a call was given as a file."""
        return json.loads(self.call(*words)[-1])

    def option(self, name: str, *words: str) -> str:
        word = next(word for word in self.call(*words) if word.startswith(f"{name}="))
        return word.partition("=")[2]


def run(script: str, directory: Path, **environment: str) -> Run:
    gcloud = directory / "gcloud"
    gcloud.write_text(GCLOUD)
    gcloud.chmod(0o755)
    calls = directory / "calls"
    calls.unlink(missing_ok=True)
    path = {"PATH": f"{directory}:/usr/bin:/bin", "CALLS": str(calls), "TMPDIR": str(directory)}
    ended = subprocess.run(
        [BASH, "-c", script],
        env={**path, **environment},
        capture_output=True,
        check=False,
        text=True,
        cwd=directory,
    )
    asked = [call.split("\0") for call in calls.read_text().split("\x1e") if call]
    return Run(ended.returncode, ended.stdout + ended.stderr, asked)


@pytest.mark.parametrize("identity", [OURS, KEY, HMAC])
def test_the_script_lets_the_account_read_the_bucket(tmp_path: Path, identity: GcsIdentity) -> None:
    ended = run(kit_for(identity).script, tmp_path)
    assert ended.status == 0, ended.output
    assert ended.changes() == [
        "storage buckets add-iam-policy-binding gs://acme-data",
        "storage buckets update gs://acme-data",
    ]
    email = OURS.email if identity is OURS else READER
    granting = "add-iam-policy-binding"
    assert ended.option("--member", granting) == f"serviceAccount:{email}"
    assert ended.option("--role", granting) == "roles/storage.objectViewer"
    assert ended.option("--condition", granting) == "None"
    assert ended.file("update") == gcs_cors_rules(ORIGINS)["cors"]


@pytest.mark.parametrize("identity", [OURS, KEY, HMAC])
def test_the_script_lets_the_account_read_the_prefix_alone(
    tmp_path: Path, identity: GcsIdentity
) -> None:
    ended = run(kit_for(identity, PREFIX).script, tmp_path)
    assert ended.status == 0, ended.output
    expected = bucket_binding("acme-data", "photos/", READER)["condition"]
    assert ended.file("add-iam-policy-binding") == expected


def test_the_script_makes_account_pool_provider_and_bindings(tmp_path: Path) -> None:
    ended = run(kit_for(FEDERATED, PREFIX).script, tmp_path)
    assert ended.status == 0, ended.output
    assert ended.changes() == [
        ENABLED,
        "iam service-accounts create mooring-reader",
        "iam workload-identity-pools create acme-pool",
        "iam workload-identity-pools providers create-oidc acme-provider",
        f"iam service-accounts add-iam-policy-binding {READER}",
        "storage buckets add-iam-policy-binding gs://acme-data",
        "storage buckets update gs://acme-data",
    ]
    assert ended.option("--project", "create", "service-accounts") == "acme-project"
    assert ended.option("--project", "create", "workload-identity-pools") == "acme-pools"
    assert ended.option("--project", "create-oidc") == "acme-pools"
    assert ended.option("--issuer-uri", "create-oidc") == ISSUER
    assert ended.option("--workload-identity-pool", "create-oidc") == "acme-pool"
    assert ended.option("--attribute-mapping", "create-oidc") == "google.subject=assertion.sub"
    assert ended.option("--attribute-condition", "create-oidc") == subject_condition(ORG_ID)
    binding = ("service-accounts", "add-iam-policy-binding")
    assert ended.option("--role", *binding) == "roles/iam.serviceAccountTokenCreator"
    assert ended.option("--member", *binding) == subject_principal(POOL, ORG_ID)


MADE = {"ACCOUNT": "there", "POOL": "there"}
RIGHT = json.dumps({"oidc": {"issuerUri": ISSUER}, "attributeCondition": subject_condition(ORG_ID)})


def test_the_script_is_content_with_what_an_earlier_run_made(tmp_path: Path) -> None:
    cors = json.dumps(gcs_cors_rules([*ORIGINS, "https://more.example"]))
    script = kit_for(FEDERATED).script
    ended = run(script, tmp_path, **MADE, PROVIDER=RIGHT, CORS=cors)
    assert ended.status == 0, ended.output
    assert ended.changes() == [
        ENABLED,
        f"iam service-accounts add-iam-policy-binding {READER}",
        "storage buckets add-iam-policy-binding gs://acme-data",
    ]


@pytest.mark.parametrize(
    "exists",
    [
        {"PROVIDER": RIGHT.replace(ISSUER, "https://other.example")},
        {"PROVIDER": RIGHT.replace(str(ORG_ID), str(UUID(int=8)))},
        {"CORS": json.dumps(gcs_cors_rules(["https://other.example"]))},
    ],
)
def test_the_script_leaves_alone_what_is_otherwise_and_says_so(
    tmp_path: Path, exists: dict[str, str]
) -> None:
    ended = run(kit_for(FEDERATED).script, tmp_path, **MADE, **exists)
    assert ended.status == 2
    assert ": not changed." in ended.output
    assert "create-oidc" not in str(ended.changes()) or "CORS" in exists


def test_the_script_waits_until_an_account_is_known(tmp_path: Path) -> None:
    script = kit_for(OURS, origins=()).script.replace('sleep "$seconds"', "true")
    ended = run(script, tmp_path, FAILING="2")
    assert ended.status == 0, ended.output
    assert ended.changes() == ["storage buckets add-iam-policy-binding gs://acme-data"] * 3
    ended = run(script, tmp_path, FAILING="9")
    assert (ended.status, len(ended.calls)) == (1, 4)


def test_the_script_does_not_turn_acls_off_by_itself(tmp_path: Path) -> None:
    ended = run(kit_for(OURS, PREFIX).script, tmp_path, UNIFORM="False")
    assert ended.status == 2
    assert ended.changes() == ["storage buckets update gs://acme-data"]
    wanted = "gcloud storage buckets update gs://acme-data --uniform-bucket-level-access"
    assert wanted in ended.output


def test_the_script_stops_when_it_cannot_see_what_exists(tmp_path: Path) -> None:
    ended = run(kit_for(FEDERATED).script, tmp_path, REFUSAL="PERMISSION_DENIED")
    assert ended.status == 1
    assert ended.changes() == [ENABLED]
    assert "PERMISSION_DENIED" in ended.output


NASTY = "a'b\"c$(touch pwned)`touch pwned`\\ ; touch pwned #\ntouch pwned\nJSON\n*?${x}%{y}é😀/"
NASTY_URI = BucketUri.parse_location(f"gs://acme-data/{NASTY}")


@pytest.mark.parametrize("identity", IDENTITIES)
def test_no_character_of_a_prefix_reaches_the_shell(tmp_path: Path, identity: GcsIdentity) -> None:
    kit = kit_for(identity, NASTY_URI)
    ended = run(kit.script, tmp_path)
    assert ended.status == 0, ended.output
    assert sorted(each.name for each in tmp_path.iterdir()) == ["calls", "gcloud"]
    expected = bucket_binding("acme-data", NASTY, READER)["condition"]
    assert ended.file("add-iam-policy-binding", "buckets") == expected
    assert kit.script.isascii()


@settings(max_examples=50, deadline=None)
@given(prefix=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=200))
def test_bash_reads_the_condition_of_any_prefix_as_it_is(prefix: str) -> None:
    condition = bucket_condition("acme-data", prefix)
    assignment = bucket_part(condition).partition("\nuniform=")[0]
    script = f'{assignment}\nprintf %s "$condition"'
    ended = subprocess.run([BASH, "-c", script], capture_output=True, check=True, text=True)
    assert json.loads(ended.stdout) == condition


# --- Terraform -----------------------------------------------------------------------------------


def test_terraform_says_the_same_as_the_script() -> None:
    kit = kit_for(FEDERATED, PREFIX)
    assert kit.workload_provider is not None
    assert kit.bucket_binding is not None
    condition = kit.bucket_binding["condition"]
    assert isinstance(condition, dict)
    for value in (
        ISSUER,
        subject_condition(ORG_ID),
        subject_principal(POOL, ORG_ID),
        "roles/iam.serviceAccountTokenCreator",
        "roles/storage.objectViewer",
        "mooring-reader",
        "acme-project",
        "123456",
        "acme-pool",
        "acme-provider",
        *(str(text) for text in condition.values()),
        *ORIGINS,
    ):
        assert hcl_text(value) in kit.terraform


def test_resources_of_two_locations_have_two_names() -> None:
    first, second = kit_for(OURS, WHOLE).terraform, kit_for(OURS, PREFIX).terraform
    names = [text.split('"')[3] for text in (first, second)]
    assert len(set(names)) == 2


@pytest.mark.skipif(TERRAFORM is None, reason="There is no terraform on this machine.")
@pytest.mark.parametrize("uri", [WHOLE, PREFIX, NASTY_URI])
@pytest.mark.parametrize("identity", IDENTITIES)
def test_terraform_reads_it_and_finds_nothing_to_format(
    tmp_path: Path, identity: GcsIdentity, uri: BucketUri
) -> None:
    assert TERRAFORM is not None
    file = tmp_path / "main.tf"
    file.write_text(kit_for(identity, uri).terraform)
    ended = subprocess.run(
        [TERRAFORM, "fmt", "-check", "-diff", str(file)],
        env={"PATH": "/usr/bin:/bin", "CHECKPOINT_DISABLE": "1"},
        capture_output=True,
        check=False,
        text=True,
    )
    assert (ended.returncode, ended.stdout) == (0, ""), ended.stderr
