"""The setup kit as one script for the `aws` CLI, which changes nothing that exists already."""

import json
from collections.abc import Sequence
from shlex import quote

from services.credentials.arns import RoleArn
from services.credentials.setup.policies import Document

# Every value goes through quote(), and none into a comment: a prefix may hold line breaks.
_HEAD = """\
#!/usr/bin/env bash
# Sets up the customer's side for Mooring. It adds, and overwrites nothing of others': what is there
# already and is otherwise it leaves alone, and says what is left to do.
set -euo pipefail

bucket={bucket}
unfinished=0

# leave_alone WHAT WANTED FOUND TEXT...: FOUND will do when every TEXT is in it.
leave_alone() {{
  local what=$1 wanted=$2 found=$3 text
  shift 3
  for text in "$@"; do
    case "$found" in
      *"$text"*) ;;
      *)
        unfinished=1
        printf '\\n%s: not changed.\\nChange it by hand so that it holds this too:\\n%s\\n' \\
          "$what" "$wanted" >&2
        return ;;
    esac
  done
  printf '%s: it seems to hold what is needed.\\n' "$what"
}}
"""

_ACCOUNT = """
account={account}
signed_in=$(aws sts get-caller-identity --query Account --output text)
if [ "$signed_in" != "$account" ]; then
  printf 'The role belongs to account %s, but the CLI is signed in to %s.\\n' \\
    "$account" "$signed_in" >&2
  exit 1
fi
"""

_ROLE = """
role_name={role_name}
trust_policy={trust_policy}
permission_policy={permission_policy}

if answer=$(aws iam get-role --role-name "$role_name" 2>&1); then
  leave_alone "The role $role_name has a trust policy" "$trust_policy" "$answer" {told}
else
  case "$answer" in
    *NoSuchEntity*)
      aws iam create-role --role-name "$role_name" --path {path} \\
        --assume-role-policy-document "$trust_policy" \\
        --max-session-duration {max_session_duration} >/dev/null
      printf 'Made the role %s.\\n' "$role_name" ;;
    *) printf '%s\\n' "$answer" >&2; exit 1 ;;
  esac
fi
aws iam put-role-policy --role-name "$role_name" --policy-name {policy_name} \\
  --policy-document "$permission_policy"
printf 'Gave the role %s the policy %s.\\n' "$role_name" {policy_name}
"""

_BUCKET_POLICY = """
bucket_policy={bucket_policy}

if answer=$(aws s3api get-bucket-policy --bucket "$bucket" 2>&1); then
  leave_alone "The bucket $bucket has a policy" "$bucket_policy" "$answer" {told}
else
  case "$answer" in
    *NoSuchBucketPolicy*)
      aws s3api put-bucket-policy --bucket "$bucket" --policy "$bucket_policy"
      printf 'Gave the bucket %s its policy.\\n' "$bucket" ;;
    *) printf '%s\\n' "$answer" >&2; exit 1 ;;
  esac
fi
"""

_CORS = """
cors={cors}

if answer=$(aws {endpoint}s3api get-bucket-cors --bucket "$bucket" 2>&1); then
  leave_alone "The bucket $bucket has CORS rules" "$cors" "$answer" {told}
else
  case "$answer" in
    *NoSuchCORSConfiguration*)
      aws {endpoint}s3api put-bucket-cors --bucket "$bucket" --cors-configuration "$cors"
      printf 'Gave the bucket %s its CORS rule.\\n' "$bucket" ;;
    *) printf '%s\\n' "$answer" >&2; exit 1 ;;
  esac
fi
"""

_BY_HAND = """
printf '\\nDo this by hand:\\n%s\\n' {advice} >&2
unfinished=1
"""

_TAIL = """
if [ "$unfinished" -ne 0 ]; then
  printf '\\nSome of it is left to do by hand: see above.\\n' >&2
  exit 2
fi
printf 'Done. Now let Mooring verify the access.\\n'
"""


def write_script(bucket: str, *parts: str) -> str:
    """Put the parts that a method needs into one script."""
    return "".join((_HEAD.format(bucket=quote(bucket)), *parts, _TAIL))


def role_part(
    role_arn: RoleArn,
    policy_name: str,
    *,
    external_id: str,
    trust_policy: Document,
    permission_policy: Document,
    max_session_duration: int,
) -> str:
    """Make the role where there is none, and give it one inline policy of our name."""
    return _ACCOUNT.format(account=quote(role_arn.account)) + _ROLE.format(
        role_name=quote(role_arn.name),
        path=quote(role_arn.path),
        policy_name=quote(policy_name),
        trust_policy=_text(trust_policy),
        permission_policy=_text(permission_policy),
        max_session_duration=max_session_duration,
        told=quote(external_id),
    )


def bucket_policy_part(bucket_policy: Document, role_arn: str, objects_arn: str) -> str:
    """Give the bucket its policy where it has none. One with both ARNs in it will do."""
    told = f"{quote(role_arn)} {quote(json.dumps(objects_arn)[1:-1])}"
    return _BUCKET_POLICY.format(bucket_policy=_text(bucket_policy), told=told)


def cors_part(cors: Document, origins: Sequence[str], endpoint: str | None) -> str:
    """Give the bucket its CORS rule where it has none. Rules with all origins in them will do."""
    option = "" if endpoint is None else f"--endpoint-url {quote(endpoint)} "
    told = " ".join(quote(f'"{origin}"') for origin in origins)
    return _CORS.format(cors=_text(cors), endpoint=option, told=told)


def by_hand_part(advice: str) -> str:
    """Say what the `aws` CLI cannot do at this store."""
    return _BY_HAND.format(advice=quote(advice))


def _text(document: Document) -> str:
    """Return JSON in ASCII, since IAM takes no characters beyond U+00FF, for the shell."""
    return quote(json.dumps(document, indent=2))
