"""Drifts: what happens on a customer's side after a location was verified, and what is said."""

import copy
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from mooring_sdk.api.locations import change_location
from mooring_sdk.models import ChangeLocationBody

from deploy.local.demo.api import given
from deploy.local.demo.customer import document
from tests.journeys.places import Place, file_of

OTHER_ORIGIN = "https://review.example.com"
OTHER_REGION = "us-west-2"
KEYS = ("a file.txt", "another file.txt")


@dataclass(frozen=True, slots=True)
class Drift:
    """What somebody does, the state that it leads to, and how the sentence about it begins."""

    name: str
    do: Callable[[Place], None]
    state: str
    sentence: str
    prepare: Callable[[Place], None] | None = None


# --- the role -------------------------------------------------------------------------------


def forget_external_id(place: Place) -> None:
    policy = copy.deepcopy(document(place.kit.trust_policy))
    del policy["Statement"][0]["Condition"]
    place.customer.trust(policy)


def delete_role(place: Place) -> None:
    name = place.customer.role
    place.customer.iam.delete_role_policy(RoleName=name, PolicyName="mooring")
    place.customer.iam.delete_role(RoleName=name)


def permit_only(place: Place, action: str) -> None:
    policy = document(place.kit.permission_policy)
    kept = [each for each in policy["Statement"] if action in each["Action"]]
    place.customer.permit(policy | {"Statement": kept})


def forbid_listing(place: Place) -> None:
    permit_only(place, "s3:GetObject")


def forbid_reading(place: Place) -> None:
    permit_only(place, "s3:ListBucket")


def shorten_sessions(place: Place) -> None:
    place.customer.iam.update_role(RoleName=place.customer.role, MaxSessionDuration=3600)


# --- the bucket's policy and its CORS rules ---------------------------------------------------


def deny(place: Place, key: str, **condition: object) -> None:
    statement = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{place.customer.bucket}/{key}",
        **condition,
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    place.customer.s3.put_bucket_policy(Bucket=place.customer.bucket, Policy=policy)


def deny_presigned(place: Place) -> None:
    deny(place, "*", Condition={"StringEquals": {"s3:authType": "REST-QUERY-STRING"}})


def deny_one_object(place: Place) -> None:
    deny(place, f"{place.customer.prefix}{KEYS[1]}")


def put_rules(place: Place, *rules: dict[str, Any]) -> None:
    place.customer.s3.put_bucket_cors(
        Bucket=place.customer.bucket, CORSConfiguration={"CORSRules": list(rules)}
    )


def rule_of(place: Place) -> dict[str, Any]:
    rule: dict[str, Any] = document(place.kit.cors)["CORSRules"][0]
    return copy.deepcopy(rule)


def serve_another_origin(place: Place) -> None:
    other = rule_of(place) | {"ID": "other", "AllowedOrigins": [OTHER_ORIGIN]}
    put_rules(place, rule_of(place), other)
    body = ChangeLocationBody(origins=[place.customer.origin, OTHER_ORIGIN])
    given(change_location.sync(place.location_id, client=place.api.vault, body=body))


def lose_its_rule(place: Place) -> None:
    put_rules(place, rule_of(place))


def hide_headers(place: Place) -> None:
    rule = rule_of(place)
    del rule["ExposeHeaders"]
    put_rules(place, rule)


# --- the bucket and its objects -------------------------------------------------------------


def delete_bucket(place: Place) -> None:
    for key in KEYS:
        place.customer.delete(f"{place.customer.prefix}{key}")
    place.customer.s3.delete_bucket(Bucket=place.customer.bucket)


def move_bucket(place: Place) -> None:
    delete_bucket(place)
    bucket, cloud = place.customer.bucket, place.customer.cloud
    there = cloud.client("s3", cloud.customer, region=OTHER_REGION)
    there.create_bucket(
        Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": OTHER_REGION}
    )
    for key in KEYS:
        file = file_of(f"{place.customer.prefix}{key}")
        there.put_object(Bucket=bucket, Key=file.key, Body=file.content)
    there.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": [rule_of(place)]})


def let_others_have_bucket(place: Place) -> None:
    delete_bucket(place)
    cloud = place.customer.cloud
    cloud.client("s3", cloud.vendor).create_bucket(
        Bucket=place.customer.bucket,
        CreateBucketConfiguration={"LocationConstraint": "eu-central-1"},
    )


def archive_objects(place: Place) -> None:
    for key in KEYS:
        file = file_of(f"{place.customer.prefix}{key}")
        place.customer.s3.put_object(
            Bucket=place.customer.bucket,
            Key=file.key,
            Body=file.content,
            StorageClass="GLACIER",
        )


DRIFTS = (
    Drift(
        "the ExternalId condition is removed",
        forget_external_id,
        "broken",
        "Trust policy: the ExternalId is no longer enforced.",
    ),
    Drift("the role is deleted", delete_role, "broken", "Mooring is no longer let in."),
    Drift("listing is forbidden", forbid_listing, "broken", "The prefix can no longer be listed."),
    Drift(
        "reading is forbidden",
        forbid_reading,
        "broken",
        "Objects can no longer be read: 0 of 2 that were tried instead of 2 of 2.",
    ),
    Drift(
        "one of two objects is denied",
        deny_one_object,
        "broken",
        "Objects can no longer be read: 1 of 2 that were tried instead of 2 of 2.",
    ),
    Drift(
        "sessions are shortened",
        shorten_sessions,
        "degraded",
        "Sessions are shorter: 1 hour instead of 12 hours.",
    ),
    Drift(
        "presigned requests are denied", deny_presigned, "broken", "Presigned URLs no longer work."
    ),
    Drift(
        "the rule for one origin is removed",
        lose_its_rule,
        "broken",
        f"CORS for {OTHER_ORIGIN} gone:",
        prepare=serve_another_origin,
    ),
    Drift(
        "headers are exposed no longer",
        hide_headers,
        "degraded",
        "CORS for https://app.example.com is weaker:",
    ),
    Drift("the bucket is deleted", delete_bucket, "broken", "The bucket is no longer found."),
    Drift(
        "the bucket is made anew in another region",
        move_bucket,
        "degraded",
        "The region moved: the bucket is in us-west-2 instead of eu-central-1.",
    ),
    Drift(
        "the bucket is another owner's",
        let_others_have_bucket,
        "broken",
        "The prefix can no longer be listed.",
    ),
    Drift(
        "the objects are archived",
        archive_objects,
        "degraded",
        "More objects are archived",
    ),
)
