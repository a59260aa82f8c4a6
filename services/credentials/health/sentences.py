"""Sentences: what a change of each check means, in a line."""

from collections.abc import Mapping
from typing import Any

from services.credentials.access.checks import Status
from services.credentials.health.doubts import is_passing

_FAILED = {
    "identity": "Mooring is no longer let in.",
    "external_id_enforced": "Trust policy: the ExternalId is no longer enforced.",
    "subject_enforced": "Workload identity: tokens of other organizations are no longer refused.",
    "tenant_bound": "The tenant is no longer connected to the organization.",
    "session_duration": "The length of sessions can no longer be found out.",
    "region": "The bucket is no longer found.",
    "list": "The prefix can no longer be listed.",
    "encryption": "The KMS key {subject} can no longer be used to decrypt.",
    "sign": "Presigned URLs no longer work.",
    "delegator": "The identity may no longer sign URLs.",
    "sas_rights": "The shared access signature no longer allows what is needed.",
    "permissions": "The service account lacks permissions that it had.",
    "scope": "The grant reaches beyond the prefix now.",
    "write_refused": "The grant allows writing now.",
    "requester_pays": "The bucket lets those pay who read it now.",
    "capabilities": "The store no longer does what Mooring needs.",
}
_WARNS = {
    "identity": "Mooring is let in otherwise than before.",
    "scope": "The grant is wider than it was.",
    "write_refused": "The grant may allow writing now.",
    "permissions": "The service account may do more than it did.",
    "uniform_access": "The bucket no longer has uniform access.",
    "requester_pays": "The bucket lets those pay who read it now.",
    "archived": "Objects are archived now.",
    "bucket_owner": "The bucket is no longer the account's whose role reaches it.",
    "versioning": "Versions can no longer be listed and read.",
    "capabilities": "The store does less than it did.",
    "sas_rights": "The shared access signature is near its end, or wider than it was.",
}
_CORS = {
    "browser_get": "browser_get fails",
    "browser_preflight": "browser_preflight fails",
    "browser_range": "browser_range fails",
    "browser_head": "browser_head fails",
}


def say_worse(old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    """Say what is worse than before in a check that failed, or warns."""
    name, subject = new["name"], new["subject"]
    if is_passing(new):
        return _say_passing(new)
    if new["status"] == Status.WARNING:
        if name in _CORS:
            return f"CORS for {subject} is weaker: {new['finding']}"
        return _WARNS.get(name) or f"{label(new)} has a warning that it had not."
    if name == "read":
        return _say_unread(old, new)
    if name in _CORS:
        return f"CORS for {subject} gone: {_CORS[name]}."
    sentence = _FAILED.get(name)
    return f"{label(new)} fails." if sentence is None else sentence.format(subject=subject)


def say_new(new: Mapping[str, Any]) -> str:
    """Say that a check fails which was not tried before."""
    return _say_passing(new) if is_passing(new) else f"{label(new)} fails."


def say_better(new: Mapping[str, Any]) -> str:
    """Say that a check is better than before."""
    return f"{label(new)} passes again." if new["status"] == Status.PASSED else _no_failure(new)


def label(check: Mapping[str, Any]) -> str:
    """Name a check, at the beginning of a sentence."""
    subject = check["subject"]
    return f"`{check['name']}`" + (f" for {subject}" if subject else "")


def _say_passing(new: Mapping[str, Any]) -> str:
    return f"{label(new)} fails for now: {new['finding']}"


def _no_failure(new: Mapping[str, Any]) -> str:
    return f"{label(new)} no longer fails, with a warning."


def _say_unread(old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    now, then = new.get("measured", {}), old.get("measured", {})
    if "read" not in now:
        return "Objects can no longer be read."
    before = f" instead of {then['read']} of {then['asked']}" if "read" in then else ""
    return (
        f"Objects can no longer be read: {now['read']} of {now['asked']} that were tried{before}."
    )
