"""Profiles of S3-compatible stores: how each grants rights and sets CORS, in its own terms."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

from services.credentials.setup.cors import cors_rules, r2_cors_rules
from services.credentials.setup.policies import (
    STORE_PARTITION,
    Document,
    Escape,
    escape_pattern,
    permission_policy,
)


class CorsForm(StrEnum):
    """How a store takes CORS rules: by PutBucketCors, by an API of its own, or for all buckets."""

    S3 = "s3"
    R2 = "r2"
    SERVER = "server"


@dataclass(frozen=True, slots=True)
class StoreProfile:
    """One kind of store. `hosts` end its public endpoints, `servers` begin its header Server.

    `has_policies` says whether rights are given as IAM policies, which know all four actions of
    ours where there are any, and `escape` how a prefix is written in them. `rights` and
    `cors_advice` say in a sentence who does what; the bucket's name and the origins are put in.
    """

    name: str
    title: str
    rights: str
    cors_advice: str
    hosts: tuple[str, ...] = ()
    servers: tuple[str, ...] = ()
    has_policies: bool = True
    escape: Escape = escape_pattern
    has_kms: bool = False
    cors_form: CorsForm = CorsForm.S3

    def policy(self, bucket: str, prefix: str) -> Document | None:
        """Return the permission policy for the keys' user, None where the store has none."""
        if not self.has_policies:
            return None
        return permission_policy(STORE_PARTITION, bucket, prefix, escape=self.escape)

    def cors(self, origins: Sequence[str]) -> Document | None:
        """Return the CORS document in the form that the store takes; None when it takes none."""
        match self.cors_form:
            case CorsForm.S3:
                return cors_rules(origins)
            case CorsForm.R2:
                return r2_cors_rules(origins)
            case CorsForm.SERVER:
                return None

    def advise_rights(self, bucket: str) -> str:
        """Say how the keys get their rights."""
        return self.rights.format(bucket=bucket)

    def advise_cors(self, bucket: str, origins: Sequence[str]) -> str:
        """Say how the bucket gets its CORS rule."""
        return self.cors_advice.format(bucket=bucket, origins=",".join(origins))


_TO_RGW_NOT_ITSELF = str.maketrans(dict.fromkeys("*?$:+%", "?"))


def _loosen(prefix: str) -> str:
    """Put `?`, any character, for what RGW 16 does not take as it stands.

    It knows no escapes, refuses an ARN with a colon in its path, and decodes what a user's policy
    holds once more than it was encoded, as in a URL: there `a+b/` would allow `a b/`.
    """
    return prefix.translate(_TO_RGW_NOT_ITSELF)


_PUT_CORS = (
    "Give the bucket {bucket} this CORS rule. The document replaces the rules that the bucket has:"
    " add those that shall stay."
)

