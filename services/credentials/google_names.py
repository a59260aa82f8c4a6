"""Names of Google Cloud: service accounts, and providers of workload identity pools."""

import re
from dataclasses import dataclass

from shared.errors import InvalidInputError

_SUFFIX = ".iam.gserviceaccount.com"

# "Create service accounts", IAM; the project of a domain, `example.com:name`, is written backwards.
_EMAIL = re.compile(
    r"(?P<name>[a-z][a-z0-9-]{4,28}[a-z0-9])@"
    rf"(?P<place>[a-z][a-z0-9-]{{4,28}}[a-z0-9](?:\.[a-z0-9.-]{{1,100}})?){re.escape(_SUFFIX)}"
)
# Also those that Google made by itself: NUMBER-compute@developer., PROJECT@appspot.
_ANY_EMAIL = re.compile(r"[a-z0-9][a-z0-9.-]{0,99}@(?:[a-z0-9-]{1,63}\.){1,5}gserviceaccount\.com")
# REST Resource "projects.locations.workloadIdentityPools.providers", IAM
_PROVIDER = re.compile(
    r"projects/(?P<project>[0-9]{1,20})/locations/global"
    r"/workloadIdentityPools/(?P<pool>[a-z0-9-]{4,32})/providers/(?P<name>[a-z0-9-]{4,32})"
)


@dataclass(frozen=True, slots=True)
class ServiceAccountEmail:
    """The address of a service account, `name@project.iam.gserviceaccount.com`."""

    name: str
    place: str

    @property
    def project(self) -> str:
        """Return the id of the project that it lives in."""
        name, dot, domain = self.place.partition(".")
        return f"{domain}:{name}" if dot else name

    def __str__(self) -> str:
        return f"{self.name}@{self.place}{_SUFFIX}"


@dataclass(frozen=True, slots=True)
class PoolProvider:
    """A provider of a workload identity pool. `project` is the project's number."""

    project: str
    pool: str
    name: str

    @property
    def pool_path(self) -> str:
        """Return the resource name of the pool, from `projects/` on."""
        return f"projects/{self.project}/locations/global/workloadIdentityPools/{self.pool}"

    def __str__(self) -> str:
        return f"{self.pool_path}/providers/{self.name}"


def parse_service_account(text: str) -> ServiceAccountEmail:
    """Read an address, or raise InvalidInputError (field `service_account`)."""
    match = _EMAIL.fullmatch(text)
    if match is None:
        raise InvalidInputError(
            f"A service account's address is name@project{_SUFFIX}.", field="service_account"
        )
    return ServiceAccountEmail(match["name"], match["place"])


def is_service_account(text: str) -> bool:
    """Say whether an address is a service account's, of whatever kind."""
    return _ANY_EMAIL.fullmatch(text) is not None


def parse_provider(text: str) -> PoolProvider:
    """Read a provider's resource name, or raise InvalidInputError (field `workload_provider`)."""
    match = _PROVIDER.fullmatch(text)
    if match is None:
        raise InvalidInputError(
            "A provider is projects/NUMBER/locations/global/workloadIdentityPools/POOL/providers/"
            "PROVIDER, with the project's number and names of 4 to 32 characters.",
            field="workload_provider",
        )
    return PoolProvider(match["project"], match["pool"], match["name"])
