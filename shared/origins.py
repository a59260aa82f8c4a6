"""Browser origins: scheme, host and port exactly as a browser sends them in `Origin`."""

import re
from ipaddress import AddressValueError, IPv4Address, IPv6Address

from shared.errors import InvalidInputError

_DEFAULT_PORTS = {"http": 80, "https": 443}
_ORIGIN = re.compile(
    r"(?P<scheme>https?)://(?P<host>\[[0-9a-f:.]+\]|[a-z0-9_.-]+)(?::(?P<port>[0-9]{1,5}))?"
)
_LABEL = r"(?!-)[a-z0-9_-]{1,63}(?<!-)"
_NAME = re.compile(rf"(?=.{{1,253}}\Z){_LABEL}(?:\.{_LABEL})*")
_NUMBER = re.compile(r"(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)")


def parse_origin(text: str) -> str:
    """Return the origin as browsers serialize it, or raise InvalidInputError (field `origins`).

    An origin is `scheme://host` with a port unless it is the scheme's default; no path, no
    wildcard, lower case, international names in their ASCII form (RFC 6454, 6.2).
    """
    match = _ORIGIN.fullmatch(text.lower()) if text.isascii() else None
    if match is None:
        raise _refused(
            "it must be http:// or https://, a host in ASCII without a wildcard and perhaps a port,"
            " with nothing around them"
        )
    scheme, host = match["scheme"], _host(match["host"])
    port = int(match["port"] or _DEFAULT_PORTS[scheme])
    if not 0 < port < 65536:  # noqa: PLR2004
        raise _refused("a port is a number from 1 to 65535")
    return f"{scheme}://{host}" if port == _DEFAULT_PORTS[scheme] else f"{scheme}://{host}:{port}"


def _host(host: str) -> str:
    """Write a host as browsers do (URL Standard, "host parsing"): a number is an address."""
    try:
        if host.startswith("["):
            return f"[{IPv6Address(host[1:-1]).compressed}]"
        if _NUMBER.fullmatch(host):
            return str(IPv4Address(host))
    except AddressValueError as error:
        raise _refused("its host is not an address") from error
    if not _NAME.fullmatch(host):
        raise _refused("its host is not a name")
    return host


def _refused(why: str) -> InvalidInputError:
    return InvalidInputError(f"An origin was refused: {why}.", field="origins")
