"""AzureConsents: connect a customer's tenant to the organization that asked for it.

What Entra adds to the address of its answer (`tenant`, `admin_consent`) can be made up by anybody
("Admin consent", Microsoft identity platform), so nothing of it is believed. After the consent the
administrator signs in, and the tenant is the one of the verified id token. Then they are shown
which organization gets it: whoever sent them the link may not be who they think.
"""

from dataclasses import dataclass
from datetime import timedelta
from secrets import token_urlsafe
from uuid import UUID

from services.credentials.azure_tenants import AzureTenants
from services.credentials.consent_links import ConsentLinks, Link
from services.credentials.issuers.entra import NO_APPLICATION
from services.credentials.issuers.entra_refusals import aadsts_code
from services.credentials.issuers.entra_sign_ins import SignIns, SignInSecrets
from shared.database.organizations import get_organization
from shared.database.session import Database
from shared.errors import CloudIdentityError, ConsentRefusedError

LINK_LIFE = timedelta(minutes=15)  # it is opened at once, by whoever asked for it
SIGN_IN_LIFE = timedelta(minutes=10)  # with a second factor
WORD_LIFE = timedelta(minutes=10)

_DECLINED = {"access_denied", "consent_required"}


@dataclass(frozen=True, slots=True)
class Proved:
    """A tenant whose administrator signed in, and the organization that wants it."""

    tenant_id: UUID
    organization: str
    link: Link


@dataclass(frozen=True, slots=True)
class Connected:
    """A tenant and the name of the organization that may use it now."""

    tenant_id: UUID
    organization: str


class AzureConsents:
    """Lead a browser through consent, sign-in and the administrator's word.

    Without an application of Mooring's, `sign_ins` is None and nobody can consent. Each step raises
    ConsentLinkError for a state that is not good, and whatever comes of a step, it is used up.
    """

    def __init__(
        self,
        database: Database,
        *,
        links: ConsentLinks,
        tenants: AzureTenants,
        sign_ins: SignIns | None,
    ) -> None:
        self._database = database
        self._links = links
        self._tenants = tenants
        self._sign_ins = sign_ins

    async def begin(self, org_id: UUID) -> tuple[str, Link]:
        """Return the URL for an administrator, and its link. Raise CloudIdentityError."""
        sign_ins = self._require_sign_ins()
        link = await self._links.make(org_id, life=LINK_LIFE)
        return sign_ins.consent_url(link.state), link

    async def consent(self, state: str, *, error: str | None, description: str | None) -> str:
        """Return where to sign in, after Entra's answer to the consent.

        Raise ConsentRefusedError when `error` says so.
        """
        sign_ins = self._require_sign_ins()
        if error is not None:
            await self._links.take(state, "asked")
            raise _refused(error, description)
        fresh = SignInSecrets(token_urlsafe(32), token_urlsafe(48))
        asked = await self._links.find(state, "asked")
        link = await self._links.turn(asked, f"{fresh.nonce} {fresh.verifier}", life=SIGN_IN_LIFE)
        return sign_ins.sign_in_url(link.state, fresh)

    async def sign_in(
        self, state: str, *, code: str | None, error: str | None, description: str | None
    ) -> Proved:
        """Find out whose administrator signed in. Nothing is bound yet.

        Raise ConsentRefusedError, SignInNotProvedError, CloudIdentityError or
        StorageUnavailableError.
        """
        sign_ins = self._require_sign_ins()
        consented = await self._links.take(state, "consented")
        if error is not None or code is None:
            raise _refused(error or "no_code", description)
        nonce, _, verifier = (await self._links.open(consented)).partition(" ")
        signed_in = await sign_ins.finish(code, SignInSecrets(nonce, verifier))
        link = await self._links.make_proved(
            consented.org_id, f"{signed_in.tenant_id} {signed_in.object_id}", life=WORD_LIFE
        )
        return Proved(signed_in.tenant_id, await self._name(consented.org_id), link)

    async def confirm(self, state: str) -> Connected:
        """Bind the proved tenant to the organization. Raise TenantTakenError."""
        proved = await self._links.take(state, "proved")
        tenant_id, _, object_id = (await self._links.open(proved)).partition(" ")
        await self._tenants.claim(proved.org_id, UUID(tenant_id), UUID(object_id))
        return Connected(UUID(tenant_id), await self._name(proved.org_id))

    async def _name(self, org_id: UUID) -> str:
        async with self._database.begin(org_id) as session:
            return (await get_organization(session, org_id)).name

    def _require_sign_ins(self) -> SignIns:
        if self._sign_ins is None:
            raise CloudIdentityError(NO_APPLICATION)
        return self._sign_ins


def _refused(error: str, description: str | None) -> ConsentRefusedError:
    """Say what came instead of a consent; nothing of the address is shown but a number."""
    code = aadsts_code(description or "")
    if error in _DECLINED:
        return ConsentRefusedError(
            "The consent or the sign-in was declined, or whoever tried it is no administrator of"
            " the tenant.",
            aadsts=code,
        )
    return ConsentRefusedError("Entra did not let the administrator consent.", aadsts=code)
