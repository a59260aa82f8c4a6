"""Merging: our CORS rules and statements come into force, and what was there keeps working."""

import ast
import inspect
import json
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.credentials.arns import parse_key_arn
from services.credentials.setup import merging
from services.credentials.setup.cors import EXPOSED_HEADERS, REQUEST_HEADERS, cors_rules
from services.credentials.setup.kms import kms_statements
from services.credentials.setup.merging import (
    LARGEST_BUCKET_POLICY,
    LARGEST_TRUST_POLICY,
    MOST_RULES,
    MergeError,
    merge_cors,
    merge_key_policy,
    merge_policy,
    merge_trust,
)
from services.credentials.setup.policies import bucket_policy, policy, trust_policy

Json = dict[str, Any]

APP, VIEWER, OTHER = "https://app.example", "https://viewer.example", "https://other.example"
ROLE = "arn:aws:iam::222222222222:role/reader"
OURS = "arn:aws:iam::111111111111:role/mooring/mooring-1"
KEY = parse_key_arn("arn:aws:kms:eu-central-1:222222222222:key/0e3f")


def our_rule(*origins: str) -> Json:
    rules: Any = cors_rules(origins)["CORSRules"]
    found: Json = rules[0]
    return found


# --- CORS, as "How does Amazon S3 evaluate the CORS configuration on a bucket?" says --------------


def answer(rules: list[Json], origin: str, method: str, headers: tuple[str, ...]) -> Json | None:
    """Return the first rule that fits a request, written down anew from S3's documentation."""

    def like(pattern: str, text: str) -> bool:
        head, star, tail = pattern.partition("*")
        if not star:
            return pattern == text
        return text.startswith(head) and text.endswith(tail) and len(text) >= len(head) + len(tail)

    for rule in rules:
        allowed = rule.get("AllowedHeaders", [])
        if (
            any(like(each, origin) for each in rule["AllowedOrigins"])
            and method in rule["AllowedMethods"]
            and all(any(like(each.lower(), name.lower()) for each in allowed) for name in headers)
        ):
            return rule
    return None


def exposed(rules: list[Json], origin: str, method: str) -> set[str]:
    found = answer(rules, origin, method, ()) or {}
    return {name.lower() for name in found.get("ExposeHeaders", [])}


some_headers = st.lists(
    st.sampled_from(["Range", "if-match", "x-amz-*", "*", "authorization"]), max_size=3, unique=True
)
some_rules = st.lists(
    st.fixed_dictionaries(
        {
            "AllowedOrigins": st.lists(
                st.sampled_from([APP, VIEWER, OTHER, "*", "https://*.example", "http://*"]),
                min_size=1,
                max_size=3,
                unique=True,
            ),
            "AllowedMethods": st.lists(
                st.sampled_from(["GET", "HEAD", "PUT"]), min_size=1, max_size=3, unique=True
            ),
        },
        optional={
            "ID": st.sampled_from(["mooring", "mooring-2", "upload", ""]),
            "AllowedHeaders": some_headers,
            "ExposeHeaders": st.lists(
                st.sampled_from(["ETag", "etag", "x-amz-meta-a", "Content-Range"]), max_size=3
            ),
            "MaxAgeSeconds": st.integers(0, 9),
        },
    ),
    max_size=5,
)


@given(existing=some_rules)
def test_our_origins_get_what_they_need_and_no_request_that_was_answered_is_refused(
    existing: list[Json],
) -> None:
    before = json.loads(json.dumps(existing))
    merged = merge_cors(existing, our_rule(APP, VIEWER))
    assert existing == before
    for origin in (APP, VIEWER):
        for method in ("GET", "HEAD"):
            assert answer(merged, origin, method, REQUEST_HEADERS) is not None
            needed = {name.lower() for name in EXPOSED_HEADERS}
            assert exposed(merged, origin, method) >= needed
    for origin in (APP, VIEWER, OTHER, "https://deep.example", "http://plain"):
        for method in ("GET", "HEAD", "PUT"):
            assert exposed(merged, origin, method) >= exposed(existing, origin, method)
            for count in range(3):
                for headers in combinations(["range", "x-amz-date", "authorization"], count):
                    if answer(existing, origin, method, headers) is not None:
                        assert answer(merged, origin, method, headers) is not None


