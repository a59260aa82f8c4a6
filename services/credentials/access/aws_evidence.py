"""Evidence: what a refusal of AWS's tells beyond that it is one."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from botocore.exceptions import ClientError

from shared.errors import StorageError


class Decider(StrEnum):
    """Which kind of policy decided, as AWS calls it in its messages."""

    IDENTITY = "identity-based policy"
    RESOURCE = "resource-based policy"
    SESSION = "session policy"
    BOUNDARY = "permissions boundary"
    ORGANIZATION = "service control policy"
    RESOURCE_CONTROL = "resource control policy"
    ENDPOINT = "VPC endpoint policy"


LONGEST_MESSAGE = 2_048  # characters: AWS's are a few hundred long
# "Troubleshoot access denied error messages", IAM User Guide. The text is looked at, never shown.
_DECIDED = re.compile(
    r"(?:because no (?P<lacking>[a-zA-Z -]{1,60}?) allows the|"
    r"an explicit deny in an? (?P<denying>[a-zA-Z -]{1,60}))",
)
_ACTION = re.compile(r"not authorized to perform: (?P<action>[a-zA-Z0-9-]+:[a-zA-Z]+)")
_KEY_ARN = re.compile(r"arn:aws[a-z-]*:kms:[a-z0-9-]*:[0-9]*:(?:key|alias)/[\w/:-]+")
_EXPIRED = re.compile(r"request has expired", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Evidence:
    """A refusal's code, and what its message tells: older stores send none.

    `explicit` says that a statement denies it, and not only that none allows it. `key_arn` is the
    KMS key that the message is about.
    """

    code: str = ""
    decider: Decider | None = None
    explicit: bool = False
    action: str = ""
    key_arn: str | None = None
    expired: bool = False

    @property
    def is_of_kms(self) -> bool:
        """Say whether it is about a KMS key: S3's own code is AccessDenied for those too."""
        return self.key_arn is not None or "kms" in f"{self.code} {self.action}".lower()


def read_evidence(code: str, message: str) -> Evidence:
    """Read a refusal's code and message, of which a server may send megabytes."""
    message = message[:LONGEST_MESSAGE]
    decided = _DECIDED.search(message)
    name = "" if decided is None else (decided["lacking"] or decided["denying"]).strip()
    action = _ACTION.search(message)
    key = _KEY_ARN.search(message)
    names_kms = "kms" in message.lower()
    return Evidence(
        code=code,
        decider=next((each for each in Decider if each.value.lower() == name.lower()), None),
        explicit=decided is not None and decided["denying"] is not None,
        action=action["action"] if action is not None else ("kms" if names_kms else ""),
        key_arn=None if key is None else key[0],
        expired=_EXPIRED.search(message) is not None,
    )


def evidence_of(error: StorageError) -> Evidence:
    """Return what the store's own words tell, wherever the SDK kept them."""
    answer = error.__cause__
    told: Mapping[str, object] = (
        answer.response.get("Error") or {} if isinstance(answer, ClientError) else {}
    )
    return read_evidence(str(told.get("Code") or ""), str(told.get("Message") or ""))
