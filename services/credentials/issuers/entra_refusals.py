"""Refusals of Entra as our own errors: what a code of AADSTS means, and who must act."""

import re
from dataclasses import dataclass

from azure.core.exceptions import AzureError, ClientAuthenticationError, HttpResponseError

from services.credentials.issuers.base import ConsentedTenant, ServicePrincipal
from shared.errors import (
    AppError,
    CloudIdentityError,
    StorageDeniedError,
    StorageThrottledError,
    StorageUnavailableError,
)

_CODE = re.compile(r"AADSTS([0-9]{4,8})\b")
_THROTTLED = 429
_SERVER = 500  # and above: it is theirs, and passes


class EntraRefusedError(StorageDeniedError):
    """Say that a tenant gives no token. `advice` is what the customer does about it."""

    def __init__(self, detail: str, /, *, advice: str, aadsts: str | None) -> None:
        super().__init__(detail, aadsts=aadsts)
        self.advice = advice


@dataclass(frozen=True, slots=True)
class _Meaning:
    sentence: str
    advice: str


# "Microsoft Entra authentication and authorization error codes". Microsoft may refine a code at any
# time: one that is not here still gets a sentence, with its number in it.
_NO_TENANT = _Meaning("Entra knows no such tenant.", "Correct the tenant's id.")
_BLOCKED = _Meaning(
    "A Conditional Access policy of the tenant refuses the application.",
    "Let an administrator of the tenant exclude the application from the policy for workload"
    " identities, or add the addresses of Mooring to its named locations.",
)
_DISABLED = _Meaning(
    "The application is disabled in the tenant.",
    "Let an administrator enable sign-in for it under Enterprise applications, Properties.",
)
_NO_STORAGE = _Meaning(
    "The tenant has no service principal of Azure Storage.",
    "Let an administrator register the resource provider Microsoft.Storage in a subscription.",
)
_ANY: dict[str, _Meaning] = {
    "90002": _NO_TENANT,
    "900023": _NO_TENANT,
    "53003": _BLOCKED,
    "530003": _BLOCKED,
    "530035": _BLOCKED,
    "7000112": _DISABLED,
    "7000113": _DISABLED,
    "500011": _NO_STORAGE,
    "650052": _NO_STORAGE,
}
_NO_CONSENT = _Meaning(
    "The tenant does not know Mooring's application: its consent is missing or was removed.",
    "Let an administrator of the tenant open a new consent URL. A consent that was just given can"
    " take a while to reach all of Entra: then verify again.",
)
_CONSENTED: dict[str, _Meaning] = {
    **_ANY,
    "700016": _NO_CONSENT,
    "7000229": _NO_CONSENT,
    "65001": _NO_CONSENT,
}
_WRONG_SECRET = _Meaning(
    "Entra does not accept the secret of the service principal.",
    "Rotate the credential to a secret of the application: its value, not its id.",
)
_PRINCIPALS: dict[str, _Meaning] = {
    **_ANY,
    "700016": _Meaning(
        "The tenant has no application with this client id.",
        "Correct the client id or the tenant's id.",
    ),
    "7000229": _Meaning(
        "The application has no service principal in the tenant.",
        "Make one: az ad sp create --id with the client id.",
    ),
    "7000215": _WRONG_SECRET,
    "7000218": _WRONG_SECRET,
    "7000222": _Meaning(
        "The secret of the service principal has expired.",
        "Rotate the credential to a new secret of the application.",
    ),
    "700027": _Meaning(
        "The application does not know the certificate of the service principal, or it expired.",
        "Upload the certificate to the application, or rotate the credential to one that it has.",
    ),
}
_OUR_SECRET = {"7000215", "7000218", "7000222", "700027", "700024", "700030"}


def aadsts_code(text: str) -> str | None:
    """Find the number of a code of Entra's in a text of theirs, which is not shown itself."""
    found = _CODE.search(text)
    return None if found is None else found[1]


def entra_error(error: AzureError, identity: ConsentedTenant | ServicePrincipal) -> AppError:
    """Return what the SDK's error means for this identity's token."""
    if not isinstance(error, HttpResponseError):  # connecting, TLS, timeouts
        return StorageUnavailableError("Entra cannot be reached.")
    status = error.status_code or 0
    if status == _THROTTLED:
        return StorageThrottledError("Entra asks us to slow down.")
    if status >= _SERVER:
        return StorageUnavailableError("Entra fails on its side.")
    if not isinstance(error, ClientAuthenticationError):
        return StorageUnavailableError("Entra answered with something other than a token.")
    return _refusal(aadsts_code(str(error.message)), identity)


def _refusal(code: str | None, identity: ConsentedTenant | ServicePrincipal) -> AppError:
    consented = isinstance(identity, ConsentedTenant)
    if consented and code in _OUR_SECRET:
        return CloudIdentityError(
            "Entra does not accept the secret or certificate of Mooring's application: the"
            " operator must renew it."
        )
    meaning = (_CONSENTED if consented else _PRINCIPALS).get(code or "")
    if meaning is not None:
        return EntraRefusedError(meaning.sentence, advice=meaning.advice, aadsts=code)
    named = "" if code is None else f" (AADSTS{code})"
    return EntraRefusedError(
        f"Entra refuses the application a token{named}.",
        advice="Look the code up at https://login.microsoftonline.com/error, mend it, and verify"
        " again.",
        aadsts=code,
    )
