"""Files of a setup kit: one download with a README that says what each is for."""

import io
import json
import stat
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import TypeAlias

from services.credentials.setup.aws_kit import AwsKit
from services.credentials.setup.azure_kit import AzureKit
from services.credentials.setup.gcs_kit import GcsKit
from services.credentials.setup.readme import write_readme
from shared.uris import BucketUri

SetupKit: TypeAlias = AwsKit | GcsKit | AzureKit

_WAYS = {"setup.sh", "template.json", "main.tf"}
_VALUES = {
    "role_arn": "Role",
    "principal_arn": "Principal that it trusts",
    "external_id": "ExternalId",
    "max_session_duration": "Longest session of the role, in seconds",
    "service_account": "Service account",
    "tenant_id": "Tenant",
    "client_id": "Application (client id)",
}
_FIRST_DAY = (1980, 1, 1, 0, 0, 0)  # the earliest that a ZIP file knows; the same each time


@dataclass(frozen=True, slots=True)
class _File:
    """A file, the field of a kit that it holds, and what the customer does with it."""

    name: str
    field: str
    purpose: str


_AWS = (
    _File(
        "setup.sh",
        "script",
        "Run `bash setup.sh` with the `aws` CLI signed in to the account. It does all of it: it"
        " adds to what is there, overwrites nothing of others', and says what it leaves to you.",
    ),
    _File(
        "template.json",
        "cloudformation",
        "Or upload it to CloudFormation, whose form is filled then. It makes the role with its"
        " policy only; the CORS rule and the policies of KMS keys are still to be added.",
    ),
    _File(
        "main.tf",
        "terraform",
        "Or let Terraform apply it, with the provider hashicorp/aws. It asks for what it has to"
        " know so that it replaces nothing that is there.",
    ),
    _File("trust-policy.json", "trust_policy", "The trust policy of the role."),
    _File(
        "permission-policy.json",
        "permission_policy",
        "An inline policy of the role, or of the user of the access key.",
    ),
    _File(
        "bucket-policy.json",
        "bucket_policy",
        "Statements for the policy of the bucket, beside those that it has.",
    ),
    _File(
        "kms-key-policy-statement.json",
        "kms_key_policy_statement",
        "A statement for the policy of each KMS key, beside those that it has. A key in the role's"
        " own account that leaves it to IAM, as keys do by default, does not need it.",
    ),
    _File(
        "cors.json",
        "cors",
        "The CORS rule of the bucket. S3 answers by the first rule that fits: put it before the"
        " rules that the bucket has, and keep those.",
    ),
)
_GCS = (
    _File(
        "setup.sh",
        "script",
        "Run `bash setup.sh` with `gcloud` signed in. It does all of it: it makes what is missing,"
        " changes nothing that exists, and says what it leaves to you.",
    ),
    _File(
        "main.tf",
        "terraform",
        "Or let Terraform apply it, with the provider hashicorp/google. The CORS rule is part of"
        " the resource of your bucket: a comment says how.",
    ),
    _File(
        "workload-provider.json",
        "workload_provider",
        "The provider of the workload identity pool.",
    ),
    _File(
        "service-account-binding.json",
        "service_account_binding",
        "A binding for the IAM policy of the service account.",
    ),
    _File("bucket-binding.json", "bucket_binding", "A binding for the IAM policy of the bucket."),
    _File(
        "cors.json",
        "cors",
        "The CORS rule of the bucket, as `gcloud storage buckets update --cors-file` takes it. It"
        " replaces the rules that the bucket has: add those that shall stay.",
    ),
)
_AZURE = (
    _File(
        "setup.sh",
        "script",
        "Run `bash setup.sh` with `az` signed in to the tenant. It does all of it: it adds what is"
        " missing, changes nothing of others', and says what it leaves to you.",
    ),
    _File(
        "main.tf",
        "terraform",
        "Or let Terraform apply it, with the providers hashicorp/azurerm and hashicorp/azuread.",
    ),
    _File(
        "cors-rule.hcl",
        "terraform_cors",
        "The CORS rule in Terraform's language: a block for the resource of your storage account.",
    ),
    _File("role-assignments.json", "role_assignments", "The roles, and where each is assigned."),
    _File(
        "cors.json",
        "cors",
        "The CORS rule of the account's blob service, to be added to the rules that it has.",
    ),
)


def kit_files(kit: SetupKit, uri: BucketUri) -> dict[str, str]:
    """Return the files by their names: README.md, then what the kit holds, in a fixed order."""
    fields = asdict(kit)
    if isinstance(kit, GcsKit) and kit.cors is not None:
        fields["cors"] = kit.cors["cors"]  # a file for gcloud holds the list alone
    held = [file for file in _known(kit) if fields[file.field] is not None]
    readme = write_readme(
        str(uri),
        values={label: _shown(fields[name]) for name, label in _VALUES.items() if fields.get(name)},
        ways={file.name: file.purpose for file in held if file.name in _WAYS},
        documents={file.name: file.purpose for file in held if file.name not in _WAYS},
        link=fields.get("quick_create_url"),
        steps=fields.get("steps", ()),
        advice=fields.get("advice"),
    )
    return {"README.md": readme, **{file.name: _content(fields[file.field]) for file in held}}


def zip_files(files: Mapping[str, str]) -> bytes:
    """Return a ZIP file, the same bytes for the same files: without a date, not compressed."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, content in files.items():
            info = zipfile.ZipInfo(name, _FIRST_DAY)
            info.create_system = 3  # Unix, on whatever it is made: the script may be run
            info.external_attr = (stat.S_IFREG | (0o755 if name.endswith(".sh") else 0o644)) << 16
            archive.writestr(info, content)
    return buffer.getvalue()


def _known(kit: SetupKit) -> Sequence[_File]:
    match kit:
        case AwsKit():
            return _AWS
        case GcsKit():
            return _GCS
        case AzureKit():
            return _AZURE


def _shown(value: object) -> str:
    """Return a value as the customer's tools take it, a time in seconds."""
    return str(int(value.total_seconds()) if isinstance(value, timedelta) else value)


def _content(held: object) -> str:
    """Return a script as it is and a document as JSON, in ASCII since IAM takes little else."""
    return held if isinstance(held, str) else f"{json.dumps(held, indent=2)}\n"
