"""Azure's clouds: where the accounts and the sign-ins of each one are."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

EndpointSuffix: TypeAlias = Literal[
    "core.windows.net", "core.chinacloudapi.cn", "core.usgovcloudapi.net"
]

PUBLIC_SUFFIX: EndpointSuffix = "core.windows.net"


@dataclass(frozen=True, slots=True)
class AzureCloud:
    """A cloud. `name` is what `az cloud set --name` takes; tenants and accounts are in one each."""

    name: str
    endpoint_suffix: str
    authority: str

    def blob_endpoint(self, account: str) -> str:
        """Return where the blobs of an account are, without a slash at the end."""
        return f"https://{account}.blob.{self.endpoint_suffix}"


# "National clouds", Microsoft identity platform; "Get Azure endpoints", Azure CLI.
_CLOUDS = {
    cloud.endpoint_suffix: cloud
    for cloud in (
        AzureCloud("AzureCloud", "core.windows.net", "https://login.microsoftonline.com"),
        AzureCloud(
            "AzureChinaCloud", "core.chinacloudapi.cn", "https://login.partner.microsoftonline.cn"
        ),
        AzureCloud(
            "AzureUSGovernment", "core.usgovcloudapi.net", "https://login.microsoftonline.us"
        ),
    )
}


def cloud_of(endpoint_suffix: str) -> AzureCloud:
    """Return the cloud whose accounts have this suffix; only known ones are ever stored."""
    return _CLOUDS[endpoint_suffix]
