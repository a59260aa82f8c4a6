"""A customer with a bucket in the emulated Google Cloud."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx
import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from mooring_sdk.models import (
    NewHmacKeyBody,
    NewServiceAccountGrantBody,
    NewServiceAccountKeyBody,
    NewWorkloadIdentityBody,
    SetupKitBody,
)

from deploy.local.clouds.gcs_world import CorsRule, IdentityProvider
from deploy.local.clouds.google_server import ConditionalProvider, EmulatedGoogle, Everybody
from tests.journeys.owners import NewCredential, hard_keys
from tests.services.credentials.google_cloud import key_document

POOL = "projects/123456/locations/global/workloadIdentityPools/mooring"
_BELOW = re.compile(r'startsWith\("projects/_/buckets/[^/]+/objects/([^"\\]*)"\)')


@dataclass(frozen=True, slots=True)
class GoogleOwner:
    """Has a service account `reader`, and a provider of a pool for tokens of the vault's."""

    google: EmulatedGoogle
    vault_url: str
    bucket: str
    reader: str
    provider: str
    prefix: str = "team/"

    @classmethod
    def make(cls, google: EmulatedGoogle, vault_url: str) -> "GoogleOwner":
        number = uuid4().hex[:12]
        bucket, reader = f"acme-{number}", f"reader-{number}@acme-project.iam.gserviceaccount.com"
        google.world.add_bucket(bucket)
        google.world.add_account(reader)
        return cls(google, vault_url, bucket, reader, f"{POOL}/providers/mooring-{number}")

    @property
    def uri(self) -> str:
        return f"gs://{self.bucket}/{self.prefix}"

    def hard_keys(self) -> list[str]:
        return hard_keys(self.prefix)

    def put(self, keys: Iterable[str]) -> None:
        for key in keys:
            self.google.world.put(self.bucket, key, key.encode())

    def remove(self, key: str) -> None:
        self.google.world.remove(self.bucket, key)

    def credential(self, method: str) -> NewCredential:
        match method:
            case "service_account_grant":
                return NewServiceAccountGrantBody(method=method, name="ours")
            case "workload_identity":
                return NewWorkloadIdentityBody(
                    method=method,
                    name="theirs",
                    service_account=self.reader,
                    workload_provider=self.provider,
                )
            case "service_account_key":
                key = self.google.world.accounts[self.reader].private_key
                text = json.dumps(key_document(self.reader, key))
                return NewServiceAccountKeyBody(method=method, name="theirs", key=text)
            case "hmac_key":
                access_id, secret = self.google.world.add_hmac_key(self.reader)
                return NewHmacKeyBody(
                    method=method, name="theirs", access_id=access_id, secret=secret
                )
        raise AssertionError(method)

    def paste(self, kit: SetupKitBody) -> None:
        if kit.workload_provider is not None:
            self._trust(kit.workload_provider.to_dict(), kit.service_account_binding)
        if kit.bucket_binding is None:  # the customer alone knows whose HMAC key it is
            self.google.world.grant(self.bucket, self.reader, prefix=self.prefix)
        else:
            self._grant(kit.bucket_binding.to_dict())
        assert kit.cors is not None
        self.google.world.buckets[self.bucket].cors = [
            CorsRule(
                tuple(rule["origin"]),
                tuple(rule["method"]),
                tuple(rule["responseHeader"]),
                rule["maxAgeSeconds"],
            )
            for rule in kit.cors.to_dict()["cors"]
        ]

    def trust_everybody(self) -> None:
        """Let whoever the vault speaks for act as the account, as without a condition."""
        audience = f"//iam.googleapis.com/{self.provider}"
        trusted = self.google.world.providers[audience]
        self.google.world.providers[audience] = IdentityProvider(
            audience, trusted.issuer, trusted.public_key
        )
        self.google.world.accounts[self.reader].token_creators = Everybody()

    def _grant(self, binding: dict[str, Any]) -> None:
        below = _BELOW.search(binding["condition"]["expression"])
        assert below is not None
        for member in binding["members"]:
            email = member.removeprefix("serviceAccount:")
            self.google.world.grant(self.bucket, email, binding["role"], below[1])

    def _trust(self, provider: dict[str, Any], binding: Any) -> None:
        """Make the provider, which finds our keys where the vault publishes them."""
        audience = f"//iam.googleapis.com/{provider['name']}"
        self.google.world.providers[audience] = ConditionalProvider(
            audience,
            provider["oidc"]["issuerUri"],
            self._published_key(),
            provider["attributeCondition"].split('"')[1],
        )
        members = binding.to_dict()["members"]
        self.google.world.accounts[self.reader].token_creators.update(members)

    def _published_key(self) -> RSAPublicKey:
        answer = httpx.get(f"{self.vault_url}/.well-known/jwks.json", trust_env=False)
        (found,) = jwt.PyJWKSet.from_dict(answer.raise_for_status().json()).keys
        assert isinstance(found.key, RSAPublicKey)
        return found.key
