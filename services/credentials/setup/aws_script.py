"""The setup kit for S3 as parts of one script for the `aws` CLI (see setup/script.py)."""

import inspect
import json
from collections.abc import Sequence
from shlex import quote

from services.credentials.arns import KeyArn
from services.credentials.setup import merging
from services.credentials.setup.policies import WISHED_SESSION, Document, RolePolicies
from services.credentials.setup.script import quote_document

# Every value goes through quote(), and none into a comment: a prefix may hold line breaks.
_MERGING = """
files=$(mktemp -d)
trap 'rm -rf "$files"' EXIT
export AWS_PAGER=

cat >"$files/merging.py" <<'PYTHON'
{merging}PYTHON
can_merge=1
python3 -c 'import sys; sys.exit(sys.version_info < (3, 7))' >/dev/null 2>&1 || can_merge=0

# see WHAT ABSENT COMMAND...: ask what is there, into $files/found; fail where there is nothing.
see() {{
  local what=$1 absent=$2 answer
  shift 2
  if "$@" --output json >"$files/found" 2>"$files/refusal"; then return 0; fi
  answer=$(cat "$files/refusal")
  case "$answer" in
    *"$absent"*) return 1 ;;
  esac
  # At an error without a text, as Ceph sends it, the CLI stumbles before it names the code.
  answer="$answer $("$@" --debug 2>&1 >/dev/null |
    grep -o '<Code>[A-Za-z]*</Code>' | head -n 1 || true)"
  case "$answer" in
    *"<Code>$absent</Code>"*) return 1 ;;
  esac
  printf '%s cannot be read: %s\\n' "$what" "$answer" >&2
  exit 1
}}

# merge KIND WHAT WANTED TEXT...: put into $files/merged what shall be there instead of
# $files/found. Fail where it will do as it is, and where it cannot be changed, which $refused then
# tells. Without Python what is found will do when every TEXT is in it.
merge() {{
  local kind=$1 what=$2 wanted=$3 found text status=0
  shift 3
  refused=0
  printf '%s\\n' "$wanted" >"$files/wanted"
  if [ "$can_merge" -eq 1 ]; then
    python3 "$files/merging.py" "$kind" "$files" 2>"$files/refusal" || status=$?
  else
    status={unchanged}
    found=$(cat "$files/found")
    for text in "$@"; do
      case "$found" in
        *"$text"*) ;;
        *) status={refused}; printf 'There is no Python 3.7 or later here.\\n' >"$files/refusal" ;;
      esac
    done
  fi
  case "$status" in
    0)
      printf '%s: changing it. Until now it was:\\n%s\\n' "$what" "$(cat "$files/before")"
      return 0 ;;
    {unchanged}) printf '%s: it holds what is needed.\\n' "$what" ;;
    *) refused=1; leave "$what" "$(cat "$files/refusal")" "$wanted" ;;
  esac
  return 1
}}

# leave WHAT WHY WANTED: say what is to be done by hand.
leave() {{
  unfinished=1
  printf '\\n%s: not changed. %s\\n' "$1" "$2" >&2
  printf 'Change it by hand so that it holds this too:\\n%s\\n' "$3" >&2
}}

# patiently COMMAND...: a role that was just made is not known everywhere at once.
patiently() {{
  local seconds
  for seconds in 2 4 8; do
    if "$@" 2>/dev/null; then return; fi
    sleep "$seconds"
  done
  "$@"
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

if see "The role $role_name" NoSuchEntity aws iam get-role --role-name "$role_name"; then
  if merge trust "The trust policy of the role $role_name" "$trust_policy" {told}; then
    aws iam update-assume-role-policy --role-name "$role_name" \\
      --policy-document "file://$files/merged"
  elif [ "$refused" -eq 1 ]; then
    printf '\\nThe role %s was given nothing. If it shall serve Mooring too, change its trust\\n' \\
      "$role_name" >&2
    printf 'policy so and run this again; if not, name another role to Mooring.\\n' >&2
    exit 1
  fi
else
  aws iam create-role --role-name "$role_name" --path {path} \\
    --assume-role-policy-document "$trust_policy" \\
    --max-session-duration {max_session_duration} >/dev/null
  printf 'Made the role %s.\\n' "$role_name"
fi
aws iam put-role-policy --role-name "$role_name" --policy-name {policy_name} \\
  --policy-document "$permission_policy"
printf 'Gave the role %s the policy %s.\\n' "$role_name" {policy_name}
"""

