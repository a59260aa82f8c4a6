"""The egress guard: an address that a customer gave us must be public, and stay the one checked.

The guard resolves a name for each connection, refuses it when any of its addresses is not public,
and connects to the very address that it checked, so that a name which changes its answer between
check and use gains nothing (DNS rebinding). Redirects and the environment's proxies would lead
around it: its httpx client uses neither, and an aiohttp client that uses its resolver must not.
"""

import asyncio
import re
import socket
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import TypeAlias

import httpcore
import httpx
from aiohttp.abc import AbstractResolver, ResolveResult

from shared.errors import EndpointNotAllowedError

Address: TypeAlias = IPv4Address | IPv6Address

# A whitelist in place of a URL parser: two parsers that disagree about one text are how such
# checks are passed. No user name, path, query, fragment or zone; names are ASCII (punycode).
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9])?"
_ENDPOINT = re.compile(
    r"(?P<scheme>https?)://"
    rf"(?:(?P<name>{_LABEL}(?:\.{_LABEL})*)|\[(?P<ipv6>[0-9A-Fa-f]*:[0-9A-Fa-f:.]+)\])"
    r"(?::(?P<port>[1-9][0-9]{0,4}))?/?"
)
# No fragment, since it would not be sent; nothing that parsers read in different ways.
_URL = re.compile(r"(?P<endpoint>https?://[^/?#@]*)(?P<rest>[/?][A-Za-z0-9._~!$&'()*+,;=:@%/?-]*)?")
_NUMBER = re.compile(r"[0-9]+|0[xX][0-9A-Fa-f]*")  # "IPv4 parser", URL Standard
_MAX_PORT = 65_535

# IANA, "IPv4 Special-Purpose Address Registry" and "IPv4 Multicast Address Space Registry"
_NOT_PUBLIC_IPV4 = [
    ip_network(block)
    for block in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",  # carrier-grade NAT
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
    )
]
# IANA, "IPv6 Global Unicast Address Assignments": what is outside of 2000::/3 is loopback, mapped
# IPv4, NAT64, unique local, link-local, multicast or unassigned.
_GLOBAL_IPV6 = ip_network("2000::/3")
_NOT_PUBLIC_IPV6 = [
    ip_network(block)
    for block in (
        "2001::/23",  # Teredo and other protocols that carry another address inside
        "2001:db8::/32",
        "2002::/16",  # 6to4
        "3fff::/20",
    )
]
# No object store lives here, not even a private one, but the metadata services of clouds do.
_NEVER = [
    ip_network(block)
    for block in (
        "0.0.0.0/8",
        "169.254.0.0/16",
        "224.0.0.0/4",
        "240.0.0.0/4",
        "::/128",
        "64:ff9b::/96",
        "64:ff9b:1::/48",
        "2001::/32",
        "2002::/16",
        "fd00:ec2::/32",
        "fe80::/10",
        "ff00::/8",
    )
]


