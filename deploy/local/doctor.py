"""The doctor's command: examines a bucket, and shows the report in a terminal or as JSON."""

import asyncio
import json
import os
from dataclasses import dataclass
from uuid import uuid4

from pydantic import SecretStr
from rich.console import Console
from rich.table import Table

from deploy.local.errors import LocalStackError
from services.credentials.access.checks import Check
from services.credentials.access.report import Report
from services.credentials.arns import parse_principal_arn, parse_role_arn
from services.credentials.aws_parts import AwsAccount
from services.credentials.doctor import AwsDoctor
from services.credentials.issuers.base import AccessKey, AwsIdentity, CustomerRole
from services.credentials.issuers.clients import AwsAddress
from services.credentials.locations import parse_location_uri, parse_origins
from shared.errors import AppError
from shared.uris import BucketUri, Provider

MARKS = {"passed": "green", "failed": "red", "warning": "yellow", "skipped": "dim"}


@dataclass(frozen=True, slots=True)
class Complaint:
    """What the doctor is asked to look at, as the command's options say it."""

    uri: str
    role_arn: str | None
    external_id: str | None
    principal_arn: str | None
    endpoint: str | None
    region: str | None
    origins: list[str]
    allow_private: bool


def examine(complaint: Complaint, console: Console, *, as_json: bool) -> bool:
    """Show the report and return whether it is valid. Raise LocalStackError for bad options."""
    try:
        uri = parse_location_uri(complaint.uri)
        report = asyncio.run(_examine(complaint, uri))
    except AppError as error:
        raise LocalStackError(error.detail) from error
    if as_json:
        console.print_json(json.dumps(_document(report)))
    else:
        _show(report, console)
    return report.valid


async def _examine(complaint: Complaint, uri: BucketUri) -> Report:
    if uri.provider is not Provider.S3:
        raise LocalStackError("The doctor examines s3:// URIs; verify the others by the API.")
    address = AwsAddress(
        complaint.region or os.environ.get("AWS_REGION", "us-east-1"),
        os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL"),
        os.environ.get("AWS_ENDPOINT_URL_STS") or os.environ.get("AWS_ENDPOINT_URL"),
    )
    principal = complaint.principal_arn
    account = AwsAccount(address, None if principal is None else parse_principal_arn(principal))
    return await AwsDoctor(account, allow_private=complaint.allow_private).examine(
        _identity(complaint),
        uri.bucket,
        uri.prefix,
        origins=parse_origins(complaint.origins),
        region=complaint.region,
    )


def _identity(complaint: Complaint) -> AwsIdentity:
    """Return the role that is named, else the keys in the environment."""
    if complaint.role_arn is not None:
        external_id = complaint.external_id or str(uuid4())
        return CustomerRole(parse_role_arn(complaint.role_arn), external_id)
    names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
    key_id, secret = (os.environ.get(name) for name in names)
    if not key_id or not secret:
        raise LocalStackError(f"Name a role with --role-arn, or set {' and '.join(names)}.")
    token = os.environ.get("AWS_SESSION_TOKEN")
    region = complaint.region or "us-east-1"
    endpoint = complaint.endpoint or f"https://s3.{region}.amazonaws.com"
    return AccessKey(
        key_id,
        SecretStr(secret),
        endpoint,
        region,
        path_style=True,
        session_token=None if not token else SecretStr(token),
    )


def _document(report: Report) -> dict[str, object]:
    return {
        "valid": report.valid,
        "verified_at": report.verified_at.isoformat(),
        "checks": [check.document() for check in report.checks],
    }


def _show(report: Report, console: Console) -> None:
    table = Table("check", "", "finding")
    for check in report.checks:
        status = check.status.value
        name = check.name if check.subject is None else f"{check.name} {check.subject}"
        table.add_row(name, f"[{MARKS[status]}]{status}[/]", check.finding.sentence)
    console.print(table)
    for check in report.checks:
        _show_causes(check, console)
    verdict = "Access is valid." if report.valid else "Access is not valid."
    console.print(verdict, style="green" if report.valid else "red")


def _show_causes(check: Check, console: Console) -> None:
    for cause in check.finding.causes:
        title = f"\n{check.name}: {cause.kind.code} ({cause.confidence.value})"
        console.print(title, style="bold", markup=False)
        for line in (cause.kind.summary, f"How to tell: {cause.kind.tell}"):
            console.print(line, markup=False, soft_wrap=True)
        console.print(f"The {cause.kind.who} acts: {cause.remedy}", markup=False, soft_wrap=True)
        for name, document in cause.documents.items():
            console.print(f"{name}:", markup=False)
            console.print_json(json.dumps(document))