_BUCKET_POLICY = """
bucket_policy={bucket_policy}

if see "The policy of the bucket $bucket" NoSuchBucketPolicy \\
  aws s3api get-bucket-policy --bucket "$bucket"; then
  if merge bucket "The policy of the bucket $bucket" "$bucket_policy" {told}; then
    patiently aws s3api put-bucket-policy --bucket "$bucket" --policy "file://$files/merged"
  fi
else
  patiently aws s3api put-bucket-policy --bucket "$bucket" --policy "$bucket_policy"
  printf 'Gave the bucket %s its policy.\\n' "$bucket"
fi
"""

_KEYS = """
key_policy={key_policy}

for key in {keys}; do
  region=${{key#arn:*:kms:}}
  region=${{region%%:*}}
  if aws kms get-key-policy --region "$region" --key-id "$key" --policy-name default \\
    --output json >"$files/found" 2>"$files/refusal"; then
    if merge key "The policy of the key $key" "$key_policy" {told}; then
      patiently aws kms put-key-policy --region "$region" --key-id "$key" \\
        --policy-name default --policy "file://$files/merged"
    fi
  else
    leave "The policy of the key $key" "$(cat "$files/refusal")" "$key_policy"
  fi
done
"""

_CORS = """
cors={cors}

if see "The CORS configuration of the bucket $bucket" NoSuchCORSConfiguration \\
  aws {endpoint}s3api get-bucket-cors --bucket "$bucket"; then
  if merge cors "The CORS configuration of the bucket $bucket" "$cors" {told}; then
    aws {endpoint}s3api put-bucket-cors --bucket "$bucket" \\
      --cors-configuration "file://$files/merged"
  fi
else
  aws {endpoint}s3api put-bucket-cors --bucket "$bucket" --cors-configuration "$cors"
  printf 'Gave the bucket %s its CORS rule.\\n' "$bucket"
fi
"""

_BY_HAND = """
printf '\\nDo this by hand:\\n%s\\n' {advice} >&2
unfinished=1
"""


def merging_part() -> str:
    """Hold setup/merging.py and the ways to use it, which all other parts need."""
    source = inspect.getsource(merging)
    return _MERGING.format(merging=source, unchanged=merging.UNCHANGED, refused=merging.REFUSED)


def role_part(policies: RolePolicies) -> str:
    """Make the role or let one that is ours already trust us; give it a policy of our name."""
    role_arn = policies.role_arn
    return _ACCOUNT.format(account=quote(role_arn.account)) + _ROLE.format(
        role_name=quote(role_arn.name),
        path=quote(role_arn.path),
        policy_name=quote(policies.name),
        trust_policy=quote_document(policies.trust),
        permission_policy=quote_document(policies.permission),
        max_session_duration=int(WISHED_SESSION.total_seconds()),
        told=quote(policies.external_id),
    )


def bucket_policy_part(bucket_policy: Document, role_arn: str, objects_arn: str) -> str:
    """Add our statements to the policy of the bucket."""
    told = f"{quote(role_arn)} {quote(json.dumps(json.dumps(objects_arn)[1:-1])[1:-1])}"
    return _BUCKET_POLICY.format(bucket_policy=quote_document(bucket_policy), told=told)


def keys_part(key_policy: Document, keys: Sequence[KeyArn], principal_arn: str) -> str:
    """Add our statement to the policy of each key that does not leave it to the role's policy."""
    return _KEYS.format(
        key_policy=quote_document(key_policy),
        keys=" ".join(quote(str(key)) for key in keys),
        told=quote(principal_arn),
    )


def cors_part(cors: Document, origins: Sequence[str], endpoint: str | None) -> str:
    """Add our rule to the CORS rules of the bucket."""
    option = "" if endpoint is None else f"--endpoint-url {quote(endpoint)} "
    told = " ".join(quote(f'"{origin}"') for origin in origins)
    return _CORS.format(cors=quote_document(cors), endpoint=option, told=told)


def by_hand_part(advice: str) -> str:
    """Say what the `aws` CLI cannot do at this store."""
    return _BY_HAND.format(advice=quote(advice))
