"""Diagnosis for S3: from a check and what a refusal tells to the causes that fit, as one table."""

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

from services.credentials.access.aws_evidence import Decider, Evidence
from services.credentials.access.causes import CauseKind
from services.credentials.access.checks import Confidence

Suspects: TypeAlias = tuple[tuple[CauseKind, Confidence], ...]

KEY_CODES = frozenset(
    {
        "InvalidAccessKeyId",
        "InvalidSecurity",
        "InvalidToken",
        "InvalidTokenId",
        "NotSignedUp",
        "UnauthorizedAccess",
    }
)
"""What stores answer to keys that they do not accept, whatever is asked with them.

`SignatureDoesNotMatch` is not among them: a URL that was changed on its way has it too.
"""

_CERTAIN, _LIKELY, _POSSIBLE = Confidence.CERTAIN, Confidence.LIKELY, Confidence.POSSIBLE
_ABOVE = {Decider.BOUNDARY, Decider.ORGANIZATION, Decider.RESOURCE_CONTROL, Decider.ENDPOINT}
_GONE_CODES = {"KMS.InvalidStateException", "KMS.KMSInvalidStateException", "KMS.NotFoundException"}


class Rule(NamedTuple):
    """What a refusal means to some checks, all of them when none is named."""

    checks: frozenset[str]
    fits: Callable[[Evidence], bool]
    suspects: Suspects


def _rule(checks: str, fits: Callable[[Evidence], bool], *suspects: CauseKind) -> Rule:
    """Make a rule: one cause is certain, of several the first is likely."""
    if len(suspects) == 1:
        return Rule(frozenset(checks.split()), fits, ((suspects[0], _CERTAIN),))
    likely, *possible = suspects
    weighed = ((likely, _LIKELY), *((each, _POSSIBLE) for each in possible))
    return Rule(frozenset(checks.split()), fits, weighed)


def _is_above(seen: Evidence) -> bool:
    return seen.decider in _ABOVE


def _denies(seen: Evidence, decider: Decider) -> bool:
    return seen.decider is decider and seen.explicit


def _lacks(seen: Evidence, decider: Decider) -> bool:
    return seen.decider is decider and not seen.explicit


# The first rule that fits counts.
TABLE: tuple[Rule, ...] = (
    # --- what is no matter of rights ---
    _rule("", lambda seen: seen.code == "NoSuchBucket", CauseKind.BUCKET_ABSENT),
    _rule("", lambda seen: seen.code == "RequestTimeTooSkewed", CauseKind.CLOCK_SKEW),
    _rule(
        "",
        lambda seen: seen.code in {"ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired"},
        CauseKind.SESSION_EXPIRED,
    ),
    _rule("", lambda seen: seen.code in KEY_CODES, CauseKind.KEY_REFUSED),
    _rule("", lambda seen: seen.code == "InvalidObjectState", CauseKind.ARCHIVED),
    _rule("", lambda seen: seen.code == "KMS.DisabledException", CauseKind.KMS_KEY_DISABLED),
    _rule("", lambda seen: seen.code in _GONE_CODES, CauseKind.KMS_KEY_DELETED),
    # --- presigned URLs: the same read works when its header is signed ---
    _rule("sign_aged", lambda _: True, CauseKind.SIGNATURE_AGE),
    _rule("sign", lambda seen: seen.expired, CauseKind.CLOCK_SKEW),
    _rule(
        "sign",
        lambda seen: seen.code == "SignatureDoesNotMatch",
        CauseKind.REQUEST_CHANGED,
        CauseKind.CLOCK_SKEW,
    ),
    _rule(
        "sign",
        lambda seen: _denies(seen, Decider.RESOURCE),
        CauseKind.PRESIGNED_DENIED,
        CauseKind.SIGNATURE_AGE,
    ),
    _rule("sign", _is_above, CauseKind.DENIED_ABOVE),
    _rule("sign", lambda seen: _denies(seen, Decider.IDENTITY), CauseKind.DENIED_BY_ROLE),
    _rule(
        "sign",
        lambda _: True,
        CauseKind.PRESIGNED_DENIED,
        CauseKind.SIGNATURE_AGE,
        CauseKind.REQUEST_CHANGED,
    ),
    _rule(
        "",
        lambda seen: seen.code == "SignatureDoesNotMatch",
        CauseKind.KEY_REFUSED,
        CauseKind.REQUEST_CHANGED,
    ),
    # --- keys of KMS ---
    _rule("encryption", lambda seen: _denies(seen, Decider.IDENTITY), CauseKind.DENIED_BY_ROLE),
    _rule("encryption", lambda seen: _denies(seen, Decider.RESOURCE), CauseKind.KMS_DENIED),
    _rule(
        "encryption",
        lambda seen: _lacks(seen, Decider.IDENTITY),
        CauseKind.KMS_ROLE,
        CauseKind.KMS_KEY_POLICY,
    ),
    _rule(
        "encryption",
        lambda seen: _lacks(seen, Decider.RESOURCE),
        CauseKind.KMS_KEY_POLICY,
        CauseKind.KMS_MANAGED_KEY,
    ),
    _rule("encryption", _is_above, CauseKind.DENIED_ABOVE),
    _rule(
        "encryption",
        lambda _: True,
        CauseKind.KMS_KEY_POLICY,
        CauseKind.KMS_ROLE,
        CauseKind.KMS_DENIED,
        CauseKind.KMS_KEY_DISABLED,
        CauseKind.KMS_MANAGED_KEY,
    ),
    # --- listing and reading ---
    _rule("", _is_above, CauseKind.DENIED_ABOVE),
    _rule("list read", lambda seen: _denies(seen, Decider.RESOURCE), CauseKind.DENIED_BY_BUCKET),
    _rule("list read", lambda seen: _denies(seen, Decider.IDENTITY), CauseKind.DENIED_BY_ROLE),
    _rule(
        "list",
        lambda seen: seen.decider in {Decider.IDENTITY, Decider.SESSION},
        CauseKind.LIST_NOT_GRANTED,
    ),
    _rule(
        "list",
        lambda _: True,
        CauseKind.LIST_NOT_GRANTED,
        CauseKind.DENIED_BY_BUCKET,
        CauseKind.OTHER_OWNER,
        CauseKind.DENIED_ABOVE,
    ),
    _rule(
        "read",
        lambda seen: seen.decider in {Decider.IDENTITY, Decider.SESSION},
        CauseKind.READ_NOT_GRANTED,
    ),
    _rule(
        "read",
        lambda seen: _lacks(seen, Decider.RESOURCE),
        CauseKind.OBJECT_OWNER,
        CauseKind.READ_NOT_GRANTED,
    ),
    _rule(
        "read",
        lambda _: True,
        CauseKind.READ_NOT_GRANTED,
        CauseKind.DENIED_BY_BUCKET,
        CauseKind.KMS_KEY_POLICY,
        CauseKind.OBJECT_OWNER,
        CauseKind.DENIED_ABOVE,
    ),
)


def diagnose(check: str, seen: Evidence) -> Suspects:
    """Return the causes that fit a refusal which a check met, in order of likelihood."""
    for rule in TABLE:
        if (not rule.checks or check in rule.checks) and rule.fits(seen):
            return rule.suspects
    return ((CauseKind.UNKNOWN, _POSSIBLE),)