@given(existing=some_rules)
def test_origins_of_others_get_nothing_new_from_our_rules(existing: list[Json]) -> None:
    merged = merge_cors(existing, our_rule(APP))
    named = {origin for rule in existing for origin in rule["AllowedOrigins"]}
    for origin in {VIEWER, OTHER, "https://deep.example"} - named:
        for method in ("GET", "HEAD", "PUT"):
            assert answer(merged, origin, method, ()) == answer(existing, origin, method, ())


@given(existing=some_rules)
def test_merging_again_changes_nothing(existing: list[Json]) -> None:
    merged = merge_cors(existing, our_rule(APP, VIEWER))
    assert merge_cors(merged, our_rule(VIEWER, APP)) is merged


@given(existing=some_rules)
def test_no_two_rules_have_one_id_that_had_none_in_common(existing: list[Json]) -> None:
    ids = [rule["ID"] for rule in existing if rule.get("ID")]
    if len(set(ids)) == len(ids):
        after = [rule["ID"] for rule in merge_cors(existing, our_rule(APP)) if rule.get("ID")]
        assert len(set(after)) == len(after)


def test_our_rule_comes_first_and_shows_what_the_origin_was_shown() -> None:
    wide = {
        "AllowedOrigins": ["*"],
        "AllowedMethods": ["GET", "PUT"],
        "ExposeHeaders": ["etag", "x-amz-meta-a"],
    }
    merged = merge_cors([wide], our_rule(APP))
    assert merged == [
        {
            **our_rule(APP),
            "ExposeHeaders": [
                "ETag",
                "Content-Range",
                "Accept-Ranges",
                "Content-Length",
                "x-amz-meta-a",
            ],
        },
        wide,
    ]


def test_what_one_origin_was_shown_another_is_not() -> None:
    private = {
        "ID": "mooring",
        "AllowedOrigins": [APP],
        "AllowedMethods": ["GET", "PUT"],
        "ExposeHeaders": ["x-amz-meta-a"],
    }
    merged = merge_cors([private], our_rule(APP, VIEWER))
    assert [(rule["ID"], rule["AllowedOrigins"]) for rule in merged] == [
        ("mooring-2", [APP]),
        ("mooring-3", [VIEWER]),
        ("mooring", [APP]),
    ]
    assert "x-amz-meta-a" in merged[0]["ExposeHeaders"]
    assert "x-amz-meta-a" not in merged[1]["ExposeHeaders"]


def test_the_origins_of_another_location_stay_in_our_rule() -> None:
    merged = merge_cors([our_rule(OTHER), {**our_rule(VIEWER), "ID": "x"}], our_rule(APP))
    assert merged == [our_rule(APP, OTHER), {**our_rule(VIEWER), "ID": "x"}]


def test_rules_that_will_do_are_left_as_they_are() -> None:
    rule = {
        "AllowedOrigins": ["https://*"],
        "AllowedMethods": ["HEAD", "GET"],
        "AllowedHeaders": ["*"],
        "ExposeHeaders": [name.lower() for name in EXPOSED_HEADERS],
    }
    existing = [{"AllowedOrigins": [OTHER], "AllowedMethods": ["GET"]}, rule]
    assert merge_cors(existing, our_rule(APP)) is existing


def test_a_rule_more_than_s3_takes_is_refused() -> None:
    full = [
        {
            "ID": str(number),
            "AllowedOrigins": [f"https://{number}.example"],
            "AllowedMethods": ["GET"],
        }
        for number in range(MOST_RULES)
    ]
    assert len(merge_cors(full[1:], our_rule(APP))) == MOST_RULES
    with pytest.raises(MergeError, match="101 CORS rules, and S3 takes 100"):
        merge_cors(full, our_rule(APP))


def test_more_bytes_than_s3_takes_are_refused() -> None:
    long = {
        "AllowedOrigins": [f"https://{number:04}.{'a' * 100}.example" for number in range(500)],
        "AllowedMethods": ["GET"],
    }
    with pytest.raises(MergeError, match="bytes, and S3 takes 65536"):
        merge_cors([long], our_rule(APP))


