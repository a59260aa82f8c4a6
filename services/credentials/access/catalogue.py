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

_CORS = (
    CauseKind.CORS_NONE,
    CauseKind.CORS_ABSENT,
    CauseKind.CORS_NEAR_ORIGIN,
    CauseKind.CORS_OTHER_ORIGIN,
    CauseKind.CORS_SEVERAL_ORIGINS,
    CauseKind.CORS_METHOD,
    CauseKind.CORS_DROPPED,
    CauseKind.CORS_LIST,
    CauseKind.VIEWER_NETWORK,
    CauseKind.OTHER_REGION,
    CauseKind.MIXED_CONTENT,
)

_SIGNED = (CauseKind.KEY_REFUSED, CauseKind.CLOCK_SKEW, CauseKind.REQUEST_CHANGED)
"""What refusals of S3 can mean that are about no policy, whatever was signed."""


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
            CauseKind.DENIED_BY_ROLE,
            CauseKind.OTHER_OWNER,
            CauseKind.DENIED_ABOVE,
            CauseKind.NETWORK_RULES,
            CauseKind.ROLE_ASSIGNMENT,
            CauseKind.SIGNATURE_REFUSED,
            CauseKind.KEYS_OFF,
            CauseKind.ACCOUNT_DISABLED,
            CauseKind.BUCKET_ABSENT,
            *_SIGNED,
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
        "Reads the first byte of up to 16 objects, spread over the first page and over folders"
        " behind it, with the session that signs URLs.",
        (
            CauseKind.READ_NOT_GRANTED,
            CauseKind.DENIED_BY_BUCKET,
            CauseKind.DENIED_BY_ROLE,
            CauseKind.KMS_KEY_POLICY,
            CauseKind.OBJECT_OWNER,
            CauseKind.DENIED_ABOVE,
            CauseKind.NETWORK_RULES,
            CauseKind.ROLE_ASSIGNMENT,
            CauseKind.SIGNATURE_REFUSED,
            CauseKind.KEYS_OFF,
            CauseKind.ACCOUNT_DISABLED,
            *_SIGNED,
        ),
    ),
    CheckKind(
        "encryption",
        _S3,
        "Says for each KMS key among the samples whether the role may decrypt with it.",
        (
            CauseKind.KMS_ROLE,
            CauseKind.KMS_KEY_POLICY,
            CauseKind.KMS_DENIED,
            CauseKind.KMS_KEY_DISABLED,
            CauseKind.KMS_KEY_DELETED,
            CauseKind.KMS_MANAGED_KEY,
            CauseKind.DENIED_BY_ROLE,
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
        "Fetches a byte of an object that can be read by a presigned URL, and on S3 by one that is"
        " as old as the gateway's may be.",
        (
            CauseKind.PRESIGNED_DENIED,
            CauseKind.SIGNATURE_AGE,
            CauseKind.RESTRICTED_AUTH,
            CauseKind.OTHER_REGION,
            CauseKind.CANNOT_SIGN,
            CauseKind.DENIED_BY_ROLE,
            CauseKind.DENIED_ABOVE,
            CauseKind.NETWORK_RULES,
            CauseKind.ROLE_ASSIGNMENT,
            CauseKind.SIGNATURE_REFUSED,
            CauseKind.KEYS_OFF,
            CauseKind.ACCOUNT_DISABLED,
            CauseKind.BUCKET_ABSENT,
            CauseKind.ARCHIVED,
            CauseKind.KMS_KEY_DISABLED,
            CauseKind.KMS_KEY_DELETED,
            *_SIGNED,
        ),
    ),
    CheckKind(
        "browser_get",
        _ALL,
        "Sends the GET of a page of the origin to a presigned URL and judges the answer as a"
        " browser does; then the same without an origin, whose answer a browser may keep.",
        (*_CORS, CauseKind.VIEWER_REFUSED, CauseKind.KEPT_COPY),
        about="the browser origin",
    ),
    CheckKind(
        "browser_preflight",
        _ALL,
        "Asks, as browsers do before a GET or HEAD with such headers, whether pages of the origin"
        " may send those that viewers need.",
        (*_CORS, CauseKind.CORS_HEADERS),
        about="the browser origin",
    ),
    CheckKind(
        "browser_range",
        _ALL,
        "Reads a byte range as a page of the origin, and looks for the headers that scripts must"
        " see.",
        (
            *_CORS,
            CauseKind.VIEWER_REFUSED,
            CauseKind.CORS_EXPOSED,
            CauseKind.RANGE_IGNORED,
        ),
        about="the browser origin",
    ),
    CheckKind(
        "browser_head",
        _ALL,
        "Sends a HEAD as a page of the origin, by a URL that is signed for it.",
        (*_CORS, CauseKind.VIEWER_REFUSED),
        about="the browser origin",
    ),
    CheckKind(
        "browser_reach",
        _ALL,
        "Loads an object in a browser of the customer's, without CORS: whether the network that"
        " viewers are in reaches the store. It is there once a browser has followed the link to a"
        " browser check; then the four before it can be there a second time, as seen from there."
        " What a browser tells makes no report invalid.",
        (CauseKind.VIEWER_NETWORK, CauseKind.VIEWER_UNREACHABLE, CauseKind.VIEWER_REFUSED),
    ),
)


