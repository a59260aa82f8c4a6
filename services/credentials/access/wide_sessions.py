"""Wide sessions: all that a role may do, to ask whether that is too much."""

import asyncio
from uuid import UUID

from services.credentials.issuers.base import AccessKey, AwsIdentity
from services.credentials.issuers.role_sessions import Assumption, Granted, RoleSessions
from shared.leases import SessionKeys


class WideSession:
    """The longest session of an identity that no policy of ours narrows.

    One report asks for it once. It is lent to nobody, and ends with the report's memory.
    """

    def __init__(
        self, sessions: RoleSessions, org_id: UUID, identity: AwsIdentity, region: str
    ) -> None:
        self._sessions = sessions
        self._org_id = org_id
        self.identity = identity
        self._region = region
        self._lock = asyncio.Lock()
        self._granted: Granted | None = None

    async def grant(self) -> Granted:
        """Return the session of a role; raise what an issuer raises."""
        if isinstance(self.identity, AccessKey):
            raise TypeError("An access key has no sessions.")
        async with self._lock:
            if self._granted is None:
                asked = Assumption(
                    self._org_id, self.identity, self._region, self.identity.external_id
                )
                self._granted = await self._sessions.assume_longest(asked, afresh=True)
            return self._granted

    async def keys(self) -> SessionKeys:
        """Return the keys of the session, or an access key, which is as wide as it is."""
        if isinstance(self.identity, AccessKey):
            key = self.identity
            return SessionKeys(key.access_key_id, key.secret_access_key, key.session_token)
        access = (await self.grant()).session.access
        assert isinstance(access, SessionKeys)  # noqa: S101 (AWS grants no other access)
        return access
