"""Near origins: what people write into CORS rules when they mean an origin."""

from urllib.parse import urlsplit

_OTHER_SCHEME = {"http": "https", "https": "http"}
_DEFAULT_PORTS = {"http": 80, "https": 443}


def near_origins(origin: str) -> tuple[str, ...]:
    """Return what looks like the origin and is another one to a browser.

    A server compares text, so one that was told `https://app.example/` allows just that.
    """
    parts = urlsplit(origin)
    host = parts.netloc.rpartition(":")[0] if parts.port else parts.netloc
    other_port = host if parts.port else f"{host}:{_DEFAULT_PORTS[parts.scheme]}"
    return (
        f"{_OTHER_SCHEME[parts.scheme]}://{parts.netloc}",
        f"{origin}/",
        f"{parts.scheme}://{other_port}",
        parts.netloc,
    )
