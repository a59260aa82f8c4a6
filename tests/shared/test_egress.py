"""The egress guard refuses what is not public, and connects to what it checked."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from ipaddress import IPv4Address, ip_address

import aiohttp
import httpx
import pytest

from shared.egress import EgressGuard, is_public
from shared.errors import EndpointNotAllowedError

PUBLIC = EgressGuard(allow_private=False)
ON_PREMISES = EgressGuard(allow_private=True)
TIMEOUT = httpx.Timeout(5)

NOT_PUBLIC = [
    "0.0.0.0",
    "10.1.2.3",
    "100.64.0.1",
    "127.0.0.1",
    "127.255.0.9",
    "169.254.169.254",
    "172.31.255.255",
    "192.0.0.170",
    "192.88.99.1",
    "192.168.1.1",
    "198.19.0.1",
    "203.0.113.7",
    "224.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::7f00:1",
    "::ffff:8.8.8.8",
    "::ffff:10.0.0.1",
    "64:ff9b::808:808",
    "64:ff9b:1::1",
    "2001:0:4136:e378::1",
    "2001:db8::1",
    "2002:7f00:1::1",
    "3fff::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%2",
    "2600::1%2",
    "ff02::1",
]


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_an_address_that_is_not_global_unicast_is_not_public(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize(
    "address", ["1.1.1.1", "52.219.0.1", "100.63.0.1", "172.32.0.1", "2600:1fa0::1", "2a05:d07a::1"]
)
def test_a_global_unicast_address_is_public(address: str) -> None:
    assert is_public(ip_address(address))


@pytest.mark.parametrize(
    "url",
    [
        "https://minio.example",
        "https://minio.example/",
        "https://minio.example:9000",
        "https://xn--bcher-kva.example",
        "https://my_store.example",
        "https://8.8.8.8:8443",
        "https://[2600:1fa0::1]:8443",
    ],
)
def test_a_public_https_endpoint_is_allowed(url: str) -> None:
    PUBLIC.check_endpoint(url)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "minio.example",
        "http://minio.example",
        "ftp://minio.example",
        "file:///etc/passwd",
        "https://",
        "https://:443",
        "https://user@minio.example",
        "https://user:secret@minio.example",
        "https://minio.example\\@10.0.0.1",
        "https://minio.example/path",
        "https://minio.example/?query",
        "https://minio.example?query",
        "https://minio.example#fragment",
        "https://minio.example:0",
        "https://minio.example:65536",
        "https://minio.example:99999999999",
        "https://minio..example",
        "https://" + "a" * 64 + ".example",
        "https://minio.example\n",
        "https://minio .example",
        " https://minio.example",
        "https://b\u00fccher.example",
        "https://minio.example%00",
        "https://127.1",
        "https://2130706433",
        "https://0x7f000001",
        "https://0x7f.1",
        "https://0177.0.0.1",
        "https://minio.1",
        "https://[::1",
        "https://[fe80::1%25eth0]",
        "https://[1.2.3.4]",
        *(f"https://{address}" for address in NOT_PUBLIC if ":" not in address),
        *(f"https://[{address}]" for address in NOT_PUBLIC if ":" in address),
    ],
)
def test_an_endpoint_that_is_not_public_https_is_refused(url: str) -> None:
    with pytest.raises(EndpointNotAllowedError):
        PUBLIC.check_endpoint(url)


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:4566", "http://ceph.internal:8080", "http://[fd12::1]", "https://10.0.0.5"],
)
def test_an_operator_may_allow_stores_on_premises(url: str) -> None:
    ON_PREMISES.check_endpoint(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254",
        "http://[fd00:ec2::254]",
        "http://[::ffff:169.254.169.254]",
        "http://[fe80::1]",
        "http://0.0.0.0",
        "http://user@ceph.internal",
        "http://127.1",
    ],
)
def test_not_even_then_may_metadata_services_be_reached(url: str) -> None:
    with pytest.raises(EndpointNotAllowedError):
        ON_PREMISES.check_endpoint(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://hooks.example",
        "https://hooks.example:8443/mooring?to=a%20b&x=1",
        "https://hooks.example?to=a",
        "https://8.8.8.8/a/b;c=d",
    ],
)
def test_a_url_is_an_endpoint_with_a_path_and_a_query(url: str) -> None:
    PUBLIC.check_url(url)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http://hooks.example/a",
        "ftp://hooks.example/a",
        "https:///a",
        "https://user@hooks.example/a",
        "https://hooks.example/a#fragment",
        "https://hooks.example/a b",
        "https://hooks.example/a\n",
        "https://hooks.example\\@10.0.0.1/a",
        "https://hooks.example/\\10.0.0.1",
        "https://hooks.example/\u00e4",
        "https://hooks.example:0/a",
        "https://10.0.0.1/a",
        "https://[::1]/a",
        "https://2130706433/a",
    ],
)
def test_a_url_that_is_not_at_a_public_https_endpoint_is_refused(url: str) -> None:
    with pytest.raises(EndpointNotAllowedError):
        PUBLIC.check_url(url)


class Names:
    """A name server that gives the next answer of a list to each question."""

    def __init__(self) -> None:
        self.answers: dict[str, Iterator[list[str]]] = {}

    def say(self, name: str, *answers: list[str]) -> None:
        self.answers[name] = iter(answers)

    def getaddrinfo(
        self, host: str, port: int, *_: object, **__: object
    ) -> list[tuple[int, int, int, str, tuple[str, int]]]:
        if host not in self.answers:
            raise socket.gaierror(socket.EAI_NONAME, "unknown")
        return [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))
            for address in next(self.answers[host])
        ]


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Names:
    names = Names()
    monkeypatch.setattr(socket, "getaddrinfo", names.getaddrinfo)
    return names


async def test_a_name_with_one_private_address_among_public_ones_is_refused(names: Names) -> None:
    names.say("half.example", ["1.1.1.1", "10.0.0.1"])
    with pytest.raises(EndpointNotAllowedError):
        await PUBLIC.resolve("half.example", 443)


async def test_a_name_with_public_addresses_is_resolved_to_all_of_them(names: Names) -> None:
    names.say("whole.example", ["1.1.1.1", "8.8.8.8"])
    assert await PUBLIC.resolve("whole.example", 443) == [
        IPv4Address("1.1.1.1"),
        IPv4Address("8.8.8.8"),
    ]


@asynccontextmanager
async def serving(answer: bytes) -> AsyncIterator[tuple[int, list[bytes]]]:
    """Serve one fixed HTTP answer on loopback, noting what was asked."""
    asked: list[bytes] = []

    async def answer_one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(answer)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer_one, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1], asked


OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"


async def test_the_http_client_connects_to_the_address_that_was_checked(names: Names) -> None:
    names.say("store.example", ["127.0.0.1"])  # a second question would have no answer
    async with serving(OK) as (port, asked), ON_PREMISES.client(timeout=TIMEOUT) as client:
        answer = await client.get(f"http://store.example:{port}/x")
    assert answer.text == "ok"
    assert f"\r\nHost: store.example:{port}\r\n".lower().encode() in asked[0].lower()


async def test_the_http_client_checks_each_new_connection(names: Names) -> None:
    names.say("rebinding.example", ["127.0.0.1"], ["169.254.169.254"])
    async with serving(OK) as (port, _), ON_PREMISES.client(timeout=TIMEOUT) as client:
        assert (await client.get(f"http://rebinding.example:{port}/")).status_code == 200
        with pytest.raises(EndpointNotAllowedError):
            await client.get(f"http://rebinding.example:{port}/")


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "2130706433", "localhost"])
async def test_the_http_client_reaches_no_private_address(host: str) -> None:
    async with serving(OK) as (port, asked), PUBLIC.client(timeout=TIMEOUT) as client:
        with pytest.raises(EndpointNotAllowedError):
            await client.get(f"http://{host}:{port}/")
    assert asked == []


async def test_the_http_client_tries_the_next_address_when_one_does_not_answer(
    names: Names,
) -> None:
    names.say("two.example", ["127.0.0.2", "127.0.0.1"])
    async with serving(OK) as (port, _), ON_PREMISES.client(timeout=TIMEOUT) as client:
        assert (await client.get(f"http://two.example:{port}/")).text == "ok"


async def test_a_name_without_an_address_is_a_connection_error(names: Names) -> None:
    names.say("other.example")
    async with ON_PREMISES.client(timeout=TIMEOUT) as client:
        with pytest.raises(httpx.ConnectError):
            await client.get("http://unknown.example/")


async def test_a_name_that_cannot_be_one_is_refused() -> None:
    with pytest.raises(EndpointNotAllowedError):
        await PUBLIC.resolve("a" * 64 + ".example", 443)


async def test_the_http_client_follows_no_redirect() -> None:
    redirect = (
        b"HTTP/1.1 307 Moved\r\nLocation: http://169.254.169.254/\r\n"
        b"Content-Length: 0\r\nConnection: close\r\n\r\n"
    )
    async with serving(redirect) as (port, _), ON_PREMISES.client(timeout=TIMEOUT) as client:
        assert (await client.get(f"http://127.0.0.1:{port}/")).status_code == 307


async def test_the_http_client_ignores_the_environments_proxy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    async with serving(OK) as (port, _), ON_PREMISES.client(timeout=TIMEOUT) as client:
        assert (await client.get(f"http://127.0.0.1:{port}/")).text == "ok"


async def test_the_resolver_for_aiohttp_is_guarded_in_the_same_way(names: Names) -> None:
    names.say("store.example", ["127.0.0.1"])
    names.say("bad.example", ["169.254.169.254"])
    async with (
        serving(OK) as (port, _),
        aiohttp.TCPConnector(resolver=ON_PREMISES.resolver()) as connector,
        aiohttp.ClientSession(connector=connector) as session,
    ):
        async with session.get(f"http://store.example:{port}/") as answer:
            assert await answer.text() == "ok"
        with pytest.raises(EndpointNotAllowedError):
            await session.get(f"http://bad.example:{port}/")
