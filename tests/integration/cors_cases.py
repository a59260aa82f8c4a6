"""CORS cases: how servers answer, rightly and wrongly, and what viewers ask."""

from collections.abc import Iterator, Mapping

from services.credentials.access.cors_verdicts import CorsRequest
from tests.integration.cors_server import Answers, Given, Headers

ALLOW, METHODS, HEADERS, EXPOSE = (
    f"Access-Control-{what}"
    for what in ("Allow-Origin", "Allow-Methods", "Allow-Headers", "Expose-Headers")
)
MAX_AGE = "Access-Control-Max-Age"
VIEWERS = "range, if-match, if-none-match"


def read_requests(origin: str) -> dict[str, CorsRequest]:
    """Return what viewers ask, by a name; `image` is asked by an element and not by a script."""

    def asking(**headers: str) -> CorsRequest:
        return CorsRequest(
            origin, headers={name.replace("_", "-"): headers[name] for name in headers}
        )

    return {
        "image": CorsRequest(origin),
        "get": CorsRequest(origin),
        "head": CorsRequest(origin, "HEAD"),
        "part": asking(Range="bytes=0-0"),
        "rest": asking(Range="bytes=1-"),
        "end": asking(Range="bytes=-1"),
        "parts": asking(Range="bytes=0-0,2-3"),
        "same": asking(If_Match="*"),
        "part-of-same": asking(Range="bytes=0-0", If_Match="*"),
        "named": asking(X_Viewer="1"),
        "several": asking(X_Viewer="1", If_None_Match='"e"', Range="bytes=-1"),
    }


def server_answers(origin: str) -> dict[str, Answers]:
    """Return how servers answer pages of an origin, by a name."""
    return {
        **dict(_origins(origin)),
        **dict(_preflights([(ALLOW, origin)])),
        **dict(_reads([(ALLOW, origin)])),
    }


def _origins(origin: str) -> Iterator[tuple[str, Answers]]:
    """Yield what servers say of the origin, the same to a preflight and to the read."""
    scheme, rest = origin.split("://")
    host = rest.partition(":")[0]
    values = {
        "origin-exact": origin,
        "origin-any": "*",
        "origin-spaces": f"  {origin} ",
        "origin-other": "https://other.example",
        "origin-null": "null",
        "origin-empty": "",
        "origin-upper": origin.upper(),
        "origin-upper-scheme": f"{scheme.upper()}://{rest}",
        "origin-slash": f"{origin}/",
        "origin-path": f"{origin}/viewer",
        "origin-scheme": f"https://{rest}",
        "origin-no-port": f"{scheme}://{host}",
        "origin-other-port": f"{scheme}://{host}:1",
        "origin-host": rest,
        "origin-pattern": f"{scheme}://*",
        "origin-two": f"{origin}, https://other.example",
        "origin-two-spaced": f"{origin} https://other.example",
        "origin-twice": f"{origin}, {origin}",
        "origin-any-twice": "*, *",
        "origin-any-and": f"*, {origin}",
    }
    for name, value in values.items():
        yield name, _both([(ALLOW, value)])
    yield "origin-none", _both([])
    yield "origin-lines", _both([(ALLOW, origin), (ALLOW, origin)])
    yield "origin-lines-other", _both([(ALLOW, "https://other.example"), (ALLOW, origin)])
    yield "origin-lower-name", _both([(ALLOW.lower(), origin)])
    yield "origin-varies", _both([(ALLOW, origin), ("Vary", "Origin")])
    yield (
        "origin-no-credentials",
        _both([(ALLOW, origin), ("Access-Control-Allow-Credentials", "no")]),
    )


def _both(headers: Headers) -> Answers:
    return Answers(Given(200, headers), Given(200, [*headers, (HEADERS, f"{VIEWERS}, x-viewer")]))


