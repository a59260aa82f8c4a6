"""The page and the module of a browser check, as browsers get them."""

from base64 import b64encode
from hashlib import sha256
from pathlib import Path

_FOLDER = Path(__file__).parent

PAGE = (_FOLDER / "page.html").read_text("utf-8")
SCRIPTS = {name: (_FOLDER / name).read_text("utf-8") for name in ("check.js", "page.js")}

_STYLE = PAGE.partition("<style>")[2].partition("</style>")[0]
_STYLE_HASH = b64encode(sha256(_STYLE.encode()).digest()).decode()


def page_policy(store: str) -> str:
    """Return the page's Content-Security-Policy: its own files, and the store's one object."""
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            f"style-src 'sha256-{_STYLE_HASH}'",
            f"img-src {store}",
            f"connect-src 'self' {store}",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        )
    )
