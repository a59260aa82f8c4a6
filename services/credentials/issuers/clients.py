"""AWS clients of the vault's own identity: one for each service and region, open until the end."""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass
from itertools import chain
from types import TracebackType
from typing import TYPE_CHECKING, Self

import aioboto3
from aiobotocore.config import AioConfig
from pydantic import SecretStr

from services.credentials.setup.policies import dns_suffix

if TYPE_CHECKING:  # the stubs are a tool of development
    from types_aiobotocore_iam import IAMClient
    from types_aiobotocore_sts import STSClient

CONNECT_SECONDS = 5
READ_SECONDS = 10  # STS answers within a second; a report may not hang on one question
ATTEMPTS = 3
PARTITIONS = ("aws", "aws-cn", "aws-us-gov")  # those whose ARNs we read


@dataclass(frozen=True, slots=True)
class AwsAddress:
    """Where AWS is. Endpoints are None for AWS's own."""

    home_region: str
    s3_endpoint: str | None = None
    sts_endpoint: str | None = None
    iam_endpoint: str | None = None


class AwsClients:
    """Open clients with our keys, or with what the SDK finds in the environment."""

    def __init__(
        self, address: AwsAddress, access_key_id: str | None, secret_access_key: SecretStr | None
    ) -> None:
        self._address = address
        self._session = aioboto3.Session(
            aws_access_key_id=access_key_id,
            aws_secret_access_key=_open(secret_access_key),
        )
        self._stack = AsyncExitStack()
        self._lock = asyncio.Lock()
        self._sts: dict[str, STSClient] = {}
        self._iam: IAMClient | None = None
        self._regions: frozenset[str] | None = None

    async def sts(self, region: str) -> "STSClient":
        """Return the client of a region's own STS, whose tokens work in every region.

        Tokens of the global endpoint do not in regions that must be enabled (IAM User Guide,
        "Managing AWS STS in an AWS Region"). A region that the SDK does not know, which a caller
        may have made up, is asked at home: the clients that are kept are as many as AWS's regions.
        """
        async with self._lock:
            home = self._address.home_region
            place = region if region in await self._known_regions() else home
            if place not in self._sts:
                endpoint = self._address.sts_endpoint or _sts_endpoint(place)
                self._sts[place] = await self._stack.enter_async_context(
                    self._session.client(
                        "sts", region_name=place, endpoint_url=endpoint, config=_config()
                    )
                )
            return self._sts[place]

    async def iam(self) -> "IAMClient":
        """Return the client of IAM, which is global."""
        async with self._lock:
            if self._iam is None:
                self._iam = await self._stack.enter_async_context(
                    self._session.client(
                        "iam",
                        region_name=self._address.home_region,
                        endpoint_url=self._address.iam_endpoint,
                        config=_config(),
                    )
                )
            return self._iam

    async def _known_regions(self) -> frozenset[str]:
        if self._regions is None:
            found = [
                await self._session.get_available_regions("sts", partition_name=partition)
                for partition in PARTITIONS
            ]
            self._regions = frozenset(chain.from_iterable(found))
        return self._regions

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._stack.__aexit__(kind, error, trace)


def _sts_endpoint(region: str) -> str:
    partition = "aws-cn" if region.startswith("cn-") else "aws"
    return f"https://sts.{region}.{dns_suffix(partition)}"


def _config() -> AioConfig:
    return AioConfig(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        retries={"total_max_attempts": ATTEMPTS, "mode": "standard"},
    )


def _open(secret: SecretStr | None) -> str | None:
    return None if secret is None else secret.get_secret_value()
