"""Organizations with one of everything, and values with which a route refuses nothing but an id."""

import json
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from mooring_sdk.api.api_keys import create_api_key
from mooring_sdk.api.webhooks import create_webhook, list_webhook_deliveries, test_webhook
from mooring_sdk.models import (
    DeliveryBody,
    DeliveryState,
    NewApiKeyBody,
    NewWebhookBody,
    Scope,
    WantedEvent,
)

from deploy.local.clouds.azurite import ACCOUNT_KEY
from deploy.local.clouds.google_keys import key_document
from deploy.local.demo.api import given
from deploy.local.demo.aws_customer import AwsCustomer
from deploy.local.demo.azure_administrator import Administrator
from deploy.local.local_secrets import LocalSecrets
from deploy.local.stack import Stack
from shared.clock import SystemClock
from shared.tokens import mint_browser_token, mint_service_token
from tests.journeys.conftest import Organization
from tests.journeys.places import Place, connect
from tests.journeys.receivers import receiving
from tests.journeys.routes import Route
from tests.services.credentials.google_cloud import PROVIDER, READER, make_key

OPERATORS = {
    "approve_azure_tenant",
    "create_organization",
    "create_organization_api_key",
    "list_organizations",
    "rotate_report_key",
}

VALUES: dict[str, Any] = {
    "name": "Something",
    "scopes": ["datasets:read"],
    "role_arn": "arn:aws:iam::222222222222:role/somebody",
    "access_key_id": "AKIDEXAMPLE",
    "secret_access_key": "something",
    "endpoint": "https://storage.example.com",
    "region": "eu-central-1",
    "uri": "s3://somebucket/team/",
    "operation": "list",
    "max_age": 60,
    "decision": "discard",
    "sync_every": None,
    "url": "https://127.0.0.1:9/",  # nobody is there
    "service_account": READER,
    "workload_provider": PROVIDER,
    "access_id": "GOOG1EXAMPLE",
    "secret": "something",
    "client_id": uuid4(),
    "client_secret": "something",
    "account": "somebody",
    "sas": "sr=c&sp=rl&se=2099-12-31&sig=something",
    "key": json.dumps(key_document(READER, make_key())),
    "NewAccountKeyBody key": ACCOUNT_KEY.get_secret_value(),
    "RotateAccountKeyBody key": ACCOUNT_KEY.get_secret_value(),
    "requests": [
        {
            **dict.fromkeys(("version_id", "content_type", "content_disposition", "cache_control")),
            "key": "team/a file.txt",
            "method": "GET",
        }
    ],
    "token": mint_browser_token(uuid4(), uuid4()).get_secret_value(),
    "origin": "https://app.example.com",
    "seen": {
        "reached": "loaded",
        **dict.fromkeys(("get", "preflight", "range", "head"), "read"),
    },
    "signed_at": datetime.now(UTC).isoformat(),
    "UrlRequestsBody expires_in": "PT15M",
}
"""By the name of a part, or by its body's and its own where that says more."""


@dataclass(frozen=True, slots=True)
class Tenant:
    """An organization and the ids of what it has, by the names that routes give them."""

    organization: Organization
    place: Place
    ids: dict[str, UUID]

    def key_for(self, stack: Stack, route: Route, *, service: str | None = None) -> str:
        """Return what the organization, or a service on its behalf, sends as its key."""
        if not route.is_internal:
            return self.organization.api_key
        usual = "presign" if route.path.startswith("/internal/browser-checks/") else "ingest"
        return mint_service_token(
            LocalSecrets.keep(stack.data_dir).service_key,
            issuer=service or usual,
            audience=route.service,
            org_id=self.organization.org_id,
            now=SystemClock().now(),
        )


def settle(
    organization: Organization, customer: AwsCustomer, administrator: Administrator
) -> Tenant:
    """Let an organization have one of everything."""
    administrator.consent(organization.api)
    place = connect(organization.api, customer)
    place.put("a file.txt")
    finished = place.run_import()
    [asset] = place.list_assets()
    minted = given(
        create_api_key.sync(
            client=organization.api.vault, body=NewApiKeyBody(name="spare", scopes=list(Scope))
        )
    )
    uploaded = organization.api.ingest.get_httpx_client().post(
        "/v1/manifests", content=b"a file.txt\n", headers={"Content-Type": "text/plain"}
    )
    delivery, webhook_id = deliver(organization)
    ids = {
        "org_id": organization.org_id,
        "api_key_id": minted.api_key.api_key_id,
        "credential_id": place.credential.credential_id,
        "location_id": place.location_id,
        "dataset_id": place.dataset_id,
        "asset_id": asset.asset_id,
        "asset_ids": asset.asset_id,
        "import_id": finished.import_id,
        "manifest_id": UUID(uploaded.raise_for_status().json()["manifest_id"]),
        "webhook_id": webhook_id,
        "event_id": delivery.event_id,
        "tenant_id": administrator.tenant,
    }
    return Tenant(organization, place, ids)


def deliver(organization: Organization) -> tuple[DeliveryBody, UUID]:
    """Return what a webhook of the organization was sent, with the webhook's id."""
    client = organization.api.ingest
    # Of these there are none, so that nothing more is sent.
    wanted = [WantedEvent.IMPORT_AWAITING_DECISION]
    with receiving() as url:
        body = NewWebhookBody(url=url, event_types=wanted)
        webhook_id = given(create_webhook.sync(client=client, body=body)).webhook.webhook_id
        given(test_webhook.sync(webhook_id, client=client))
        while True:
            page = given(list_webhook_deliveries.sync(webhook_id, client=client))
            [delivery] = page.items
            if delivery.state == DeliveryState.DELIVERED:
                return delivery, webhook_id
            time.sleep(0.02)
