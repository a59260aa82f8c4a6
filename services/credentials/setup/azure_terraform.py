"""The setup kit as Terraform: the role assignments, and the CORS rule of the account."""

from collections.abc import Sequence
from uuid import UUID

from services.credentials.setup.azure_roles import Assignment
from services.credentials.setup.cors import (
    EXPOSED_HEADERS,
    MAX_AGE_SECONDS,
    METHODS,
    REQUEST_HEADERS,
)
from services.credentials.setup.hcl import hcl_text, hcl_texts

_PRINCIPAL = """\
variable "resource_group_name" {{
  type        = string
  description = "The resource group of the storage account."
}}

data "azurerm_storage_account" "mooring" {{
  name                = {account}
  resource_group_name = var.resource_group_name
}}

data "azuread_service_principal" "mooring" {{
  client_id = {client_id}
}}
"""

_ROLE = """
resource "azurerm_role_assignment" "mooring_{name}" {{
  scope              = {scope}
  role_definition_id = {role}
  principal_id       = data.azuread_service_principal.mooring.object_id
  principal_type     = "ServicePrincipal"
}}
"""

_SUBSCRIPTION = """
data "azurerm_subscription" "mooring" {}
"""

_CORS = """\
# One of the five rules of the account: it goes into the block blob_properties of your own
# resource azurerm_storage_account, beside the rules that are there.
cors_rule {{
  allowed_origins    = {origins}
  allowed_methods    = {methods}
  allowed_headers    = {headers}
  exposed_headers    = {exposed}
  max_age_in_seconds = {max_age}
}}
"""


def write_terraform(account: str, client_id: UUID, assignments: Sequence[Assignment]) -> str:
    """Return the role assignments, for the providers azurerm and azuread."""
    principal = _PRINCIPAL.format(account=hcl_text(account), client_id=hcl_text(str(client_id)))
    return "".join((principal, _SUBSCRIPTION, *(_assign(each) for each in assignments)))


def write_terraform_cors(origins: Sequence[str]) -> str:
    """Return the block for the account, which Terraform cannot give a rule from outside."""
    return _CORS.format(
        origins=hcl_texts(list(origins)),
        methods=hcl_texts(list(METHODS)),
        headers=hcl_texts(list(REQUEST_HEADERS)),
        exposed=hcl_texts(list(EXPOSED_HEADERS)),
        max_age=MAX_AGE_SECONDS,
    )


def _assign(assignment: Assignment) -> str:
    account = "data.azurerm_storage_account.mooring.id"
    scope = account
    if assignment.below:  # a template: the id stands before the text
        scope = f'"${{{account}}}{hcl_text(assignment.below)[1:]}'
    definition = f"/providers/Microsoft.Authorization/roleDefinitions/{assignment.role_id}"
    role = f'"${{data.azurerm_subscription.mooring.id}}{hcl_text(definition)[1:]}'
    name = assignment.role.rpartition(" ")[2].lower()
    return _ROLE.format(name=name, scope=scope, role=role)