def test_bytes_are_those_of_the_xml_that_s3_is_sent() -> None:
    rule = {"AllowedOrigins": ["https://a&b"], "AllowedMethods": ["GET"], "MaxAgeSeconds": 5}
    xml = (
        "<CORSConfiguration><CORSRule><AllowedOrigin>https://a&amp;b</AllowedOrigin>"
        "<AllowedMethod>GET</AllowedMethod><MaxAgeSeconds>5</MaxAgeSeconds></CORSRule>"
        "</CORSConfiguration>"
    )
    assert merging.measure_cors([rule]) == len(xml)


# --- policies ------------------------------------------------------------------------------------

GRANT: Json = bucket_policy("aws", "acme-data", "photos/", OURS)
DENY: Json = {
    "Sid": "TlsOnly",
    "Effect": "Deny",
    "Principal": "*",
    "Action": "s3:*",
    "Resource": ["arn:aws:s3:::acme-data/*"],
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}


def with_grant(existing: Json) -> Json:
    return merge_policy(existing, GRANT, LARGEST_BUCKET_POLICY)


def test_our_statements_are_added_behind_those_of_others() -> None:
    existing = {"Version": "2012-10-17", "Id": "theirs", "Statement": [DENY]}
    assert with_grant(existing) == {
        "Version": "2012-10-17",
        "Id": "theirs",
        "Statement": [DENY, *GRANT["Statement"]],
    }


def test_a_policy_of_one_statement_without_a_list_keeps_it() -> None:
    assert with_grant({"Version": "2012-10-17", "Statement": DENY})["Statement"][0] == DENY


def test_a_statement_takes_the_place_of_the_one_with_its_sid() -> None:
    lists, reads = GRANT["Statement"]
    stale = {**lists, "Action": "s3:ListBucket"}
    merged = with_grant({"Version": "2012-10-17", "Statement": [stale, DENY]})
    assert merged["Statement"] == [lists, DENY, reads]


def test_what_says_the_same_by_another_sid_or_in_another_form_will_do() -> None:
    lists, reads = GRANT["Statement"]
    existing = {
        "Version": "2012-10-17",
        "Statement": [
            {**reads, "Sid": "theirs", "Action": list(reversed(reads["Action"]))},
            {
                **{name: lists[name] for name in lists if name != "Sid"},
                "Resource": [lists["Resource"]],
            },
        ],
    }
    assert with_grant(existing) is existing


def test_merging_a_policy_again_changes_nothing() -> None:
    merged = with_grant({"Version": "2012-10-17", "Statement": [DENY]})
    assert with_grant(merged) is merged


def test_an_old_version_is_raised_unless_its_text_would_become_a_variable() -> None:
    old = {"Version": "2008-10-17", "Statement": [DENY]}
    assert with_grant(old)["Version"] == "2012-10-17"
    text = {**DENY, "Resource": "arn:aws:s3:::acme-data/${aws:username}/*"}
    with pytest.raises(MergeError, match="text that would become one"):
        with_grant({"Version": "2008-10-17", "Statement": [text]})


def test_a_policy_longer_than_the_bucket_takes_is_refused() -> None:
    long = {**DENY, "Resource": [f"arn:aws:s3:::acme-data/{n:0100}/*" for n in range(160)]}
    with pytest.raises(MergeError, match=r"would have \d+ bytes, and AWS takes 20480"):
        with_grant({"Version": "2012-10-17", "Statement": [long]})


# --- the trust policy of a role ------------------------------------------------------------------

TRUST: Json = trust_policy("arn:aws:iam::111111111111:user/vault", "the-id")
FOR_EC2: Json = {
    "Effect": "Allow",
    "Principal": {"Service": "ec2.amazonaws.com"},
    "Action": "sts:AssumeRole",
}


@pytest.mark.parametrize(
    "others",
    [
        [FOR_EC2],
        [{**TRUST["Statement"][0], "Sid": "x", "Condition": {}}],
        [
            {
                **FOR_EC2,
                "Condition": {"StringEquals": {"sts:ExternalId": ["another-id", "the-id-2"]}},
            }
        ],
    ],
)
def test_a_role_that_serves_something_else_is_not_changed(others: list[Json]) -> None:
    with pytest.raises(MergeError, match="it serves something else"):
        merge_trust(policy(*others), TRUST)