AWS = StoreProfile(
    name="aws",
    title="Amazon S3",
    hosts=("amazonaws.com", "amazonaws.com.cn"),
    rights="Give the user of the access key this policy.",
    cors_advice=_PUT_CORS,
    has_kms=True,
)
# MinIO documentation, "Policy Based Access Control"; minio/minio, issues 20995 and 21332: CORS of a
# single bucket is in AIStor alone.
MINIO = StoreProfile(
    name="minio",
    title="MinIO",
    servers=("minio",),
    rights=(
        "Make this policy with `mc admin policy create` and attach it to the user of the access key"
        " with `mc admin policy attach`, or give it to the access key itself."
    ),
    cors_advice=(
        "MinIO has CORS for the whole server, and for a bucket in AIStor alone: set"
        " MINIO_API_CORS_ALLOW_ORIGIN, or run `mc admin config set ALIAS api"
        " cors_allow_origin={origins}` with the origins that are set already, and restart."
    ),
    cors_form=CorsForm.SERVER,
)
# Ceph documentation, "Bucket Policies" and "Admin Operations".
CEPH = StoreProfile(
    name="ceph",
    title="Ceph RGW",
    servers=("ceph",),
    escape=_loosen,
    rights=(
        "Give the user of the access key this policy with `aws iam put-user-policy`, or grant the"
        " same in the policy of the bucket {bucket} if it belongs to another user. The owner of a"
        " bucket may do everything there, whatever a policy allows: use keys of another user."
    ),
    cors_advice=_PUT_CORS,
)
# Cloudflare documentation, "R2: Authentication" and "R2: Configure CORS"; Cloudflare API, "Put
# Bucket CORS Policy".
R2 = StoreProfile(
    name="r2",
    title="Cloudflare R2",
    hosts=("r2.cloudflarestorage.com",),
    rights=(
        "Make an R2 API token with the permission Object Read only, for the bucket {bucket} alone,"
        " and use its access key. R2 has no policies, so the keys reach the whole bucket."
    ),
    cors_advice=(
        "Save this document as cors.json and run `npx wrangler r2 bucket cors set {bucket} --file"
        " cors.json`, or add the rule in the bucket's settings in the dashboard. It replaces the"
        " rules that the bucket has: add those that shall stay."
    ),
    has_policies=False,
    cors_form=CorsForm.R2,
)
# Wasabi documentation, "Cross Origin Resource Sharing (CORS)".
WASABI = StoreProfile(
    name="wasabi",
    title="Wasabi",
    hosts=("wasabisys.com",),
    servers=("wasabis3",),
    rights=(
        "Make a sub-user with this policy and use its access key: the keys of the root account may"
        " do everything."
    ),
    cors_advice=f"{_PUT_CORS} Without rules of its own a bucket has Wasabi's default ones.",
)
# Backblaze documentation, "S3-Compatible App Keys", "Application Key Capabilities" and "S3 Put
# Bucket CORS".
B2 = StoreProfile(
    name="b2",
    title="Backblaze B2",
    hosts=("backblazeb2.com",),
    rights=(
        "Make an application key for the bucket {bucket} alone with the capabilities listBuckets,"
        " listFiles and readFiles, and with the location's prefix as its namePrefix. The master key"
        " does not work, and B2 has no policies."
    ),
    cors_advice=(
        f"{_PUT_CORS} It needs an application key with writeBuckets. Rules that were made by B2's"
        " own API or in its web interface for other operations (b2_…) are replaced too."
    ),
    has_policies=False,
)
OTHER = StoreProfile(
    name="other",
    title="S3-compatible store",
    rights="Give the user of the access key these rights by the store's own tools.",
    cors_advice=f"{_PUT_CORS} A store that does not take it has CORS settings of its own.",
)
PROFILES = (AWS, MINIO, CEPH, R2, WASABI, B2, OTHER)


def profile_of_endpoint(endpoint: str) -> StoreProfile | None:
    """Return the store whose public endpoint this is, None for a host that anybody may run."""
    host = urlsplit(endpoint).hostname or ""
    ends = ((profile, end) for profile in PROFILES for end in profile.hosts)
    return next((profile for profile, end in ends if f".{host}".endswith(f".{end}")), None)


def profile_of_server(server: str, request_id: str) -> StoreProfile:
    """Return the store that signs its answers so, OTHER when it does not tell.

    Older versions of RGW name no server, but their request ids begin with tx and hold the zone.
    """
    begun = server.lower().startswith
    found = next((each for each in PROFILES if any(map(begun, each.servers))), OTHER)
    return CEPH if found is OTHER and _is_rgw_id(request_id) else found


def _is_rgw_id(request_id: str) -> bool:
    """Say whether an id looks like tx00000…-006b0bd1e1-100a-default (ceph/ceph, rgw_common)."""
    head, *rest = request_id.split("-", 3)
    return head.startswith("tx0000") and len(rest) == 3  # noqa: PLR2004 (time, instance and zone)
