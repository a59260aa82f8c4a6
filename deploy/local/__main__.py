"""Everything on one machine: `python -m deploy.local up|demo|down|status|doctor|verify-report`."""

import signal
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.table import Table

from deploy.local.clouds.addresses import noted_addresses
from deploy.local.demo.run import run_demo
from deploy.local.demo.tenancy import Tenancy
from deploy.local.doctor import Complaint, examine
from deploy.local.errors import LocalStackError
from deploy.local.lock import find_holder
from deploy.local.ports import LOOPBACK
from deploy.local.processes import ask
from deploy.local.report_check import check_report_file
from deploy.local.services import endpoints
from deploy.local.settings import LocalSettings
from deploy.local.stack import LOCK, Stack, start_stack

WATCH_SECONDS = 0.5
STOP_SECONDS = 60.0  # `down` waits for an orderly stop; PostgreSQL alone may take 30 s

commands = typer.Typer(
    add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, help=__doc__
)
console = Console(highlight=False)


@commands.command()
def up() -> None:
    """Start everything, run the demo, and stay until Ctrl-C or `down`."""
    with told_plainly(), start_stack(LocalSettings.read(), say=say) as stack:
        tenancies = run_demo(stack, console)
        tell_where(stack)
        tell_how(stack, tenancies)
        say("Ctrl-C, or `make down` elsewhere, stops all of it.")
        while True:
            stack.check()
            time.sleep(WATCH_SECONDS)


@commands.command()
def demo() -> None:
    """Start everything, run the demo, stop everything; fail when a journey fails."""
    with told_plainly():
        settings = LocalSettings.read()
        if not settings.demo:
            raise LocalStackError("The demo needs a cloud: unset MOORING_DEMO.")
        with start_stack(settings, say=say) as stack:
            run_demo(stack, console)
        say("Every journey passed.")


@commands.command()
def down() -> None:
    """Stop what `up` started in another terminal."""
    with told_plainly():
        holder = find_holder(LocalSettings.read().data_dir / LOCK)
        if holder is None:
            say("Nothing runs.")
            return
        holder.stop([(signal.SIGTERM, STOP_SECONDS), (signal.SIGKILL, 5.0)])
        say("Stopped.")


@commands.command()
def status() -> None:
    """Say what runs and where."""
    with told_plainly():
        settings = LocalSettings.read()
        holder = find_holder(settings.data_dir / LOCK)
        say(f"Mooring runs as process {holder.pid}." if holder else "Mooring does not run here.")
        table = Table("", "where", "answers")
        for one in endpoints(settings):
            table.add_row(one.name, one.url, ask(f"{one.url}/readyz"))
        for title, url in (noted_addresses(settings.data_dir) if holder else {}).items():
            table.add_row(title, url, "stands in")
        if settings.database_url is None:
            server = find_holder(settings.data_dir / "postgres" / "lock")
            answer = "runs" if server else "does not run"
            table.add_row("PostgreSQL", f"{LOOPBACK}:{settings.postgres_port}", answer)
        console.print(table)
        say(f"Data, secrets and logs are in {settings.data_dir}.")


@commands.command()
def verify_report(
    report: Path,
    jwks: Annotated[Path, typer.Option(help="The public keys, as Mooring publishes them.")],
) -> None:
    """Check a signed access report, JSON or page; needs nothing that runs.

    Ends with 0 when the signature is good, 1 when the report is not to be trusted, and 2 when the
    files are no report and no keys.
    """
    raise typer.Exit(check_report_file(report, jwks, say))


@commands.command()
def doctor(
    uri: str,
    *,
    role_arn: Annotated[str | None, typer.Option(help="The role that is assumed.")] = None,
    external_id: Annotated[str | None, typer.Option(help="The credential's ExternalId.")] = None,
    principal_arn: Annotated[
        str | None, typer.Option(help="Whom the role's trust policy must name, for remedies.")
    ] = None,
    endpoint: Annotated[
        str | None, typer.Option(help="An S3-compatible store, for keys in the environment.")
    ] = None,
    region: Annotated[
        str | None, typer.Option(help="Where the bucket is, if it is silent.")
    ] = None,
    origin: Annotated[
        list[str] | None, typer.Option(help="A browser origin; may be repeated.")
    ] = None,
    allow_private: Annotated[bool, typer.Option(help="Reach private addresses too.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Run the checks of an access report from here, with the AWS credentials of this shell.

    Ends with 0 when access is valid and with 1 when it is not. Nothing is stored or written.
    """
    complaint = Complaint(
        uri,
        role_arn=role_arn,
        external_id=external_id,
        principal_arn=principal_arn,
        endpoint=endpoint,
        region=region,
        origins=origin or [],
        allow_private=allow_private,
    )
    with told_plainly():
        if not examine(complaint, console, as_json=as_json):
            raise typer.Exit(1)


def tell_where(stack: Stack) -> None:
    table = Table("", "where", "API")
    urls = {
        "vault": stack.credentials_url,
        "ingest": stack.ingest_url,
        "gateway": stack.presign_url,
    }
    for name, url in urls.items():
        table.add_row(name, url, f"{url}/docs")
    console.print(table)
    say(f"Secrets are in {stack.data_dir / 'secrets'}, logs in {stack.data_dir / 'logs'}.")


def tell_how(stack: Stack, tenancies: Mapping[str, Tenancy]) -> None:
    """Tell with which keys to go on, and where it is written."""
    for cloud, tenancy in tenancies.items():
        say(f"{cloud}: organization {tenancy.org_id}, its API key:\n{tenancy.api_key}")
        say(f"Try: curl -H 'Authorization: Bearer {tenancy.api_key}' \\")
        say(f"  {stack.ingest_url}/v1/datasets")
    say("Next: README.md, 'Connect a bucket of your own'.")


def say(text: str) -> None:
    console.print(text, markup=False, soft_wrap=True)


@contextmanager
def told_plainly() -> Iterator[None]:
    """End an expected failure with its sentence, and a request to stop with everything stopped."""
    # SIGINT too: in the background of a script it is ignored, and Python leaves that as it is.
    for asked in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(asked, stop_as_ctrl_c_does)
    try:
        yield
    except LocalStackError as error:
        console.print(str(error), style="red", markup=False, soft_wrap=True)
        raise typer.Exit(1) from error
    except KeyboardInterrupt:
        say("Stopped.")


def stop_as_ctrl_c_does(_number: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


if __name__ == "__main__":
    commands()