class EgressGuard:
    """Decide where Mooring may connect to when a customer names the place.

    `allow_private` is for stores on the operator's own premises: it allows http and private
    addresses, but never link-local ones.
    """

    def __init__(self, *, allow_private: bool) -> None:
        self._allow_private = allow_private

    def check_endpoint(self, url: str) -> None:
        """Raise EndpointNotAllowedError unless this is `https://host[:port]` with a public host.

        A host that is a name is checked when it is resolved, for each connection.
        """
        parts = _ENDPOINT.fullmatch(url)
        if parts is None or int(parts["port"] or 443) > _MAX_PORT:
            raise EndpointNotAllowedError(
                "An endpoint is https://host or https://host:port, without a user, path or query."
            )
        if parts["scheme"] != "https" and not self._allow_private:
            raise EndpointNotAllowedError("An endpoint must use https.")
        host = parts["ipv6"] or parts["name"]
        # A name whose last label is a number is an IPv4 address to some and not to others: 127.1
        if parts["ipv6"] or _NUMBER.fullmatch(host.rpartition(".")[2]):
            self._check_literal(host)

    def check_url(self, url: str) -> None:
        """Raise EndpointNotAllowedError unless this is an endpoint with, maybe, path and query."""
        parts = _URL.fullmatch(url)
        if parts is None:
            raise EndpointNotAllowedError(
                "A URL is https://host/path, without a user or fragment and percent-encoded."
            )
        self.check_endpoint(parts["endpoint"])

    async def resolve(self, host: str, port: int) -> list[Address]:
        """Return the addresses of a host, all of them allowed.

        Raise EndpointNotAllowedError, or OSError when the name cannot be resolved.
        """
        loop = asyncio.get_running_loop()
        try:
            found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except UnicodeError as error:  # a label that is empty or longer than 63 characters
            raise EndpointNotAllowedError("The endpoint's host is not a valid name.") from error
        addresses = [ip_address(answer[4][0]) for answer in found]
        if not addresses or not all(self._allows(address) for address in addresses):
            raise EndpointNotAllowedError("The endpoint's host is not at a public address.")
        return addresses

    def resolver(self) -> AbstractResolver:
        """Return a resolver for aiohttp, which does not ask it about IP addresses."""
        return _GuardedResolver(self)

    def client(self, *, timeout: httpx.Timeout) -> httpx.AsyncClient:
        """Return an httpx client that connects only to what the guard allows."""
        tls = httpx.create_ssl_context()  # with the operator's SSL_CERT_FILE, if there is one
        transport = httpx.AsyncHTTPTransport(verify=tls, trust_env=False)
        # httpx offers no parameter for httpcore's network backend (encode/httpx, "Transports").
        transport._pool = httpcore.AsyncConnectionPool(  # noqa: SLF001
            ssl_context=tls, network_backend=_GuardedBackend(self)
        )
        return httpx.AsyncClient(
            transport=transport, timeout=timeout, trust_env=False, follow_redirects=False
        )

    def _check_literal(self, host: str) -> None:
        try:
            address = ip_address(host)
        except ValueError as error:
            raise EndpointNotAllowedError("The endpoint's host is not a valid address.") from error
        if not self._allows(address):
            raise EndpointNotAllowedError("The endpoint's host is not a public address.")

    def _allows(self, address: Address) -> bool:
        if not self._allow_private:
            return is_public(address)
        if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        return not any(address in block for block in _NEVER)


def is_public(address: Address) -> bool:
    """Say whether an address is global unicast and carries no other address inside."""
    if isinstance(address, IPv4Address):
        return not any(address in block for block in _NOT_PUBLIC_IPV4)
    if address.scope_id is not None:
        return False
    return address in _GLOBAL_IPV6 and not any(address in block for block in _NOT_PUBLIC_IPV6)


class _GuardedResolver(AbstractResolver):
    """Resolve for aiohttp, which then connects to these addresses without asking again."""

    def __init__(self, guard: EgressGuard) -> None:
        self._guard = guard

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        del family  # whichever the host has
        return [
            ResolveResult(
                hostname=host,
                host=str(address),
                port=port,
                family=socket.AF_INET if isinstance(address, IPv4Address) else socket.AF_INET6,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for address in await self._guard.resolve(host, port)
        ]

    async def close(self) -> None:
        """Hold nothing."""


class _GuardedBackend(httpcore.AsyncNetworkBackend):
    """Connect for httpcore, which keeps the host's name for TLS and the Host header."""

    def __init__(self, guard: EgressGuard) -> None:
        self._guard = guard
        self._backend = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's interface
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        try:
            addresses = await self._guard.resolve(host, port)
        except OSError as error:
            raise httpcore.ConnectError("The host's name cannot be resolved.") from error
        for address in addresses[:-1]:
            try:
                return await self._backend.connect_tcp(
                    str(address), port, timeout, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        return await self._backend.connect_tcp(
            str(addresses[-1]), port, timeout, local_address, socket_options
        )
