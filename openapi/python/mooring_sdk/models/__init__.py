"""Contains all the data models used in inputs/outputs"""

from .access_report_body import AccessReportBody
from .api_key_body import ApiKeyBody
from .asset_body import AssetBody
from .asset_state import AssetState
from .asset_version_body import AssetVersionBody
from .attempt_body import AttemptBody
from .azure_tenant_body import AzureTenantBody
from .azure_tenant_body_state import AzureTenantBodyState
from .browser_link_body import BrowserLinkBody
from .capabilities_body import CapabilitiesBody
from .capabilities_body_listing import CapabilitiesBodyListing
from .cause_body import CauseBody
from .cause_body_documents import CauseBodyDocuments
from .cause_body_documents_additional_property import (
    CauseBodyDocumentsAdditionalProperty,
)
from .cause_body_who import CauseBodyWho
from .change_body import ChangeBody
from .change_kind import ChangeKind
from .change_location_body import ChangeLocationBody
from .change_webhook_body import ChangeWebhookBody
from .check_body import CheckBody
from .check_body_measured import CheckBodyMeasured
from .check_change_body import CheckChangeBody
from .check_change_body_who_type_0 import CheckChangeBodyWhoType0
from .check_side_body import CheckSideBody
from .confidence import Confidence
from .consent_url_body import ConsentUrlBody
from .counts_body import CountsBody
from .credential_body import CredentialBody
from .credential_body_method import CredentialBodyMethod
from .dataset_body import DatasetBody
from .dataset_body_hosting import DatasetBodyHosting
from .decision_body import DecisionBody
from .decision_body_decision import DecisionBodyDecision
from .delivery_body import DeliveryBody
from .delivery_state import DeliveryState
from .disabled_because import DisabledBecause
from .failure_body import FailureBody
from .filters_body import FiltersBody
from .health import Health
from .health_change_body import HealthChangeBody
from .import_body import ImportBody
from .import_body_plan import ImportBodyPlan
from .import_body_rejected_by_code import ImportBodyRejectedByCode
from .import_body_skipped_by_reason import ImportBodySkippedByReason
from .import_body_trigger import ImportBodyTrigger
from .import_state import ImportState
from .inventory_body import InventoryBody
from .left_out_body import LeftOutBody
from .location_body import LocationBody
from .location_health_body import LocationHealthBody
from .manifest_body import ManifestBody
from .manifest_format import ManifestFormat
from .manifest_object_body import ManifestObjectBody
from .minted_api_key_body import MintedApiKeyBody
from .near_miss_body import NearMissBody
from .new_access_key_body import NewAccessKeyBody
from .new_account_key_body import NewAccountKeyBody
from .new_account_key_body_endpoint_suffix import NewAccountKeyBodyEndpointSuffix
from .new_api_key_body import NewApiKeyBody
from .new_assume_role_body import NewAssumeRoleBody
from .new_dataset_body import NewDatasetBody
from .new_dataset_body_hosting_type_0 import NewDatasetBodyHostingType0
from .new_hmac_key_body import NewHmacKeyBody
from .new_import_body import NewImportBody
from .new_location_body import NewLocationBody
from .new_organization_body import NewOrganizationBody
from .new_organization_body_hosting import NewOrganizationBodyHosting
from .new_organization_role_body import NewOrganizationRoleBody
from .new_presigned_urls_body import NewPresignedUrlsBody
from .new_presigned_urls_body_method import NewPresignedUrlsBodyMethod
from .new_preview_body import NewPreviewBody
from .new_sas_token_body import NewSasTokenBody
from .new_sas_token_body_endpoint_suffix import NewSasTokenBodyEndpointSuffix
from .new_service_account_grant_body import NewServiceAccountGrantBody
from .new_service_account_key_body import NewServiceAccountKeyBody
from .new_service_account_key_body_key_type_1 import NewServiceAccountKeyBodyKeyType1
from .new_service_principal_body import NewServicePrincipalBody
from .new_service_principal_body_endpoint_suffix import (
    NewServicePrincipalBodyEndpointSuffix,
)
from .new_tenant_consent_body import NewTenantConsentBody
from .new_webhook_body import NewWebhookBody
from .new_workload_identity_body import NewWorkloadIdentityBody
from .organization_body import OrganizationBody
from .organization_body_hosting import OrganizationBodyHosting
from .page_api_key_body import PageApiKeyBody
from .page_asset_body import PageAssetBody
from .page_asset_version_body import PageAssetVersionBody
from .page_azure_tenant_body import PageAzureTenantBody
from .page_change_body import PageChangeBody
from .page_credential_body import PageCredentialBody
from .page_dataset_body import PageDatasetBody
from .page_delivery_body import PageDeliveryBody
from .page_health_change_body import PageHealthChangeBody
from .page_import_body import PageImportBody
from .page_location_body import PageLocationBody
from .page_organization_body import PageOrganizationBody
from .page_rejected_key_body import PageRejectedKeyBody
from .page_webhook_body import PageWebhookBody
from .phase import Phase
from .presign_error_body import PresignErrorBody
from .presigned_url_body import PresignedUrlBody
from .presigned_urls_body import PresignedUrlsBody
from .presigned_urls_body_method import PresignedUrlsBodyMethod
from .preview_body import PreviewBody
from .preview_body_by_extension import PreviewBodyByExtension
from .preview_body_by_storage_class import PreviewBodyByStorageClass
from .problem import Problem
from .provider import Provider
from .rejected_key_body import RejectedKeyBody
from .remedy_body import RemedyBody
from .remedy_body_documents import RemedyBodyDocuments
from .remedy_body_documents_additional_property import (
    RemedyBodyDocumentsAdditionalProperty,
)
from .remedy_body_who import RemedyBodyWho
from .report_keys_body import ReportKeysBody
from .report_keys_body_keys_item import ReportKeysBodyKeysItem
from .retire_credential_body import RetireCredentialBody
from .rotate_access_key_body import RotateAccessKeyBody
from .rotate_account_key_body import RotateAccountKeyBody
from .rotate_hmac_key_body import RotateHmacKeyBody
from .rotate_role_body import RotateRoleBody
from .rotate_sas_token_body import RotateSasTokenBody
from .rotate_service_account_key_body import RotateServiceAccountKeyBody
from .rotate_service_account_key_body_key_type_1 import (
    RotateServiceAccountKeyBodyKeyType1,
)
from .rotate_service_principal_body import RotateServicePrincipalBody
from .rotate_workload_identity_body import RotateWorkloadIdentityBody
from .schedule_body import ScheduleBody
from .scope import Scope
from .seen_from import SeenFrom
from .selection_body import SelectionBody
from .selection_body_kind import SelectionBodyKind
from .setup_kit_body import SetupKitBody
from .setup_kit_body_bucket_binding_type_0 import SetupKitBodyBucketBindingType0
from .setup_kit_body_bucket_policy_type_0 import SetupKitBodyBucketPolicyType0
from .setup_kit_body_cloudformation_type_0 import SetupKitBodyCloudformationType0
from .setup_kit_body_cors_type_0 import SetupKitBodyCorsType0
from .setup_kit_body_kms_key_policy_statement_type_0 import (
    SetupKitBodyKmsKeyPolicyStatementType0,
)
from .setup_kit_body_kms_role_statement_type_0 import SetupKitBodyKmsRoleStatementType0
from .setup_kit_body_permission_policy_type_0 import SetupKitBodyPermissionPolicyType0
from .setup_kit_body_role_assignments_type_0 import SetupKitBodyRoleAssignmentsType0
from .setup_kit_body_service_account_binding_type_0 import (
    SetupKitBodyServiceAccountBindingType0,
)
from .setup_kit_body_trust_policy_type_0 import SetupKitBodyTrustPolicyType0
from .setup_kit_body_workload_provider_type_0 import SetupKitBodyWorkloadProviderType0
from .signed_report_body import SignedReportBody
from .signed_webhook_body import SignedWebhookBody
from .status import Status
from .sync_body import SyncBody
from .synced_body import SyncedBody
from .unreadable_body import UnreadableBody
from .wanted_event import WantedEvent
from .warning_body import WarningBody
from .webhook_body import WebhookBody
from .webhook_state import WebhookState

