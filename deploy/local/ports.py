"""TCP ports on loopback: is one free, and which setting to change when it is not."""

import errno
import socket

from deploy.local.errors import LocalStackError

LOOPBACK = "127.0.0.1"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


def is_free(port: int) -> bool:
    """Tell whether nobody listens on `port`; other obstacles than that are raised."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do
        try:
            probe.bind((LOOPBACK, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return False
            raise
    return True


def require_free(port: int, *, what: str, setting: str) -> None:
    """Raise the sentence that names the `setting` to change when `port` cannot be had."""
    try:
        free = is_free(port)
    except OSError as error:
        raise LocalStackError(
            f"Port {port} for {what} cannot be used ({error.strerror}): set {setting} to another."
        ) from error
    if not free:
        raise LocalStackError(f"Port {port} for {what} is taken: set {setting} to a free one.")
