"""The demo's AWS: S3, STS and IAM on loopback, with an account for us and one for the customer.

    with start_aws(data_dir, port=8577) as cloud:
        cloud.client("s3", cloud.customer)

MiniStack in an environment of its own (`.venv-cloud`) enforces ExternalIds, policies, CORS and
presigned URLs; aws_server.py says what we correct. What is in it survives a restart.
"""

import importlib.metadata
import json
import os
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, ClassVar, Literal

import httpx
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.session import Session

from deploy.local.clouds import aws_server
from deploy.local.directories import make_directory
from deploy.local.errors import LocalStackError
from deploy.local.ports import LOOPBACK, free_port, require_free
from deploy.local.processes import Processes, Program
from deploy.local.secret_files import write_secret
from deploy.local.settings import REPOSITORY
from shared.uris import Provider

ENVIRONMENT = REPOSITORY / ".venv-cloud"
PORT_SETTING = "MOORING_CLOUD_PORT"
HOME_REGION = "us-east-1"

VAULT_USER = "mooring-vault"
VAULT_PATH = "/mooring/"


@dataclass(frozen=True, slots=True)
class Keys:
    """Keys of an account's root, of an IAM user, or, with a token, of a role session."""

    access_key_id: str
    secret_access_key: str = field(repr=False)
    session_token: str | None = field(default=None, repr=False)


# A key id of twelve digits is the root user of that account; its secret is not looked at.
VENDOR = Keys("111111111111", "root-of-the-vendor")
CUSTOMER = Keys("222222222222", "root-of-the-customer")


@dataclass(frozen=True, slots=True)
class AwsCloud:
    """The running cloud; `vault` is the IAM user that customers trust."""

    endpoint: str
    principal_arn: str
    vault: Keys
    processes: Processes
    vendor: Keys = VENDOR
    customer: Keys = CUSTOMER
    provider: ClassVar[Provider] = Provider.S3
    title: ClassVar[str] = "Amazon S3"
    lasts: ClassVar[bool] = True
    certificates: ClassVar[None] = None

    def environment(self) -> dict[str, str]:
        return {
            "MOORING_AWS_S3_ENDPOINT": self.endpoint,
            "MOORING_AWS_STS_ENDPOINT": self.endpoint,
            "MOORING_AWS_IAM_ENDPOINT": self.endpoint,
            "MOORING_AWS_PRINCIPAL_ARN": self.principal_arn,
            "MOORING_AWS_ACCESS_KEY_ID": self.vault.access_key_id,
            "MOORING_AWS_SECRET_ACCESS_KEY": self.vault.secret_access_key,
        }

    def check(self) -> None:
        self.processes.check()

    # botocore builds its clients at run time, so there is no type to name.
    def client(
        self, service: Literal["s3", "sts", "iam", "kms"], keys: Keys, *, region: str = HOME_REGION
    ) -> Any:
        """Return a client of the SDK that acts with `keys`."""
        return make_client(self.endpoint, service, keys, region=region)


@contextmanager
def start_aws(data_dir: Path, *, port: int = 0, layers: Sequence[str] = ()) -> Iterator[AwsCloud]:
    """Start the cloud whose state is in `data_dir`; stop it at the end of the block.

    Port 0 takes a free one. `layers` are ASGI layers in front of it, as `FILE:CLASS`.

    Raises:
        LocalStackError: it is not installed, not the right version, or the port is taken.
    """
    require_version()
    chosen = port or free_port()
    require_free(chosen, what="the demo cloud", setting=PORT_SETTING)
    endpoint = f"http://{LOOPBACK}:{chosen}"
    state = make_directory(data_dir / "cloud")
    with Processes(data_dir) as processes:
        processes.start(
            Program(
                name="cloud",
                command=command(layers),
                environment=environment(state, chosen),
                ready_url=f"{endpoint}/_ministack/ready",
                on_our_death=signal.SIGTERM,  # it saves its state and ends within 0.1 s
            )
        )
        processes.await_ready()
        require_enforcement(endpoint)
        principal_arn, vault = keep_vault_user(endpoint, data_dir / "secrets" / "vault-keys.json")
        yield AwsCloud(endpoint, principal_arn, vault, processes)


def require_version() -> None:
    """Raise unless `.venv-cloud` holds the version that the corrections are written for."""
    places = [str(place) for place in ENVIRONMENT.glob("lib/python*/site-packages")]
    found = [one.version for one in importlib.metadata.distributions(name="ministack", path=places)]
    if not found:
        raise LocalStackError(
            "The demo cloud is not installed: run `make setup`, or set MOORING_DEMO=off to start "
            "without it."
        )
    if found != [aws_server.VERSION]:
        raise LocalStackError(
            f"The demo cloud needs ministack {aws_server.VERSION}, but .venv-cloud has "
            f"{', '.join(found)}: run `make setup`."
        )


