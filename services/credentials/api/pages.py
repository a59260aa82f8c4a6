"""The two pages that the vault shows to a person: may the tenant be connected, and that it is."""

from html import escape
from uuid import UUID

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; form-action 'self'; frame-ancestors 'none'"
}
"""No scripts, nothing from elsewhere, and no other page around the button."""

_PAGE = """\
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>{title}</title>
<h1>{title}</h1>
{body}
</html>
"""

_QUESTION = """\
<p>You signed in as an administrator of the tenant {tenant_id}.</p>
<p>The organization <b><bdi>{organization}</bdi></b> wants to connect it. Once you let the
application into a storage account, that organization can list and read what is in it, and show it
to others.</p>
<p>If that is not your organization, close this page.</p>
<form method="post" action="confirm?state={state}"><button>Connect</button></form>"""

_CONNECTED = """\
<p>The tenant {tenant_id} is connected to the organization <b><bdi>{organization}</bdi></b>.</p>
<p>You can close this page.</p>"""


def question_page(tenant_id: UUID, organization: str, state: str) -> str:
    """Ask the administrator for their word; the button goes beside this page's own address."""
    body = _QUESTION.format(
        tenant_id=tenant_id, organization=escape(organization), state=escape(state)
    )
    return _PAGE.format(title="Connect this tenant?", body=body)


def connected_page(tenant_id: UUID, organization: str) -> str:
    """Say that it is done."""
    body = _CONNECTED.format(tenant_id=tenant_id, organization=escape(organization))
    return _PAGE.format(title="Connected", body=body)
