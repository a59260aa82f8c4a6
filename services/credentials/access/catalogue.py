"""The catalogue: every check of an access report, what it asks, and the causes that it can name."""

from dataclasses import dataclass

from services.credentials.access.causes import CauseKind
from services.credentials.access.checks import Status
from shared.uris import Provider

ANYWHERE = (
    CauseKind.UNREACHABLE,
    CauseKind.THROTTLED,
    CauseKind.SESSION_EXPIRED,
    CauseKind.OUR_IDENTITY,
    CauseKind.INVALID_REQUEST,
    CauseKind.UNKNOWN,
)
"""What can befall any question."""

_S3, _GCS, _AZURE = (Provider.S3,), (Provider.GCS,), (Provider.AZURE,)
_ALL = (Provider.S3, Provider.GCS, Provider.AZURE)


@dataclass(frozen=True, slots=True)
class CheckKind:
    """A check by its name: `asks` says what it does, `worst` how it ends when all is wrong.

    `about` says what the check's subject is where one report has several of the name.
    """

    name: str
    clouds: tuple[Provider, ...]
    asks: str
    causes: tuple[CauseKind, ...]
    worst: Status = Status.FAILED
    about: str | None = None


CATALOGUE = (
    CheckKind(
        "identity",
        _ALL,
        "Gets a session as the importer and the gateway do, and says who Mooring is then.",
        (
            CauseKind.ROLE_ABSENT,
            CauseKind.TRUST_EXTERNAL_ID,
            CauseKind.TRUST_PRINCIPAL,
            CauseKind.PRINCIPAL_MISMATCH,
            CauseKind.KEY_REFUSED,
            CauseKind.CLOCK_SKEW,
            CauseKind.IMPERSONATION,
            CauseKind.ENTRA_REFUSED,
            CauseKind.TENANT_NOT_BOUND,
            CauseKind.OTHER_ACCOUNT,
            CauseKind.ROLE_ASSIGNMENT,
            CauseKind.PROPAGATION,
            CauseKind.NETWORK_RULES,
            CauseKind.KEYS_OFF,
            CauseKind.SIGNATURE_REFUSED,
            CauseKind.ACCOUNT_DISABLED,
        ),
    ),
    CheckKind(
        "external_id_enforced",
        _S3,
        "Tries to assume the role without an ExternalId, with a wrong one and with one as another"
        " organization has it. All must be refused; until they are, nothing else is asked.",
        (CauseKind.EXTERNAL_ID_NOT_REQUIRED, CauseKind.EXTERNAL_ID_NOT_EXACT),
    ),
    CheckKind(
        "subject_enforced",
        _GCS,
        "Tries to act as the service account for an organization that does not exist, which must"
        " be refused; until it is, nothing else is asked.",
        (CauseKind.SUBJECT_NOT_ENFORCED,),
    ),
    CheckKind(
        "tenant_bound",
        _AZURE,
        "Asks whether an administrator of the tenant has connected it to the organization; until"
        " that is so, nothing else is asked.",
        (CauseKind.TENANT_NOT_BOUND,),
    ),
    CheckKind(
        "session_duration",
        _S3,
        "Asks for 12 hours, then for less, and says which limit ends a session and how long a"
        " presigned URL can work.",
        (
            CauseKind.MAX_SESSION_DURATION,
            CauseKind.OWN_MAX_SESSION_DURATION,
            CauseKind.ROLE_CHAINING,
        ),
        Status.WARNING,
    ),
    CheckKind(
        "scope",
        _S3,
        "Lists the whole bucket, the prefix without its slash and the account's buckets, and reads"
        " beside the prefix, with a session that Mooring does not narrow. All must be refused."
        " A warning where the store cannot narrow a key to a prefix.",
        (CauseKind.LISTS_OUTSIDE, CauseKind.READS_OUTSIDE, CauseKind.LISTS_BUCKETS),
    ),
    CheckKind(
        "write_refused",
        _S3,
        "Sends a part for an upload that was never begun, which no store can keep: who may not"
        " write is refused before the upload is looked for. Skipped where a store refuses everybody"
        " alike. Whether deleting is allowed cannot be asked without deleting.",
        (CauseKind.MAY_CHANGE,),
    ),
    CheckKind(
        "capabilities",
        _S3,
        "Asks an S3-compatible store what of the API works there. For access keys only.",
        (CauseKind.NOT_V2,),
    ),
    CheckKind(
        "permissions",
        _GCS,
        "Asks which permissions the service account holds on the bucket: those that are needed must"
        " be there, and those that change anything must not.",
        (CauseKind.LIST_NOT_GRANTED, CauseKind.LISTS_OUTSIDE, CauseKind.MAY_CHANGE),
    ),
    CheckKind(
        "uniform_access",
        _GCS,
        "Asks whether IAM alone rules the bucket.",
        (CauseKind.ACLS,),
        Status.WARNING,
    ),
    CheckKind(
        "delegator",
        _AZURE,
        "Gets a user delegation key from the storage account, with which URLs are signed.",
        (),
    ),
    CheckKind(
        "sas_rights",
        _AZURE,
        "Reads what the customer's SAS allows, and until when.",
        (CauseKind.SIGNATURE_REFUSED, CauseKind.MAY_CHANGE),
    ),
    CheckKind(
        "region",
        _ALL,
        "Finds the bucket without a credential, and its region where the cloud tells strangers.",
        (
            CauseKind.BUCKET_ABSENT,
            CauseKind.REGION_UNKNOWN,
            CauseKind.OTHER_ACCOUNT,
            CauseKind.PUBLIC,
        ),
    ),
    CheckKind(
        "list",
        _ALL,
        "Lists the first page of the prefix with the importer's session.",
        (
            CauseKind.LIST_NOT_GRANTED,
            CauseKind.DENIED_BY_BUCKET,
            CauseKind.OTHER_OWNER,
            CauseKind.DENIED_ABOVE,
            CauseKind.NETWORK_RULES,
            CauseKind.ROLE_ASSIGNMENT,
            CauseKind.SIGNATURE_REFUSED,
            CauseKind.KEYS_OFF,
            CauseKind.ACCOUNT_DISABLED,
            CauseKind.BUCKET_ABSENT,
        ),
    ),
    CheckKind(
        "bucket_owner",
        _S3,
        "Lists as if the bucket were of the role's account, which is refused when it is not.",
        (CauseKind.OTHER_OWNER,),
        Status.WARNING,
    ),
    CheckKind(
        "versioning",
        _S3,
        "Lists versions and reads one, as imports that pin versions do.",
        (CauseKind.VERSIONS_NOT_LISTED, CauseKind.READ_NOT_GRANTED),
        Status.WARNING,
    ),
    CheckKind(
        "requester_pays",
        (Provider.S3, Provider.GCS),
        "Asks whether the bucket lets only those read who pay for it.",
        (CauseKind.REQUESTER_PAYS,),
    ),
    CheckKind(
        "read",
        _ALL,
        "Reads the first byte of up to 20 objects, spread over the first page and over folders"
        " behind it, with the session that signs URLs.",
        (
            CauseKind.READ_NOT_GRANTED,
            CauseKind.DENIED_BY_BUCKET,
            CauseKind.OBJECT_OWNER,
            CauseKind.DENIED_ABOVE,
            CauseKind.NETWORK_RULES,
            CauseKind.ROLE_ASSIGNMENT,
            CauseKind.SIGNATURE_REFUSED,
        ),
    ),
    CheckKind(
        "encryption",
        _S3,
        "Says for each KMS key among the samples whether the role may decrypt with it.",
        (
            CauseKind.KMS_ROLE,
            CauseKind.KMS_KEY_POLICY,
            CauseKind.KMS_KEY_DISABLED,
            CauseKind.KMS_MANAGED_KEY,
            CauseKind.DENIED_ABOVE,
        ),
        about="the key's ARN",
    ),
    CheckKind(
        "archived",
        _ALL,
        "Counts the objects that must be restored before they can be read.",
        (CauseKind.ARCHIVED,),
        Status.WARNING,
    ),
    CheckKind(
        "sign",
        _ALL,
        "Fetches a byte of an object that can be read by a presigned URL.",
        (
            CauseKind.PRESIGNED_DENIED,
            CauseKind.SIGNATURE_AGE,
            CauseKind.REQUEST_CHANGED,
            CauseKind.RESTRICTED_AUTH,
            CauseKind.CLOCK_SKEW,
            CauseKind.OTHER_REGION,
            CauseKind.CANNOT_SIGN,
            CauseKind.DENIED_ABOVE,
        ),
    ),
)


def find_check(name: str) -> CheckKind | None:
    """Return the check of this name."""
    return next((each for each in CATALOGUE if each.name == name), None)