__all__ = (
    "AccessReportBody",
    "ApiKeyBody",
    "AssetBody",
    "AssetState",
    "AssetVersionBody",
    "AttemptBody",
    "AzureTenantBody",
    "AzureTenantBodyState",
    "BrowserLinkBody",
    "CapabilitiesBody",
    "CapabilitiesBodyListing",
    "CauseBody",
    "CauseBodyDocuments",
    "CauseBodyDocumentsAdditionalProperty",
    "CauseBodyWho",
    "ChangeBody",
    "ChangeKind",
    "ChangeLocationBody",
    "ChangeWebhookBody",
    "CheckBody",
    "CheckBodyMeasured",
    "CheckChangeBody",
    "CheckChangeBodyWhoType0",
    "CheckSideBody",
    "Confidence",
    "ConsentUrlBody",
    "CountsBody",
    "CredentialBody",
    "CredentialBodyMethod",
    "DatasetBody",
    "DatasetBodyHosting",
    "DecisionBody",
    "DecisionBodyDecision",
    "DeliveryBody",
    "DeliveryState",
    "DisabledBecause",
    "FailureBody",
    "FiltersBody",
    "Health",
    "HealthChangeBody",
    "ImportBody",
    "ImportBodyPlan",
    "ImportBodyRejectedByCode",
    "ImportBodySkippedByReason",
    "ImportBodyTrigger",
    "ImportState",
    "InventoryBody",
    "LeftOutBody",
    "LocationBody",
    "LocationHealthBody",
    "ManifestBody",
    "ManifestFormat",
    "ManifestObjectBody",
    "MintedApiKeyBody",
    "NearMissBody",
    "NewAccessKeyBody",
    "NewAccountKeyBody",
    "NewAccountKeyBodyEndpointSuffix",
    "NewApiKeyBody",
    "NewAssumeRoleBody",
    "NewDatasetBody",
    "NewDatasetBodyHostingType0",
    "NewHmacKeyBody",
    "NewImportBody",
    "NewLocationBody",
    "NewOrganizationBody",
    "NewOrganizationBodyHosting",
    "NewOrganizationRoleBody",
    "NewPresignedUrlsBody",
    "NewPresignedUrlsBodyMethod",
    "NewPreviewBody",
    "NewSasTokenBody",
    "NewSasTokenBodyEndpointSuffix",
    "NewServiceAccountGrantBody",
    "NewServiceAccountKeyBody",
    "NewServiceAccountKeyBodyKeyType1",
    "NewServicePrincipalBody",
    "NewServicePrincipalBodyEndpointSuffix",
    "NewTenantConsentBody",
    "NewWebhookBody",
    "NewWorkloadIdentityBody",
    "OrganizationBody",
    "OrganizationBodyHosting",
    "PageApiKeyBody",
    "PageAssetBody",
    "PageAssetVersionBody",
    "PageAzureTenantBody",
    "PageChangeBody",
    "PageCredentialBody",
    "PageDatasetBody",
    "PageDeliveryBody",
    "PageHealthChangeBody",
    "PageImportBody",
    "PageLocationBody",
    "PageOrganizationBody",
    "PageRejectedKeyBody",
    "PageWebhookBody",
    "Phase",
    "PresignErrorBody",
    "PresignedUrlBody",
    "PresignedUrlsBody",
    "PresignedUrlsBodyMethod",
    "PreviewBody",
    "PreviewBodyByExtension",
    "PreviewBodyByStorageClass",
    "Problem",
    "Provider",
    "RejectedKeyBody",
    "RemedyBody",
    "RemedyBodyDocuments",
    "RemedyBodyDocumentsAdditionalProperty",
    "RemedyBodyWho",
    "ReportKeysBody",
    "ReportKeysBodyKeysItem",
    "RetireCredentialBody",
    "RotateAccessKeyBody",
    "RotateAccountKeyBody",
    "RotateHmacKeyBody",
    "RotateRoleBody",
    "RotateSasTokenBody",
    "RotateServiceAccountKeyBody",
    "RotateServiceAccountKeyBodyKeyType1",
    "RotateServicePrincipalBody",
    "RotateWorkloadIdentityBody",
    "ScheduleBody",
    "Scope",
    "SeenFrom",
    "SelectionBody",
    "SelectionBodyKind",
    "SetupKitBody",
    "SetupKitBodyBucketBindingType0",
    "SetupKitBodyBucketPolicyType0",
    "SetupKitBodyCloudformationType0",
    "SetupKitBodyCorsType0",
    "SetupKitBodyKmsKeyPolicyStatementType0",
    "SetupKitBodyKmsRoleStatementType0",
    "SetupKitBodyPermissionPolicyType0",
    "SetupKitBodyRoleAssignmentsType0",
    "SetupKitBodyServiceAccountBindingType0",
    "SetupKitBodyTrustPolicyType0",
    "SetupKitBodyWorkloadProviderType0",
    "SignedReportBody",
    "SignedWebhookBody",
    "Status",
    "SyncBody",
    "SyncedBody",
    "UnreadableBody",
    "WantedEvent",
    "WarningBody",
    "WebhookBody",
    "WebhookState",
)
