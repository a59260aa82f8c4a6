"""Broken setups of how viewers read: presigned URLs, and the CORS rules for each origin."""

from typing import Any

from services.credentials.access.origin_checks import ORIGIN_CHECKS
from services.credentials.setup.cors import cors_rules
from tests.services.credentials.access.broken_setups import (
    BrokenSetup,
    Mend,
    Reported,
    failed,
    failed_among,
    warned,
)
from tests.services.credentials.access.scenes import Scene
from tests.services.credentials.connecting import Json
from tests.services.credentials.customer import ORIGIN

GET, PREFLIGHT, RANGE, HEAD = ORIGIN_CHECKS
SECOND = "https://studio.example"
TEN_MINUTES = "600000"  # milliseconds


def rule(origins: list[str] | None = None, **changes: object) -> Any:
    """Return what puts the kit's rule for these origins, with some of its parts changed."""

    def change(scene: Scene) -> None:
        rules: Json = cors_rules(origins or [ORIGIN])
        (made,) = rules["CORSRules"]
        configuration = {"CORSRules": [{**made, **changes}]}
        scene.s3.put_bucket_cors(Bucket=scene.bucket, CORSConfiguration=configuration)

    return change


def forget_rules(scene: Scene) -> None:
    scene.s3.delete_bucket_cors(Bucket=scene.bucket)


def view_from_two_origins(scene: Scene) -> None:
    """Let a second origin view, without telling the bucket."""
    scene.location["origins"] = [ORIGIN, SECOND]


def let_browsers_keep(scene: Scene) -> None:
    _put(scene, CacheControl="max-age=600")


def let_browsers_ask_anew(scene: Scene) -> None:
    _put(scene, CacheControl="no-cache")


def _put(scene: Scene, **headers: str) -> None:
    for key in scene.object_keys():
        scene.s3.put_object(Bucket=scene.bucket, Key=key, Body=b"x", **headers)


def denied(operator: str, key: str, value: str) -> Any:
    return lambda scene: scene.deny("s3:GetObject", {operator: {key: value}})


def of(reported: Reported, *checks: str, origin: str = ORIGIN) -> dict[str, Reported]:
    return {f"{name} {origin}": reported for name in checks}


NEAR = of(failed("cors-near-origin"), *ORIGIN_CHECKS)
PRESIGNED = {"sign": failed("presigned-denied")}

URLS = (
    BrokenSetup(
        "the bucket's policy denies presigned requests",
        denied("StringEquals", "s3:authType", "REST-QUERY-STRING"),
        PRESIGNED,
    ),
    BrokenSetup(
        "the bucket's policy denies whatever is not signed in a header",
        denied("StringNotEquals", "s3:authType", "REST-HEADER"),
        PRESIGNED,
    ),
    BrokenSetup(
        "the bucket's policy denies signatures of more than ten minutes",
        denied("NumericGreaterThan", "s3:signatureAge", TEN_MINUTES),
        {"sign": failed("signature-age")},
    ),
    BrokenSetup(
        "the bucket's policy denies signatures of any age",
        denied("NumericGreaterThanEquals", "s3:signatureAge", "0"),
        {"sign": failed_among("signature-age")},
    ),
)

CORS = (
    BrokenSetup(
        "the bucket has no CORS rules", forget_rules, of(failed("cors-none"), *ORIGIN_CHECKS)
    ),
    BrokenSetup(
        "the CORS rule names another origin",
        rule(["https://other.example"]),
        of(failed("cors-absent"), *ORIGIN_CHECKS),
    ),
    BrokenSetup("the CORS rule has http for https", rule(["http://app.example"]), NEAR),
    BrokenSetup("the CORS rule names another port", rule([f"{ORIGIN}:443"]), NEAR),
    BrokenSetup("the CORS rule has a slash at the end", rule([f"{ORIGIN}/"]), NEAR),
    BrokenSetup("the CORS rule names a host without a scheme", rule(["app.example"]), NEAR),
    BrokenSetup(
        "the CORS rule names one of two origins",
        view_from_two_origins,
        of(failed("cors-absent"), *ORIGIN_CHECKS, origin=SECOND),
    ),
    BrokenSetup(
        "the CORS rule lacks GET",
        rule(AllowedMethods=["HEAD"]),
        of(failed("cors-method"), GET, PREFLIGHT, RANGE),
    ),
    BrokenSetup(
        "the CORS rule lacks HEAD", rule(AllowedMethods=["GET"]), of(failed("cors-method"), HEAD)
    ),
    BrokenSetup(
        "the CORS rule lacks the header range",
        rule(AllowedHeaders=["authorization"]),
        of(failed("cors-headers"), PREFLIGHT),
    ),
    BrokenSetup(
        "the CORS rule lacks the headers of conditional reads",
        rule(AllowedHeaders=["range"]),
        of(warned("cors-headers"), PREFLIGHT),
    ),
    BrokenSetup(
        "the CORS rule exposes no headers",
        rule(ExposeHeaders=[]),
        of(warned("cors-exposed-headers"), RANGE),
    ),
    BrokenSetup(
        "the objects may be kept by browsers that show them without CORS",
        let_browsers_keep,
        of(warned("kept-copy"), GET),
        Mend("the customer lets browsers ask before they use a copy", let_browsers_ask_anew),
    ),
)

SETUPS = URLS + CORS
