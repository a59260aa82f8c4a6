"""The setup kit as one script for the `az` CLI, which changes nothing that exists already."""

from collections.abc import Sequence
from shlex import quote
from uuid import UUID

from services.credentials.azure_clouds import AzureCloud
from services.credentials.setup.azure_cors import MOST_RULES, cors_command
from services.credentials.setup.azure_roles import Assignment

# Every value goes through quote(), and none into a comment.
_HEAD = """\
#!/usr/bin/env bash
# Sets up the customer's side for Mooring. It adds what is missing, and changes nothing of others':
# where it may not add something, it says what is left to do.
set -euo pipefail

account={account}
unfinished=0

# leave_to_hand WHAT HOW: say what is to be done by hand.
leave_to_hand() {{
  unfinished=1
  printf '\\n%s\\nDo this by hand:\\n%s\\n' "$1" "$2" >&2
}}

cloud={cloud}
signed_in_to=$(az cloud show --query name --output tsv)
if [ "$signed_in_to" != "$cloud" ]; then
  printf 'The account belongs to the cloud %s, but the CLI is set to %s.\\n' \\
    "$cloud" "$signed_in_to" >&2
  exit 1
fi
"""

_PRINCIPAL = """
tenant={tenant}
client_id={client_id}
signed_in=$(az account show --query tenantId --output tsv)
if [ "$signed_in" != "$tenant" ]; then
  printf 'The account belongs to the tenant %s, but the CLI is signed in to %s.\\n' \\
    "$tenant" "$signed_in" >&2
  exit 1
fi
if ! principal=$(az ad sp show --id "$client_id" --query id --output tsv); then
  printf 'The tenant has no service principal of the application %s yet.\\n%s\\n' \\
    "$client_id" {advice} >&2
  exit 1
fi
account_id=$(az storage account show --name "$account" --query id --output tsv)
"""

_ROLE = """
role={role}
role_name={role_name}
scope="$account_id"{below}
found=$(az role assignment list --scope "$scope" --role "$role" --include-inherited \\
  --query "[?principalId=='$principal'] | length(@)" --output tsv)
if [ "$found" != 0 ]; then
  printf '%s: it is assigned already.\\n' "$role_name"
else
  az role assignment create --role "$role" --scope "$scope" \\
    --assignee-object-id "$principal" --assignee-principal-type ServicePrincipal >/dev/null
  printf '%s: assigned. Azure can need 10 minutes until it works.\\n' "$role_name"
fi
"""

_CORS = """
origins=({origins})
if ! rules=$(az storage cors list --services b --account-name "$account" \\
  --query '[].[AllowedOrigins]' --output tsv); then
  leave_to_hand 'The CORS rules of the account cannot be listed.' {command}
else
  missing=0
  for origin in "${{origins[@]}}"; do
    if ! printf '%s\\n' "$rules" | tr -s ', ' '\\n' | grep -Fxq -- "$origin"; then
      missing=1
    fi
  done
  count=$(printf '%s' "$rules" | grep -c '' || true)
  if [ "$missing" -eq 0 ]; then
    printf 'CORS: the account seems to have rules for these origins.\\n'
  elif [ "$count" -ge {most} ]; then
    leave_to_hand 'The account has as many CORS rules as it can have: add the origins to one.' \\
      "${{origins[*]}}"
  else
    {command_line}
    printf 'CORS: added a rule.\\n'
  fi
fi
"""

_TAIL = """
if [ "$unfinished" -ne 0 ]; then
  printf '\\nSome of it is left to do by hand: see above.\\n' >&2
  exit 2
fi
printf 'Done. Now let Mooring verify the access.\\n'
"""


def write_azure_script(account: str, cloud: AzureCloud, *parts: str) -> str:
    """Put the parts that a method needs into one script."""
    head = _HEAD.format(account=quote(account), cloud=quote(cloud.name))
    return "".join((head, *parts, _TAIL))


def roles_part(
    tenant_id: UUID, client_id: UUID, assignments: Sequence[Assignment], *, advice: str
) -> str:
    """Assign the roles; `advice` says how the principal comes about where there is none."""
    principal = _PRINCIPAL.format(
        tenant=quote(str(tenant_id)), client_id=quote(str(client_id)), advice=quote(advice)
    )
    roles = (
        _ROLE.format(role=quote(each.role_id), role_name=quote(each.role), below=quote(each.below))
        for each in assignments
    )
    return "".join((principal, *roles))


def azure_cors_part(account: str, origins: Sequence[str]) -> str:
    """Add the CORS rule unless rules name all origins, or the account has no place for it."""
    command = cors_command(account, origins)
    return _CORS.format(
        origins=" ".join(quote(origin) for origin in origins),
        command=quote(command),
        command_line=command,
        most=MOST_RULES,
    )
