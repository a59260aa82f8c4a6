"""Merging: CORS rules and policies of ours into those that a bucket, a role or a key has.

The setup script for AWS holds this file as it stands and runs it with the Python of the customer's
shell, 3.7 or later: so it is ASCII and needs the standard library only.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

MOST_RULES = 100  # "Elements of a CORS configuration", S3 User Guide
LARGEST_CORS = 65_536  # bytes of XML ("PutBucketCors", S3 API Reference)
LARGEST_BUCKET_POLICY = 20_480  # bytes ("Policies and permissions in Amazon S3")
LARGEST_KEY_POLICY = 32_768  # bytes ("PutKeyPolicy", KMS API Reference)
LARGEST_TRUST_POLICY = 2_048  # characters ("IAM and AWS STS quotas", IAM User Guide)

OUR_RULES = "mooring"  # begins the ID of each rule that we make
UNCHANGED, REFUSED = 3, 4


class MergeError(Exception):
    """Say in a sentence what keeps two documents from becoming one."""


def merge_cors(existing: list[dict[str, Any]], ours: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the bucket's rules with our one rule in force, the same list where it is already.

    S3 answers by the first rule that fits ("How does Amazon S3 evaluate the CORS configuration on a
    bucket?"), so ours come first. Requests that they do not fit meet the other rules as before, and
    what a rule showed to an origin of ours is shown on. Earlier rules of ours go into the new ones
    with their origins, for other locations need them. Raise MergeError where it does not fit.
    """
    if all(_is_served(existing, ours, origin) for origin in ours["AllowedOrigins"]):
        return existing
    earlier = [rule for rule in existing if _is_earlier(rule, ours)]
    kept = [rule for rule in existing if rule not in earlier]
    origins = [origin for rule in [ours, *earlier] for origin in rule["AllowedOrigins"]]
    by_exposed: dict[tuple[str, ...], list[str]] = {}
    for origin in dict.fromkeys(origins):
        exposed = _exposed(existing, ours, origin)
        by_exposed.setdefault(tuple(exposed), []).append(origin)
    taken = {rule.get("ID") for rule in kept}
    names = (f"{OUR_RULES}-{number}" for number in range(2, MOST_RULES * 2))
    free = iter([name for name in [OUR_RULES, *names] if name not in taken])
    made = [
        {**ours, "ID": next(free), "AllowedOrigins": group, "ExposeHeaders": list(exposed)}
        for exposed, group in by_exposed.items()
    ]
    return _require_cors([*made, *kept])


def merge_policy(
    existing: dict[str, Any], ours: dict[str, Any], largest: int, unit: str = "bytes"
) -> dict[str, Any]:
    """Return a policy with our statements too, the same policy where it says as much already.

    A statement takes the place of the one with its Sid; all others stay as and where they are.
    Raise MergeError for a policy that would become longer than `largest`, or mean something else.
    """
    before = _statements(existing)
    after = list(before)
    for statement in _statements(ours):
        if any(_is_same(statement, each) for each in after):
            continue
        places = [place for place, each in enumerate(after) if each.get("Sid") == statement["Sid"]]
        if places:
            after[places[0]] = statement
        else:
            after.append(statement)
    if after == before:
        return existing
    if existing.get("Version") != ours["Version"] and "${" in json.dumps(before):
        raise MergeError(
            "The policy is of a version of the language without variables, and holds text that"
            " would become one."
        )
    merged = {**existing, "Version": ours["Version"], "Statement": after}
    size = len(_compact(merged))
    if size > largest:
        raise MergeError(
            f"With what is needed the policy would have {size} {unit}, and AWS takes {largest}:"
            " shorten it."
        )
    return merged


