"""Browser origins: scheme, host and port exactly as a browser sends them in `Origin`."""

import re
from urllib.parse import urlsplit

from shared.errors import InvalidInputError

_DEFAULT_PORTS = {"http": 80, "https": 443}
_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\]")


def parse_origin(text: str) -> str:
    """Return the origin as browsers serialize it, or raise InvalidInputError (field `origins`).

    An origin is `scheme://host` with a port unless it is the scheme's default; no path, no
    wildcard, lower case, international names in their ASCII form (RFC 6454, 6.2).
    """
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise _refused("it is not a URL") from error
    if parts.scheme not in _DEFAULT_PORTS:
        raise _refused("it must start with https:// or http://")
    if (
        "@" in parts.netloc
        or parts.path
        or parts.query
        or parts.fragment
        or text.endswith(("?", "#"))
    ):
        raise _refused("it must be a scheme, a host and perhaps a port, with nothing after them")
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else (parts.hostname or "")
    if not _HOST.fullmatch(host):
        raise _refused("its host must be a name or address in ASCII, without a wildcard")
    if port is None or port == _DEFAULT_PORTS[parts.scheme]:
        return f"{parts.scheme}://{host}"
    return f"{parts.scheme}://{host}:{port}"


def _refused(why: str) -> InvalidInputError:
    return InvalidInputError(f"An origin was refused: {why}.", field="origins")
