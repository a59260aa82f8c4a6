"""The Host header of an endpoint, which signatures are made over."""

from urllib.parse import SplitResult

_DEFAULT_PORTS = {"http": 80, "https": 443}


def host_header(url: SplitResult) -> str:
    """Return what a client sends: the host in lower case, and a port that is not the usual one."""
    host = url.hostname or ""
    if ":" in host:
        host = f"[{host}]"
    if url.port is not None and url.port != _DEFAULT_PORTS.get(url.scheme):
        return f"{host}:{url.port}"
    return host