def merge_trust(existing: dict[str, Any], ours: dict[str, Any]) -> dict[str, Any]:
    """Return the trust policy of a role that is meant for us with our statement in it.

    Raise MergeError for a role whose trust policy holds neither our Sid nor our ExternalId: it
    serves something else.
    """
    (statement,) = _statements(ours)
    wanted = _external_ids(statement)
    if not any(
        each.get("Sid") == statement["Sid"] or wanted & _external_ids(each)
        for each in _statements(existing)
    ):
        raise MergeError(
            "The role is there and its trust policy does not hold Mooring's ExternalId, so it"
            " serves something else."
        )
    return merge_policy(existing, ours, LARGEST_TRUST_POLICY, "characters")


def merge_key_policy(existing: dict[str, Any], ours: dict[str, Any]) -> dict[str, Any]:
    """Return a key's policy with our statement in it, unless the role's own policy is enough.

    That is so in the key's own account where the key leaves it to IAM ("Default key policy", KMS
    Developer Guide), or is the AWS managed key for S3. Raise MergeError for that one in another
    account: nobody can change its policy.
    """
    (statement,) = _statements(ours)
    account = statement["Principal"]["AWS"].split(":")[4]
    is_managed = str(existing.get("Id", "")).startswith("auto-s3")
    if any(_leaves_to_iam(each, account) for each in _statements(existing)):
        return existing
    if is_managed and f'"{account}"' in json.dumps(existing):
        return existing
    if is_managed:
        raise MergeError("The key is managed by AWS, and no other account can use it.")
    return merge_policy(existing, ours, LARGEST_KEY_POLICY)


def measure_cors(rules: list[dict[str, Any]]) -> int:
    """Return the bytes of CORS rules as S3 counts them: in XML, an element for each value."""
    parts = ["<CORSConfiguration></CORSConfiguration>"]
    for rule in rules:
        parts.append("<CORSRule></CORSRule>")
        for name, values in rule.items():
            element = name[:-1] if isinstance(values, list) else name
            parts += [f"<{element}>{escape(str(value))}</{element}>" for value in _listed(values)]
    return len("".join(parts).encode())


def _is_served(rules: list[dict[str, Any]], ours: dict[str, Any], origin: str) -> bool:
    """Say whether a page of the origin may ask and see what our rule says."""
    headers = ours["AllowedHeaders"]
    for method in ours["AllowedMethods"]:
        allowed = any(_fits(rule, origin, method, headers) for rule in rules)
        shown = {name.lower() for name in _shown(rules, origin, method)}
        if not allowed or not shown.issuperset(name.lower() for name in ours["ExposeHeaders"]):
            return False
    return True


def _is_earlier(rule: dict[str, Any], ours: dict[str, Any]) -> bool:
    """Say whether our rule does for the rule's origins all that the rule does."""
    headers = {name.lower() for name in ours["AllowedHeaders"]}
    return (
        str(rule.get("ID", "")).startswith(OUR_RULES)
        and headers.issuperset(name.lower() for name in rule.get("AllowedHeaders", []))
        and set(ours["AllowedMethods"]).issuperset(rule["AllowedMethods"])
        and not any("*" in origin for origin in rule["AllowedOrigins"])
    )


def _exposed(rules: list[dict[str, Any]], ours: dict[str, Any], origin: str) -> list[str]:
    """Return the headers to show to the origin: ours, and those that it is shown now."""
    now = [name for method in ours["AllowedMethods"] for name in _shown(rules, origin, method)]
    by_name: dict[str, str] = {}
    for name in [*ours["ExposeHeaders"], *now]:
        by_name.setdefault(name.lower(), name)
    return list(by_name.values())


def _shown(rules: list[dict[str, Any]], origin: str, method: str) -> list[str]:
    first = next((rule for rule in rules if _fits(rule, origin, method, [])), {})
    return list(first.get("ExposeHeaders", []))


def _fits(rule: dict[str, Any], origin: str, method: str, headers: list[str]) -> bool:
    allowed = [name.lower() for name in rule.get("AllowedHeaders", [])]
    return (
        any(_matches(pattern, origin) for pattern in rule["AllowedOrigins"])
        and method in rule["AllowedMethods"]
        and all(any(_matches(each, name.lower()) for each in allowed) for name in headers)
    )