@pytest.mark.parametrize(
    "condition",
    [
        {"StringLike": {"STS:externalid": ["the-id"]}},
        {"StringEquals": {"sts:ExternalId": "the-id"}},
    ],
)
def test_a_role_with_our_external_id_gets_our_statement_and_keeps_its_own(condition: Json) -> None:
    by_hand: Json = {
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::111111111111:root"},
        "Action": "sts:AssumeRole",
        "Condition": condition,
    }
    merged = merge_trust(policy(FOR_EC2, by_hand), TRUST)
    assert merged == policy(FOR_EC2, by_hand, *TRUST["Statement"])


def test_a_role_with_our_sid_is_mended() -> None:
    stale = {**TRUST["Statement"][0], "Principal": {"AWS": "AIDAGONE"}, "Condition": {}}
    assert merge_trust(policy(stale), TRUST) == TRUST


def test_a_trust_policy_longer_than_a_role_takes_is_refused() -> None:
    ours = TRUST["Statement"][0]
    many = [{**ours, "Sid": f"S{n}", "Principal": {"AWS": f"{n:012}"}} for n in range(20)]
    with pytest.raises(MergeError, match=f"characters, and AWS takes {LARGEST_TRUST_POLICY}"):
        merge_trust(policy(*many), TRUST)


# --- the policy of a KMS key ---------------------------------------------------------------------


def key_policy_for(principal: str) -> Json:
    made = kms_statements([KEY], "acme", "a/", principal, partition="aws")
    return policy(made["kms_key_policy_statement"])


ADMIN: Json = {
    "Sid": "Admins",
    "Effect": "Allow",
    "Principal": {"AWS": "arn:aws:iam::222222222222:role/admin"},
    "Action": "kms:*",
    "Resource": "*",
}
DEFAULT: Json = {**ADMIN, "Principal": {"AWS": "arn:aws:iam::222222222222:root"}}
MANAGED: Json = {
    "Id": "auto-s3-2",
    **policy(
        {
            "Effect": "Allow",
            "Principal": {"AWS": "*"},
            "Action": "kms:Decrypt",
            "Resource": "*",
            "Condition": {"StringEquals": {"kms:CallerAccount": "222222222222"}},
        }
    ),
}


def test_a_key_that_leaves_it_to_iam_needs_nothing_for_a_role_of_its_account() -> None:
    for existing in (
        policy(ADMIN, DEFAULT),
        policy({**DEFAULT, "Principal": {"AWS": ["222222222222"]}}),
    ):
        assert merge_key_policy(existing, key_policy_for(ROLE)) is existing


@pytest.mark.parametrize(
    ("statement", "principal"),
    [
        (ADMIN, ROLE),
        (DEFAULT, OURS),
        ({**DEFAULT, "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}, ROLE),
        ({**DEFAULT, "Effect": "Deny"}, ROLE),
        ({**DEFAULT, "Action": ["kms:Describe*"]}, ROLE),
        ({**DEFAULT, "Principal": "*", "Effect": "Deny"}, ROLE),
    ],
)
def test_any_other_key_gets_our_statement(statement: Json, principal: str) -> None:
    wanted = key_policy_for(principal)
    assert merge_key_policy(policy(statement), wanted) == policy(statement, *wanted["Statement"])


def test_the_managed_key_of_an_account_serves_its_roles_and_nobody_else() -> None:
    assert merge_key_policy(MANAGED, key_policy_for(ROLE)) is MANAGED
    with pytest.raises(MergeError, match="no other account can use it"):
        merge_key_policy(MANAGED, key_policy_for(OURS))


# --- as a file of the script ---------------------------------------------------------------------


def test_the_file_is_ascii_and_runs_with_an_older_python_and_nothing_of_ours() -> None:
    source = inspect.getsource(merging)
    assert source.isascii()
    assert "\nPYTHON\n" not in source
    tree = ast.parse(source, feature_version=(3, 7))
    modules = {
        name
        for node in ast.walk(tree)
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert modules == {"__future__", "json", "sys", "pathlib", "typing", "xml.sax.saxutils"}
