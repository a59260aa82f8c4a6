"""The customer in Google Cloud: lets Mooring act as a service account of theirs."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

import httpx
import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from mooring_sdk.models import NewWorkloadIdentityBody, SetupKitBody

from deploy.local.clouds.gcs_world import CorsRule, GcsWorld, IdentityProvider
from deploy.local.clouds.google_server import ConditionalProvider, Everybody
from deploy.local.demo.api import Api
from deploy.local.demo.customer import BUCKET, ORIGIN, PREFIX, Mistake, document
from deploy.local.demo.files import File
from deploy.local.errors import LocalStackError

READER = "mooring-reader@harbour-project.iam.gserviceaccount.com"
PROVIDER = "projects/123456789012/locations/global/workloadIdentityPools/mooring/providers/mooring"
MISTAKE = Mistake("the provider of tokens lets in every subject", frozenset({"subject_enforced"}))

_BELOW = re.compile(r'startsWith\("projects/_/buckets/[^/]+/objects/([^"\\]*)"\)')


@dataclass(frozen=True, slots=True)
class GoogleCustomer:
    """Their side of the cloud, and what things are called there.

    `vault_url` is where Google would find the vault's `/.well-known/`.
    """

    world: GcsWorld
    vault_url: str
    bucket: str = BUCKET
    reader: str = READER
    provider: str = PROVIDER
    prefix: str = PREFIX
    origin: str = ORIGIN
    mistake: ClassVar[Mistake] = MISTAKE
    certificates: ClassVar[None] = None

    @property
    def uri(self) -> str:
        return f"gs://{self.bucket}/{self.prefix}"

    def holds(self, key: str) -> bool:
        """Say no to line breaks ("Object naming requirements", Cloud Storage)."""
        return not {"\r", "\n"} & set(key)

    def make_bucket(self, files: Iterable[File]) -> None:
        self.world.add_bucket(self.bucket)
        for file in files:
            self.put(file)

    def put(self, file: File) -> None:
        self.world.put(self.bucket, file.key, file.content, content_type=file.content_type)

    def delete(self, key: str) -> None:
        self.world.remove(self.bucket, key)

    def consent(self, api: Api) -> None:
        """Need nothing of the kind."""

    def credential(self, name: str) -> NewWorkloadIdentityBody:
        return NewWorkloadIdentityBody(
            method="workload_identity",
            name=name,
            service_account=self.reader,
            workload_provider=self.provider,
        )

    def set_up(self, kit: SetupKitBody) -> None:
        """Make what the documents of the kit describe: nobody can run `gcloud` here."""
        if self.reader not in self.world.accounts:
            self.world.add_account(self.reader)
        if kit.workload_provider is not None:
            self._trust(document(kit.workload_provider), document(kit.service_account_binding))
        if kit.bucket_binding is None:  # the customer alone knows whose HMAC key it is
            self.world.grant(self.bucket, self.reader, prefix=self.prefix)
        else:
            self._grant(document(kit.bucket_binding))
        self.world.buckets[self.bucket].cors = [
            CorsRule(
                tuple(rule["origin"]),
                tuple(rule["method"]),
                tuple(rule["responseHeader"]),
                rule["maxAgeSeconds"],
            )
            for rule in document(kit.cors)["cors"]
        ]

    def err(self, kit: SetupKitBody) -> None:
        del kit
        self.trust_everybody()

    def trust_everybody(self) -> None:
        """Set no condition, and let the whole pool act as the account."""
        trusted = self.world.providers[self._audience]
        self.world.providers[self._audience] = IdentityProvider(
            self._audience, trusted.issuer, trusted.public_key
        )
        self.world.accounts[self.reader].token_creators = Everybody()

    def mend(self, kit: SetupKitBody) -> None:
        self.world.accounts[self.reader].token_creators = set()
        self.set_up(kit)

    @property
    def _audience(self) -> str:
        return f"//iam.googleapis.com/{self.provider}"

    def _grant(self, binding: dict[str, Any]) -> None:
        below = _BELOW.search(binding["condition"]["expression"])
        if below is None:
            raise LocalStackError("The setup kit's binding has a condition of another form.")
        for member in binding["members"]:
            email = member.removeprefix("serviceAccount:")
            self.world.grant(self.bucket, email, binding["role"], below[1])

    def _trust(self, provider: dict[str, Any], binding: dict[str, Any]) -> None:
        """Make the provider, which finds our keys where the vault publishes them."""
        self.world.providers[self._audience] = ConditionalProvider(
            self._audience,
            provider["oidc"]["issuerUri"],
            self._published_key(),
            provider["attributeCondition"].split('"')[1],
        )
        self.world.accounts[self.reader].token_creators.update(binding["members"])

    def _published_key(self) -> RSAPublicKey:
        answer = httpx.get(f"{self.vault_url}/.well-known/jwks.json", trust_env=False)
        (found,) = jwt.PyJWKSet.from_dict(answer.raise_for_status().json()).keys
        if not isinstance(found.key, RSAPublicKey):
            raise LocalStackError("The vault publishes a key that is not of RSA.")
        return found.key
