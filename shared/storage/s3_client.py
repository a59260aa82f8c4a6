"""The aioboto3 client of one bucket: how it signs, connects and retries; its listings stay raw."""

import ssl
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import cache, partial
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import aioboto3
import aiohttp
from aiobotocore.config import AioConfig
from aiobotocore.httpsession import AIOHTTPSession
from aiobotocore.session import AioSession
from botocore.exceptions import HTTPClientError
from botocore.handlers import _handle_200_error  # type: ignore[attr-defined]
from botocore.httpsession import create_urllib3_context, get_cert_path
from botocore.loaders import Loader

from shared.egress import EgressGuard
from shared.errors import AppError, BrokenListingError
from shared.leases import Bucket, SessionKeys
from shared.storage.guarding import is_guarded, require_allowed
from shared.storage.limits import LARGEST_ANSWER
from shared.storage.s3_errors import BROKEN_LISTING, translated_address_errors

if TYPE_CHECKING:
    from types_aiobotocore_s3.client import S3Client

RAW_PAGE = "MooringRawPage"
_ENDS = {
    "ListObjectsV2": b"</ListBucketResult>",
    "ListObjectVersions": b"</ListVersionsResult>",
}

ATTEMPTS = 3
_CONNECT_SECONDS = 10
_READ_SECONDS = 120  # between two packets; the store limits the whole
_FIRST_REFUSAL = 300  # statuses from here on


@asynccontextmanager
async def open_s3_client(
    bucket: Bucket, keys: SessionKeys, *, egress: EgressGuard, attempts: int = ATTEMPTS
) -> AsyncIterator["S3Client"]:
    """Open a client for one bucket, to be closed with the context.

    An endpoint of the customer's is reached through the guard, AWS's own are not. The answers to
    `list_objects_v2` and `list_object_versions` have their bytes under RAW_PAGE and are not parsed.
    Raise EndpointNotAllowedError, or InvalidInputError for a region that cannot be one.
    """
    require_allowed(bucket, egress)
    token = keys.session_token
    core = AioSession()
    core.register_component("data_loader", _sdk_models())
    async with AsyncExitStack() as stack:
        with translated_address_errors(bucket):
            session = aioboto3.Session(
                botocore_session=core,
                aws_access_key_id=keys.access_key_id,
                aws_secret_access_key=keys.secret_access_key.get_secret_value(),
                aws_session_token=token.get_secret_value() if token else None,
                region_name=bucket.region,
            )
            client = await stack.enter_async_context(
                session.client(
                    "s3",
                    endpoint_url=bucket.endpoint,
                    config=_config(bucket, egress, attempts, core.user_agent()),
                )
            )
        _adjust(client)
        yield client


def _adjust(client: "S3Client") -> None:
    events = client.meta.events
    events.register("before-call.s3", _stay_in_region)
    # botocore's search for an error in the body comes first: a second parse of each page. Moved
    # up to the service it comes after our handler, which leaves it nothing but what is broken.
    events.unregister("before-parse.s3.*", _handle_200_error)
    events.register("before-parse.s3", _handle_200_error)
    for operation, end in _ENDS.items():
        events.register(f"before-parse.s3.{operation}", partial(_keep_raw_page, end))


@cache
def _sdk_models() -> Loader:
    """Return the SDK's description of S3, which each session would read from disk for 40 ms."""
    return Loader()


def _config(bucket: Bucket, egress: EgressGuard, attempts: int, sdk: str) -> AioConfig:
    guarded = is_guarded(bucket)
    return AioConfig(
        # In the customer's access logs. The SDK makes up its own anew for each request, and twice,
        # which takes a sixth of the time of asking for a page.
        user_agent=f"Mooring {sdk}",
        http_session_cls=_StraightSession,
        connector_args={"resolver": egress.resolver()} if guarded else None,
        proxies={} if guarded else None,  # none, or the environment's
        signature_version="s3v4",
        ignore_configured_endpoint_urls=True,
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        connect_timeout=_CONNECT_SECONDS,
        read_timeout=_READ_SECONDS,
        retries={"mode": "standard", "total_max_attempts": attempts},
        s3={
            "addressing_style": "path" if bucket.path_style else "virtual",
            "us_east_1_regional_endpoint": "regional",
        },
    )


def _keep_raw_page(
    end: bytes, response_dict: dict[str, Any], customized_response_dict: dict[str, Any], **_: object
) -> None:
    """Take a whole listing away before botocore parses it, which would cost ten times our decoder.

    What does not look like a whole listing is left to botocore, which tries again.
    """
    if response_dict["status_code"] != 200:  # noqa: PLR2004
        return
    body = response_dict["body"]
    if body.rstrip().endswith(end):
        customized_response_dict[RAW_PAGE] = body
        response_dict["body"] = b""
    else:
        customized_response_dict[BROKEN_LISTING] = True


def _stay_in_region(context: dict[str, Any], **_: object) -> None:
    """Keep botocore's S3RegionRedirectorv2 from asking the bucket's other region in silence.

    A lease is signed for one region, so a wrong one must be seen. There is no switch for it; it
    leaves alone what it believes to have redirected already.
    """
    context.setdefault("s3_redirect", {})["redirected"] = True


@cache
def _tls(certificates: str | None) -> ssl.SSLContext:
    """Return what verifies servers; to read the certificates costs as much as ten pages."""
    context: ssl.SSLContext = create_urllib3_context()
    if certificates is not None:
        context.load_verify_locations(certificates)
    return context


class _StraightSession(AIOHTTPSession):
    """Send requests without following redirects, which aiohttp does if it is not told otherwise.

    A redirect would lead around the guard, and no signature is valid at another host.
    """

    _verify: Any
    _cert_file: str | None
    _max_pool_connections: int
    _connector_args: dict[str, Any]

    def _create_connector(self, proxy_url: str | None) -> aiohttp.TCPConnector:
        if proxy_url is not None or self._verify is False or self._cert_file is not None:
            return super()._create_connector(proxy_url)  # type: ignore[misc,no-any-return]
        return aiohttp.TCPConnector(
            limit=self._max_pool_connections,
            ssl=_tls(get_cert_path(self._verify)),
            **self._connector_args,
        )

    async def _get_session(self, proxy_url: str | None) -> SimpleNamespace:
        session = await super()._get_session(proxy_url)  # type: ignore[misc]
        session._response_class = _LimitedResponse  # noqa: SLF001 (aiobotocore makes the session)
        return SimpleNamespace(request=partial(session.request, allow_redirects=False))

    async def send(self, request: Any) -> Any:
        try:
            return await super().send(request)
        except HTTPClientError as error:
            cause = error.kwargs.get("error")
            if isinstance(cause, AppError):
                raise cause from error  # as it is, so that it is not tried again
            raise


class _LimitedResponse(aiohttp.ClientResponse):
    """Read an answer, which aiobotocore wants whole, only up to its limit."""

    async def read(self) -> bytes:
        if self._body is None:
            self._body = await self._read_limited()
        return self._body

    async def _read_limited(self) -> bytes:
        blocks: list[bytes] = []
        left = LARGEST_ANSWER
        try:
            while block := await self.content.readany():
                blocks.append(block)
                left -= len(block)
                if left < 0:
                    break
        except BaseException:
            self.close()
            raise
        if left >= 0:
            return b"".join(blocks)
        self.close()
        if self.status >= _FIRST_REFUSAL:
            return b""  # the status says enough
        raise BrokenListingError("The object store's answer is longer than any listing.")
