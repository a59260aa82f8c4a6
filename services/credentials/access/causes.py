"""Causes: every way known to us in which access is broken, who mends it, and how it is told apart.

A report says which of them fit what it saw. `docs/checks.md` lists them.
"""

from enum import Enum
from typing import Literal, TypeAlias

Who: TypeAlias = Literal["caller", "customer", "operator"]


class CauseKind(Enum):
    """A cause by its stable code: who must act, what is wrong, and how to tell that it is that.

    The codes of AWS's refusals say which policy refuses ("Troubleshoot access denied error
    messages", IAM User Guide); where they do not, all causes that fit are named.
    """

    def __init__(self, code: str, who: Who, summary: str, tell: str) -> None:
        self.code = code
        self.who = who
        self.summary = summary
        self.tell = tell

    # --- any check ------------------------------------------------------------------------------

    UNREACHABLE = (
        "unreachable",
        "customer",
        "The store cannot be reached from where Mooring runs, or does not answer in time.",
        (
            "A firewall, a private network or an outage: the endpoint does not answer from"
            " there with any credential, as `curl -I` shows."
        ),
    )
    THROTTLED = (
        "throttled",
        "caller",
        "The customer's cloud asks Mooring to slow down.",
        "It passes by itself: verify again in a minute.",
    )
    CLOCK_SKEW = (
        "clock-skew",
        "operator",
        "Mooring's clock and the store's differ by more than the store allows.",
        "Compare the Date header of any answer of the store with `date -u` on Mooring's machine.",
    )
    SESSION_EXPIRED = (
        "session-expired",
        "caller",
        "The session ended while access was verified.",
        "A second verification gets a new session and passes.",
    )
    OUR_IDENTITY = (
        "own-identity",
        "operator",
        "Mooring's own identity in the cloud does not work.",
        "Every location of that cloud fails in the same way.",
    )
    INVALID_REQUEST = (
        "invalid-request",
        "caller",
        "What was asked for is not valid.",
        "The finding names what to correct.",
    )
    UNKNOWN = (
        "unknown",
        "customer",
        "The customer's cloud refuses, and does not say why.",
        "Compare the bucket's side with the setup kit; the cloud's own audit log names the rule.",
    )

    # --- who we are -----------------------------------------------------------------------------

    ROLE_ABSENT = (
        "role-absent",
        "customer",
        "The role does not exist, or was deleted.",
        "`aws iam get-role` in the customer's account finds no such role.",
    )
    TRUST_PRINCIPAL = (
        "trust-principal",
        "customer",
        "The role's trust policy does not let Mooring's principal assume it.",
        "The Principal or the Action of the trust policy differs from the setup kit's.",
    )
    TRUST_EXTERNAL_ID = (
        "trust-external-id",
        "customer",
        "The role's trust policy asks for another ExternalId.",
        "The value of sts:ExternalId in the trust policy differs from the setup kit's.",
    )
    PRINCIPAL_MISMATCH = (
        "principal-mismatch",
        "operator",
        "Mooring runs with another AWS principal than the one that trust policies name.",
        "`aws sts get-caller-identity` with Mooring's credentials shows another ARN.",
    )
    KEY_REFUSED = (
        "key-refused",
        "customer",
        "The store does not know the access key, or its secret is another one.",
        "The same key fails with every client, for every bucket.",
    )
    EXTERNAL_ID_NOT_REQUIRED = (
        "external-id-not-required",
        "customer",
        "The role can be assumed without any ExternalId.",
        "The trust policy has a statement without a condition on sts:ExternalId.",
    )
    EXTERNAL_ID_NOT_EXACT = (
        "external-id-not-exact",
        "customer",
        "The role can be assumed with another ExternalId than the organization's.",
        "The condition on sts:ExternalId has a wildcard, a list, or a test for presence alone.",
    )
    MAX_SESSION_DURATION = (
        "max-session-duration",
        "customer",
        "The role's maximum session duration is shorter than 12 hours.",
        "`aws iam get-role` shows MaxSessionDuration.",
    )
    OWN_MAX_SESSION_DURATION = (
        "own-max-session-duration",
        "operator",
        "The maximum session duration of Mooring's own role is shorter than 12 hours.",
        "`aws iam get-role` in Mooring's account shows MaxSessionDuration.",
    )
    ROLE_CHAINING = (
        "role-chaining",
        "operator",
        "Mooring is itself a role, and a role's session of another role ends after an hour.",
        "Mooring's principal is a role: MOORING_AWS_PRINCIPAL_ARN names it.",
    )
    SUBJECT_NOT_ENFORCED = (
        "subject-not-enforced",
        "customer",
        "The service account lets Mooring act as it for any organization.",
        "The pool's provider has no attribute condition, or the binding names the whole pool.",
    )
    IMPERSONATION = (
        "impersonation-denied",
        "customer",
        "The service account does not let Mooring act as it.",
        (
            "Its binding for iam.serviceAccountTokenCreator or workloadIdentityUser differs"
            " from the setup kit's, or was made within the last minutes."
        ),
    )
    TENANT_NOT_BOUND = (
        "tenant-not-bound",
        "customer",
        "No administrator of the tenant has connected it to the organization.",
        "The consent was given without the sign-in that follows, or by another organization.",
    )
    ENTRA_REFUSED = (
        "entra-refused",
        "customer",
        "Microsoft Entra does not let the application or the service principal in.",
        "The finding tells Entra's reason.",
    )
    OTHER_ACCOUNT = (
        "other-account",
        "caller",
        "The credential is for another storage account or tenant than the URI names.",
        "Compare the account in the URI with the credential's.",
    )

    # --- where ----------------------------------------------------------------------------------

    BUCKET_ABSENT = (
        "bucket-absent",
        "caller",
        "There is no bucket, container or account of this name.",
        "The store says so to strangers too.",
    )
    REGION_UNKNOWN = (
        "region-unknown",
        "caller",
        "The store does not tell the bucket's region.",
        "Name the region with the location.",
    )
    OTHER_OWNER = (
        "other-owner",
        "customer",
        "The bucket does not belong to the account of the role.",
        (
            "A bucket of this name was deleted and taken by another account, or the role is in"
            " another account than the bucket: `aws s3api get-bucket-acl` shows its owner."
        ),
    )
    PUBLIC = (
        "public",
        "customer",
        "Anybody can list and read the container without a credential.",
        "The account allows anonymous access, and the container's level is not private.",
    )

    # --- what we may ----------------------------------------------------------------------------

    LIST_NOT_GRANTED = (
        "list-not-granted",
        "customer",
        "The grant lacks the right to list the prefix.",
        (
            "No policy allows s3:ListBucket with this s3:prefix, or the cloud's like of it: it"
            " is missing, names another bucket or prefix, or was added within the last minutes."
        ),
    )
    READ_NOT_GRANTED = (
        "read-not-granted",
        "customer",
        "The grant lacks the right to read objects below the prefix.",
        (
            "No policy allows s3:GetObject for these keys, or the cloud's like of it: it is"
            " missing or names other keys."
        ),
    )
    DENIED_BY_BUCKET = (
        "denied-by-bucket-policy",
        "customer",
        "The bucket's policy denies it explicitly.",
        (
            "A statement with Effect Deny: by address (aws:SourceIp), VPC endpoint"
            " (aws:SourceVpce), or whatever else it names."
        ),
    )
    DENIED_BY_ROLE = (
        "denied-by-role-policy",
        "customer",
        "A policy of the role or user itself denies it explicitly.",
        (
            "A statement with Effect Deny in a policy of the role, or of a group of the user:"
            " sessions that were revoked, addresses, or whatever else it names."
        ),
    )
    DENIED_ABOVE = (
        "denied-by-organization",
        "customer",
        (
            "A policy above the role denies it: of the AWS organization, a permissions"
            " boundary, or a VPC endpoint."
        ),
        "The role's and the bucket's own policies allow it, and CloudTrail names the denying one.",
    )
    OBJECT_OWNER = (
        "object-owner",
        "customer",
        "The objects belong to another account than the bucket, whose policy says nothing of them.",
        (
            "Object Ownership is not 'Bucket owner enforced', and `aws s3api get-object-acl`"
            " shows another owner."
        ),
    )
    REQUESTER_PAYS = (
        "requester-pays",
        "customer",
        "The bucket lets only those read who pay for it, and Mooring does not.",
        "The same request works when it names the requester as the payer.",
    )
    NETWORK_RULES = (
        "network-rules",
        "customer",
        "Network rules of the account or bucket refuse Mooring's address.",
        "The same credential works from a network that is let in.",
    )
    ROLE_ASSIGNMENT = (
        "role-assignment",
        "customer",
        "A role assignment is missing on the storage account or the container.",
        "`az role assignment list` for the application does not show it at that scope.",
    )
    PROPAGATION = (
        "propagation",
        "caller",
        "The cloud is still spreading what was just granted.",
        "Verify again in a few minutes.",
    )
    ACCOUNT_DISABLED = (
        "account-disabled",
        "customer",
        "The storage account is disabled.",
        "The portal shows its state.",
    )
    KEYS_OFF = (
        "keys-off",
        "customer",
        "The storage account does not allow access by its keys.",
        "`az storage account show` has allowSharedKeyAccess false.",
    )
    SIGNATURE_REFUSED = (
        "signature-refused",
        "customer",
        "The storage account does not accept the key or the SAS: rotated, revoked or expired.",
        "The same key or SAS fails with every client.",
    )
    KMS_ROLE = (
        "kms-role",
        "customer",
        "No policy of the role allows kms:Decrypt with the objects' key.",
        (
            "The store's refusal says that no identity-based policy allows it, or the key is of"
            " another account than the role."
        ),
    )
    KMS_KEY_POLICY = (
        "kms-key-policy",
        "customer",
        "The KMS key's policy does not let the role decrypt.",
        "The key's policy names neither the role nor, with a policy of the role, its account.",
    )
    KMS_DENIED = (
        "kms-denied",
        "customer",
        "The KMS key's policy denies it explicitly.",
        "A statement with Effect Deny in the key's policy, which no Allow outweighs.",
    )
    KMS_KEY_DISABLED = (
        "kms-key-disabled",
        "customer",
        "The KMS key is disabled.",
        "`aws kms describe-key` shows the state Disabled.",
    )
    KMS_KEY_DELETED = (
        "kms-key-deleted",
        "customer",
        "The KMS key is about to be deleted, or gone.",
        "`aws kms describe-key` shows the state PendingDeletion, or finds no such key.",
    )
    KMS_MANAGED_KEY = (
        "kms-managed-key",
        "customer",
        "The objects are encrypted with the key aws/s3, which no other account can be let use.",
        "The key's alias is alias/aws/s3.",
    )
    ARCHIVED = (
        "archived-objects",
        "customer",
        "Objects are archived and must be restored before anybody can read them.",
        "Their storage class is GLACIER, DEEP_ARCHIVE, Archive, or an archive tier.",
    )
    NOT_V2 = (
        "list-v2-missing",
        "customer",
        "The store does not know ListObjectsV2.",
        "It answers the older ListObjects.",
    )

    # --- what must be refused -------------------------------------------------------------------

    LISTS_OUTSIDE = (
        "lists-outside",
        "customer",
        "The grant lets Mooring list beyond the prefix.",
        (
            "A policy allows listing without a condition on the prefix, or with one that does"
            " not end in a slash."
        ),
    )
    READS_OUTSIDE = (
        "reads-outside",
        "customer",
        "The grant lets Mooring read objects beyond the prefix.",
        "A policy allows reading more keys than those below the prefix.",
    )
    LISTS_BUCKETS = (
        "lists-buckets",
        "customer",
        "The grant lets Mooring see the names of all buckets of the account.",
        "A policy allows s3:ListAllMyBuckets.",
    )
    MAY_CHANGE = (
        "may-change",
        "customer",
        "The grant lets Mooring change what is in the bucket.",
        "A policy allows s3:PutObject or s3:*, or the cloud's like of it.",
    )
    VERSIONS_NOT_LISTED = (
        "versions-not-listed",
        "customer",
        "The grant lacks the right to list versions.",
        "No policy allows s3:ListBucketVersions with this s3:prefix.",
    )
    ACLS = (
        "object-acls",
        "customer",
        "Access lists of single objects decide beside IAM.",
        "Uniform bucket-level access is off.",
    )

    # --- how viewers read -----------------------------------------------------------------------

    CANNOT_SIGN = (
        "cannot-sign",
        "customer",
        "The credential can sign no URLs.",
        "It is itself a signature that the customer made.",
    )
    PRESIGNED_DENIED = (
        "presigned-denied",
        "customer",
        "The bucket's policy denies presigned requests.",
        "The same read works with a signed header: a Deny on s3:authType REST-QUERY-STRING.",
    )
    SIGNATURE_AGE = (
        "signature-age",
        "customer",
        "The bucket's policy denies signatures that are older than it allows.",
        (
            "A URL that was just signed works, and one of some minutes ago does not: a"
            " condition on s3:signatureAge."
        ),
    )
    REQUEST_CHANGED = (
        "request-changed",
        "customer",
        "Something before the store changes requests, so that signatures do not fit.",
        "A proxy that changes the Host header, the path or the query.",
    )
    RESTRICTED_AUTH = (
        "restricted-auth-types",
        "customer",
        "A rule of the organization, the bucket or its perimeter refuses signed requests.",
        "Look for storage.restrictAuthTypes, an IP filter, or VPC Service Controls.",
    )
    OTHER_REGION = (
        "other-region",
        "operator",
        "The presigned URL leads to another region than the bucket's.",
        "The store answers with a redirect, or names another region.",
    )
    CORS_NONE = (
        "cors-none",
        "customer",
        "The bucket has no CORS rules.",
        "`aws s3api get-bucket-cors`, or the cloud's like of it, shows none.",
    )
    CORS_ABSENT = (
        "cors-absent",
        "customer",
        "The bucket has no CORS rule that fits this origin.",
        "The store answers without any Access-Control header.",
    )
    CORS_NEAR_ORIGIN = (
        "cors-near-origin",
        "customer",
        "A CORS rule of the bucket names what looks like the origin, and is another one.",
        "Scheme, host and port must be the same text, without a slash at the end.",
    )
    CORS_OTHER_ORIGIN = (
        "cors-other-origin",
        "customer",
        "The store's answer allows one origin, and not the one that asked.",
        "Access-Control-Allow-Origin is the same whichever Origin is sent.",
    )
    CORS_SEVERAL_ORIGINS = (
        "cors-several-origins",
        "customer",
        "The answer names several origins, or one several times, of which browsers take none.",
        "Access-Control-Allow-Origin comes twice: from the store, and from a proxy before it.",
    )
    CORS_METHOD = (
        "cors-method",
        "customer",
        "The CORS rule for the origin lacks a method.",
        "A preflight for the other one of GET and HEAD is allowed.",
    )
    CORS_HEADERS = (
        "cors-headers",
        "customer",
        "The CORS rule for the origin lacks headers that viewers send.",
        "A preflight without Access-Control-Request-Headers is allowed.",
    )
    CORS_EXPOSED = (
        "cors-exposed-headers",
        "customer",
        "The CORS rule for the origin does not expose headers that viewers look at.",
        "The answer has them, and Access-Control-Expose-Headers does not name them.",
    )
    CORS_LIST = (
        "cors-list",
        "customer",
        "The answer to a preflight holds a list of methods or headers that is none.",
        "Access-Control-Allow-Methods or -Headers has something else than names and commas.",
    )
    CORS_DROPPED = (
        "cors-dropped",
        "customer",
        "Something before the store drops its CORS headers, or keeps answers without them.",
        "A preflight is allowed, and the answer to the same read has no Access-Control header.",
    )
    VIEWER_REFUSED = (
        "viewer-refused",
        "customer",
        "The store refuses what a browser sends, whatever its CORS rules say.",
        "The same URL is refused without the header Origin, too; browsers show it as CORS.",
    )
    VIEWER_NETWORK = (
        "viewer-network",
        "customer",
        "The bucket refuses the network that viewers are in.",
        (
            "The same URL works from another network: a condition on the address or the VPC"
            " endpoint, an IP filter, or network rules of the account."
        ),
    )
    VIEWER_UNREACHABLE = (
        "viewer-unreachable",
        "customer",
        "The store cannot be reached from the network that viewers are in.",
        "The store's address opens in no tab there: its name is unknown, or something blocks it.",
    )
    RANGE_IGNORED = (
        "range-ignored",
        "customer",
        "Something before the store drops the header Range.",
        "A request for one byte is answered with status 200.",
    )
    KEPT_COPY = (
        "kept-copy",
        "caller",
        "A copy that a page loaded without CORS is given to the script that reads with it.",
        "It works in a window without a cache, and fails once the page has shown the file.",
    )
    MIXED_CONTENT = (
        "mixed-content",
        "customer",
        "The store has no TLS, and the pages that show its files have.",
        "The browser's console says mixed content.",
    )
