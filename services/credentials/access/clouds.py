"""Every cloud's checks: the one place in reports that asks which cloud."""

from services.credentials.access.cloud_access import CloudAccess
from services.credentials.issuers.base import AwsIdentity, GcsIdentity, Identity


class Clouds:
    """What only one cloud knows, by the identity that a location is reached with."""

    def __init__(self, aws: CloudAccess, gcs: CloudAccess, azure: CloudAccess) -> None:
        self._aws = aws
        self._gcs = gcs
        self._azure = azure

    def access_of(self, identity: Identity) -> CloudAccess:
        """Return the questions and remedies of the identity's cloud."""
        if isinstance(identity, AwsIdentity):
            return self._aws
        return self._gcs if isinstance(identity, GcsIdentity) else self._azure
