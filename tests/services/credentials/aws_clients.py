"""AWS as the vault sees it: its user's clients and sessions on the cloud of the tests."""

from pydantic import SecretStr

from deploy.local.clouds.aws import AwsCloud, Keys
from services.credentials.arns import parse_principal_arn
from services.credentials.issuers.clients import AwsAddress, AwsClients
from services.credentials.issuers.role_sessions import RoleSessions
from shared.clock import SystemClock

HOME = "us-east-1"


def address_of(cloud: AwsCloud) -> AwsAddress:
    return AwsAddress(HOME, cloud.endpoint, cloud.endpoint, cloud.endpoint)


def clients_of(cloud: AwsCloud, keys: Keys, address: AwsAddress | None = None) -> AwsClients:
    secret = SecretStr(keys.secret_access_key)
    return AwsClients(address or address_of(cloud), keys.access_key_id, secret)


def sessions_of(cloud: AwsCloud, clients: AwsClients) -> RoleSessions:
    return RoleSessions(clients, parse_principal_arn(cloud.principal_arn), HOME, SystemClock())