def _matches(pattern: str, text: str) -> bool:
    """Match text with a pattern that holds one asterisk at most."""
    head, star, tail = pattern.partition("*")
    if not star:
        return pattern == text
    return len(text) >= len(head + tail) and text.startswith(head) and text.endswith(tail)


def _require_cors(rules: list[dict[str, Any]]) -> list[dict[str, Any]]:
    if len(rules) > MOST_RULES:
        raise MergeError(
            f"The bucket would have {len(rules)} CORS rules, and S3 takes {MOST_RULES}: join or"
            " remove some."
        )
    size = measure_cors(rules)
    if size > LARGEST_CORS:
        raise MergeError(
            f"The CORS rules would have {size} bytes, and S3 takes {LARGEST_CORS}: remove origins"
            " or rules."
        )
    return rules


def _statements(policy: dict[str, Any]) -> list[dict[str, Any]]:
    return _listed(policy["Statement"])


def _listed(values: Any) -> list[Any]:
    """Return what a policy may write as a list or as its one element."""
    return list(values) if isinstance(values, list) else [values]


def _is_same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Say whether two statements say the same, by whatever Sid."""
    return bool(_normal({**one, "Sid": ""}) == _normal({**other, "Sid": ""}))


def _normal(value: Any) -> Any:
    """Return a list of one as the one, and other lists in an order: to AWS they are the same."""
    if isinstance(value, dict):
        return {name: _normal(each) for name, each in value.items()}
    if isinstance(value, list):
        return _normal(value[0]) if len(value) == 1 else sorted(map(_compact, value))
    return value


def _external_ids(statement: dict[str, Any]) -> set[str]:
    return {
        value
        for tests in statement.get("Condition", {}).values()
        for name, values in tests.items()
        if name.lower() == "sts:externalid"
        for value in _listed(values)
    }


def _leaves_to_iam(statement: dict[str, Any], account: str) -> bool:
    """Say whether a statement of a key gives the account itself, and so IAM, the right to it."""
    principal = statement.get("Principal", {})
    named = _listed(principal.get("AWS", [])) if isinstance(principal, dict) else []
    actions = _listed(statement.get("Action", []))
    return (
        statement.get("Effect") == "Allow"
        and not statement.get("Condition")
        and any(each == account or each.endswith(f"::{account}:root") for each in named)
        and any(action in {"kms:*", "kms:Decrypt"} for action in actions)
    )


def _compact(document: Any) -> str:
    return json.dumps(document, separators=(",", ":"))


def _merge(kind: str, found: dict[str, Any], wanted: dict[str, Any]) -> tuple[Any, Any]:
    """Return what is there and what shall be, from what the `aws` CLI printed."""
    if kind == "cors":
        rules = found["CORSRules"]
        (ours,) = wanted["CORSRules"]
        return found, {"CORSRules": merge_cors(rules, ours)}
    if kind == "trust":
        trust = found["Role"]["AssumeRolePolicyDocument"]
        return trust, merge_trust(trust, wanted)
    policy = json.loads(found["Policy"])
    if kind == "key":
        return policy, merge_key_policy(policy, wanted)
    return policy, merge_policy(policy, wanted, LARGEST_BUCKET_POLICY)


def main(arguments: list[str]) -> int:
    """Read `found` and `wanted` of a folder, and write `before` and `merged` where they differ."""
    kind, folder = arguments
    files = Path(folder)
    found, wanted = (json.loads((files / name).read_text("utf-8")) for name in ("found", "wanted"))
    try:
        before, merged = _merge(kind, found, wanted)
    except MergeError as error:
        sys.stderr.write(f"{error}\n")
        return REFUSED
    if merged == before:
        return UNCHANGED
    (files / "before").write_text(json.dumps(before, indent=2))
    (files / "merged").write_text(_compact(merged))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
