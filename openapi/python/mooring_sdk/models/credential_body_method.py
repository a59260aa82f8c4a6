from enum import StrEnum


class CredentialBodyMethod(StrEnum):
    ACCESS_KEY = "access_key"
    ACCOUNT_KEY = "account_key"
    ASSUME_ROLE = "assume_role"
    HMAC_KEY = "hmac_key"
    ORGANIZATION_ROLE = "organization_role"
    SAS_TOKEN = "sas_token"
    SERVICE_ACCOUNT_GRANT = "service_account_grant"
    SERVICE_ACCOUNT_KEY = "service_account_key"
    SERVICE_PRINCIPAL = "service_principal"
    TENANT_CONSENT = "tenant_consent"
    WORKLOAD_IDENTITY = "workload_identity"

    def __str__(self) -> str:
        return str(self.value)
