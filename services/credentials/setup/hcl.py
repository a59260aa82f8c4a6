"""Text in HCL, Terraform's language: quoted so that it stays text."""

import json
import re

from services.credentials.setup.policies import Document

_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
# In a template a doubled sign stands for itself ("Strings and Templates", Terraform).
_TEMPLATE = re.compile(r"([$%])(?=\{)")
_CONTROL = 0x20
_DELETE = 0x7F


def hcl_text(text: str) -> str:
    """Return a text as a quoted literal of HCL."""
    escaped = "".join(_escape(character) for character in _TEMPLATE.sub(r"\1\1", text))
    return f'"{escaped}"'


def hcl_texts(texts: list[str]) -> str:
    """Return a list of texts in HCL."""
    return f"[{', '.join(hcl_text(text) for text in texts)}]"


def hcl_document(document: Document, *, indent: int) -> str:
    """Return JSON in ASCII as a heredoc, for an argument that stands `indent` blanks deep.

    ASCII, since Terraform normalizes text, and a key is not to be; a heredoc, in which people can
    read it. No line of JSON looks like the heredoc's end.
    """
    text = _TEMPLATE.sub(r"\1\1", json.dumps(document, indent=2))
    margin = " " * indent
    lines = "\n".join(f"{margin}  {line}" for line in text.splitlines())
    return f"<<-JSON\n{lines}\n{margin}JSON"


def _escape(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    code = ord(character)
    return f"\\u{code:04x}" if code < _CONTROL or code == _DELETE else character