def named_by(check: str) -> frozenset[CauseKind]:
    """Return the causes that a check can name, those that can befall any among them."""
    (kind,) = (each for each in CATALOGUE if each.name == check)
    return frozenset((*kind.causes, *ANYWHERE))


MENDS = {
    CauseKind.UNREACHABLE: "Let Mooring's machines reach the endpoint, then verify again.",
    CauseKind.THROTTLED: "Verify again in a minute.",
    CauseKind.OUR_IDENTITY: "Whoever runs Mooring corrects its own identity in the cloud.",
    CauseKind.INVALID_REQUEST: "Correct what the finding names.",
    CauseKind.ROLE_ABSENT: "Make the role with the trust policy of the remedy.",
    CauseKind.TRUST_PRINCIPAL: "Give the role the trust policy of the remedy as it stands.",
    CauseKind.TRUST_EXTERNAL_ID: "Give the role the trust policy of the remedy as it stands.",
    CauseKind.PRINCIPAL_MISMATCH: "Correct MOORING_AWS_PRINCIPAL_ARN, or the vault's keys.",
    CauseKind.EXTERNAL_ID_NOT_REQUIRED: "Replace the trust policy with that of the remedy.",
    CauseKind.EXTERNAL_ID_NOT_EXACT: "Replace the trust policy with that of the remedy.",
    CauseKind.MAX_SESSION_DURATION: "Run the `aws iam update-role` of the remedy.",
    CauseKind.OWN_MAX_SESSION_DURATION: "Run the `aws iam update-role` of the remedy.",
    CauseKind.ROLE_CHAINING: "Run the vault with the keys of an IAM user.",
    CauseKind.SUBJECT_NOT_ENFORCED: "Set the provider's attribute condition and the binding.",
    CauseKind.IMPERSONATION: "Run the setup kit's script, or make the bindings of the remedy.",
    CauseKind.TENANT_NOT_BOUND: "An administrator opens the consent URL, consents and signs in.",
    CauseKind.ENTRA_REFUSED: "The finding says what in the tenant refuses, and who changes it.",
    CauseKind.OTHER_ACCOUNT: "Name a container of the credential's account, or another credential.",
    CauseKind.REGION_UNKNOWN: "Give `region` with the location.",
    CauseKind.PUBLIC: "Switch off anonymous access, unless it is wanted.",
    CauseKind.NETWORK_RULES: "Let in Mooring's addresses, and those of everybody who views.",
    CauseKind.ROLE_ASSIGNMENT: "Run the `az role assignment create` of the remedy.",
    CauseKind.PROPAGATION: "Verify again in a few minutes.",
    CauseKind.ACCOUNT_DISABLED: "Ask Azure's support why the account is disabled.",
    CauseKind.KEYS_OFF: "Use another method, or allow keys with the command of the remedy.",
    CauseKind.SIGNATURE_REFUSED: "Rotate the credential to a key or SAS that is valid now.",
    CauseKind.NOT_V2: "Update the store to a version with ListObjectsV2.",
    CauseKind.ACLS: "Run the command of the remedy to put access lists out of force.",
    CauseKind.CANNOT_SIGN: "Use another method for files that shall be viewed.",
    CauseKind.RESTRICTED_AUTH: "Take the rule away for this bucket.",
    CauseKind.OTHER_REGION: "Verify again: the bucket's region is then looked up.",
    CauseKind.CORS_NONE: "Give the bucket the CORS rule of the remedy.",
    CauseKind.CORS_ABSENT: "Give the bucket the CORS rule of the remedy.",
    CauseKind.CORS_NEAR_ORIGIN: "Write the origin exactly as the remedy's rule has it.",
    CauseKind.CORS_OTHER_ORIGIN: "Give the bucket the CORS rule of the remedy.",
    CauseKind.CORS_SEVERAL_ORIGINS: "Let one place alone answer with the header.",
    CauseKind.CORS_METHOD: "Add GET and HEAD to the rule's methods.",
    CauseKind.CORS_HEADERS: "Add the remedy's headers to those that the rule allows.",
    CauseKind.CORS_EXPOSED: "Add the remedy's headers to those that the rule exposes.",
    CauseKind.CORS_LIST: "Correct the header that the rule or a proxy sends.",
    CauseKind.CORS_DROPPED: "Look at what stands between: a proxy or CDN that drops headers.",
    CauseKind.VIEWER_REFUSED: "This is about access and not about CORS: see the check `sign`.",
    CauseKind.VIEWER_NETWORK: "Let in the addresses from which viewers come.",
    CauseKind.VIEWER_UNREACHABLE: "Let the store's address through in the network of viewers.",
    CauseKind.RANGE_IGNORED: "Let whatever stands before the store pass the header Range.",
    CauseKind.KEPT_COPY: 'Load files with CORS wherever pages show them: crossorigin="anonymous".',
    CauseKind.MIXED_CONTENT: "Serve the store by HTTPS.",
}
"""What is done about causes whose remedy depends on the cloud, in a sentence."""