def require_enforcement(endpoint: str) -> None:
    """Raise unless it refuses what AWS refuses: without AUTH every key and policy passes."""
    health = httpx.get(f"{endpoint}/_ministack/health", trust_env=False).json()
    if (health["version"], health["auth"]) != (aws_server.VERSION, "enabled"):
        raise LocalStackError(
            f"The demo cloud says that it is ministack {health['version']} with authorization "
            f"{health['auth']}; it must be {aws_server.VERSION} with authorization enabled."
        )


def command(layers: Sequence[str]) -> tuple[str, ...]:
    python = ENVIRONMENT / "bin" / "python"
    words = [str(python), str(Path(aws_server.__file__))]
    for layer in layers:
        words += ["--layer", layer]
    return tuple(words)


def environment(state: Path, port: int) -> dict[str, str]:
    return {
        "PATH": os.defpath,
        "TMPDIR": str(state),
        "AUTH": "true",
        "BIND_HOST": LOOPBACK,
        "GATEWAY_PORT": str(port),
        "SERVICES": "s3,sts,iam,kms",
        "SFTP_ENABLED": "0",
        "IOT_MTLS_ENABLED": "0",
        "LOG_LEVEL": "WARNING",
        "MINISTACK_REGION": HOME_REGION,
        "PERSIST_STATE": "1",
        "STATE_DIR": str(state / "state"),
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(state / "objects"),
    }


def keep_vault_user(endpoint: str, file: Path) -> tuple[str, Keys]:
    """Return our IAM user's ARN and keys, making what the cloud does not know."""
    iam = make_client(endpoint, "iam", VENDOR)
    try:
        user = iam.create_user(UserName=VAULT_USER, Path=VAULT_PATH)["User"]
    except iam.exceptions.EntityAlreadyExistsException:
        user = iam.get_user(UserName=VAULT_USER)["User"]
    iam.put_user_policy(
        UserName=VAULT_USER, PolicyName="vault", PolicyDocument=json.dumps(vault_policy())
    )
    kept = kept_keys(endpoint, file)
    if kept is None:
        for old in iam.list_access_keys(UserName=VAULT_USER)["AccessKeyMetadata"]:
            iam.delete_access_key(UserName=VAULT_USER, AccessKeyId=old["AccessKeyId"])
        made = iam.create_access_key(UserName=VAULT_USER)["AccessKey"]
        kept = Keys(made["AccessKeyId"], made["SecretAccessKey"])
        make_directory(file.parent)
        write_secret(file, json.dumps([kept.access_key_id, kept.secret_access_key]))
    return str(user["Arn"]), kept


def kept_keys(endpoint: str, file: Path) -> Keys | None:
    """Return the keys of an earlier start as long as the cloud knows them."""
    if not file.exists():
        return None
    keys = Keys(*json.loads(file.read_text()))
    try:
        make_client(endpoint, "sts", keys).get_caller_identity()
    except ClientError:  # the state was removed, or lost with the process
        return None
    return keys


def vault_policy() -> dict[str, object]:
    """Return what the vault needs: to assume roles, and to make one for each organization.

    On AWS the second resource would be `role/mooring/*`; MiniStack leaves the path out of it.
    """
    account = VENDOR.access_key_id
    verbs = ["CreateRole", "GetRole", "TagRole", "UpdateAssumeRolePolicy", "DeleteRole"]
    verbs += ["PutRolePolicy", "GetRolePolicy", "DeleteRolePolicy"]
    statements = [
        {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"},
        {
            "Effect": "Allow",
            "Action": [f"iam:{verb}" for verb in verbs],
            "Resource": f"arn:aws:iam::{account}:role/*",
        },
    ]
    return {"Version": "2012-10-17", "Statement": statements}


@cache
def sdk() -> Session:
    """Return one session of the SDK: each new one reads its service models from disk again."""
    return Session()


def make_client(endpoint: str, service: str, keys: Keys, *, region: str = HOME_REGION) -> Any:
    return sdk().create_client(
        service,
        region_name=region,
        endpoint_url=endpoint,
        aws_access_key_id=keys.access_key_id,
        aws_secret_access_key=keys.secret_access_key,
        aws_session_token=keys.session_token,
        config=Config(
            signature_version="s3v4" if service == "s3" else None,
            s3={"addressing_style": "path"},
            proxies={},
        ),
    )