def _preflights(allow: Headers) -> Iterator[tuple[str, Answers]]:
    """Yield answers to preflights; the read itself is always allowed."""

    def case(*headers: tuple[str, str], status: int = 200) -> Answers:
        return Answers(Given(200, allow), Given(status, [*allow, *headers]))

    full = (HEADERS, f"{VIEWERS}, x-viewer")
    for status in (200, 201, 204, 299, 301, 302, 307, 308, 400, 403, 404, 405, 500, 503):
        location = [("Location", "/elsewhere")] if status in {301, 302, 307, 308} else []
        yield f"preflight-{status}", case(full, *location, status=status)
    values = {
        "all": "*",
        "all-and": "*, range",
        "upper": VIEWERS.upper(),
        "tight": "range,if-match,if-none-match,x-viewer",
        "gaps": " ,range,, if-match ,",
        "range": "range",
        "match": "if-match",
        "empty": "",
        "authorization": "authorization",
        "pattern": "if-*",
        "spaced": "range if-match",
        "weighted": "range;q=1, if-match",
        "quoted": '"range", "if-match"',
        "brackets": "(range)",
    }
    for name, value in values.items():
        yield f"headers-{name}", case((HEADERS, value))
    yield "headers-none", case()
    yield "headers-lines", case((HEADERS, "range"), (HEADERS, "if-match"))
    for name, value in {
        "all": "*",
        "get": "GET",
        "lower": "get",
        "put": "PUT",
        "empty": "",
        "broken": "GET; HEAD",
        "at": "GET, @",
    }.items():
        yield f"methods-{name}", case(full, (METHODS, value))
    for name, value in {"zero": "0", "long": "86400", "words": "soon", "negative": "-1"}.items():
        yield f"age-{name}", case(full, (MAX_AGE, value))
    silent = Given(200, [full])
    yield "preflight-silent", Answers(Given(200, allow), silent)
    yield "preflight-any", Answers(Given(200, allow), Given(200, [(ALLOW, "*"), full]))
    yield "preflight-alone", Answers(Given(), Given(200, [*allow, full]))


def _reads(allow: Headers) -> Iterator[tuple[str, Answers]]:
    """Yield answers to the read itself; preflights are always allowed."""
    preflight = Given(200, [*allow, (HEADERS, f"{VIEWERS}, x-viewer")])

    def case(*headers: tuple[str, str], status: int = 200) -> Answers:
        return Answers(Given(status, [*allow, *headers]), preflight)

    for status in (206, 400, 403, 404, 416, 500, 503):
        yield f"read-{status}", case(status=status)
        yield f"read-{status}-silent", Answers(Given(status), preflight)
    for status in (301, 302, 303, 307, 308):
        yield f"read-{status}", case(("Location", "/elsewhere"), status=status)
    yield "read-redirect-silent", Answers(Given(302, [("Location", "/elsewhere")]), preflight)
    shown = [("ETag", '"e"'), ("Content-Range", "bytes 0-0/42"), ("Accept-Ranges", "bytes")]
    values: Mapping[str, tuple[str, ...]] = {
        "none": (),
        "all": ("*",),
        "all-and": ("*, etag",),
        "some": ("ETag",),
        "every": ("etag, content-range, ACCEPT-RANGES",),
        "lines": ("etag", "content-range"),
        "broken": ("e tag, content-range",),
        "weighted": ("etag;q=1",),
        "other": ("x-request-id",),
    }
    for name, lines in values.items():
        yield f"exposed-{name}", case(*shown, *((EXPOSE, line) for line in lines))


def kept_copies() -> dict[str, Headers]:
    """Return what servers say of a read without `Origin`, of which browsers keep copies or not."""
    old = "Sat, 01 Nov 2025 02:00:00 GMT"
    return {
        "aged": [("Last-Modified", old)],
        "nothing": [],
        "max-age": [("Cache-Control", "max-age=600")],
        "private": [("Cache-Control", "private, max-age=600")],
        "max-age-zero": [("Cache-Control", "max-age=0")],
        "immutable": [("Cache-Control", "max-age=600, immutable")],
        "no-store": [("Cache-Control", "no-store"), ("Last-Modified", old)],
        "no-cache": [("Cache-Control", "no-cache"), ("Last-Modified", old)],
        "no-cache-max-age": [("Cache-Control", "max-age=600, no-cache")],
        "must-revalidate": [("Cache-Control", "must-revalidate"), ("Last-Modified", old)],
        "expired": [("Expires", old)],
        "expires-zero": [("Expires", "0"), ("Last-Modified", old)],
        "expires": [("Expires", "Sat, 01 Nov 2036 02:00:00 GMT")],
        "varies": [("Cache-Control", "max-age=600"), ("Vary", "Origin")],
        "varies-lower": [("Cache-Control", "max-age=600"), ("Vary", "accept-encoding, origin")],
        "varies-other": [("Cache-Control", "max-age=600"), ("Vary", "Accept-Encoding")],
        "varies-all": [("Cache-Control", "max-age=600"), ("Vary", "*")],
        "allows-any": [("Cache-Control", "max-age=600"), (ALLOW, "*")],
    }
