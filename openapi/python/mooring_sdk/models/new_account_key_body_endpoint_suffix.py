from enum import StrEnum


class NewAccountKeyBodyEndpointSuffix(StrEnum):
    CORE_CHINACLOUDAPI_CN = "core.chinacloudapi.cn"
    CORE_USGOVCLOUDAPI_NET = "core.usgovcloudapi.net"
    CORE_WINDOWS_NET = "core.windows.net"

    def __str__(self) -> str:
        return str(self.value)
