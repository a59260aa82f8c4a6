"""The XML API of the emulated Cloud Storage: objects, S3's listing, and CORS, which is only here.

"GET Object", "List objects" and "Configuring cross-origin resource sharing", Cloud Storage.
"""

from collections.abc import Mapping
from email.utils import format_datetime
from urllib.parse import quote, unquote
from xml.sax.saxutils import escape

from aiohttp import web

from deploy.local.clouds.gcs_json import etag_of, find_generation, list_objects, send_bytes
from deploy.local.clouds.gcs_questions import Question
from deploy.local.clouds.gcs_signatures import RefusedError, check_signed_header, check_signed_url
from deploy.local.clouds.gcs_world import Caller, CorsRule, GcsWorld, Stored, StoredBucket

SPACE = "http://doc.s3.amazonaws.com/2006-03-01"
_OVERRIDES = {
    "response-content-type": "Content-Type",
    "response-content-disposition": "Content-Disposition",
    "response-cache-control": "Cache-Control",
}


def answer_xml(world: GcsWorld, question: Question) -> web.Response:
    """Answer what is asked of /bucket or /bucket/key."""
    name, _, key = question.path.removeprefix("/").partition("/")
    bucket = world.buckets.get(name)
    origin = question.headers.get("Origin", "")
    if question.method == "OPTIONS":
        headers = _preflight(bucket, origin, question.headers) if bucket else {}
        return web.Response(headers=headers)  # 200 in any case
    try:
        answer = _answer(world, question, bucket, unquote(key))
    except RefusedError as error:
        answer = _refusal(error)
    if bucket is not None and (rule := _find_rule(bucket.cors, origin, question.method)):
        answer.headers.update(_shared_headers(rule, origin))
    return answer


def _answer(
    world: GcsWorld, question: Question, bucket: StoredBucket | None, key: str
) -> web.Response:
    parameters = question.parameters
    caller = _caller(world, question)
    if question.method not in ("GET", "HEAD"):
        raise RefusedError(405, "MethodNotAllowed", "This world is read-only.")
    if bucket is None:
        raise RefusedError(404, "NoSuchBucket", "The specified bucket does not exist.")
    if bucket.requester_pays:
        raise RefusedError(
            400,
            "UserProjectMissing",
            "Bucket is a requester pays bucket but no user project provided.",
        )
    if key:
        return _get_object(world, caller, bucket, key, question)
    _check(world, caller, bucket, "storage.objects.list", parameters.get("prefix", ""))
    if parameters.get("list-type") != "2":
        raise RefusedError(501, "NotImplemented", "Only ListObjectsV2 is emulated.")
    return _list(bucket, parameters)


def _caller(world: GcsWorld, question: Question) -> Caller:
    authorization = question.authorization
    if question.parameters.keys() & {"X-Goog-Algorithm", "X-Amz-Algorithm"}:
        return check_signed_url(world, question)
    if authorization.startswith("AWS4-HMAC-SHA256 "):
        return check_signed_header(world, question)
    if authorization.startswith("Bearer "):
        caller = world.caller_of(authorization.removeprefix("Bearer "))
        if caller is None:
            raise RefusedError(401, "AuthenticationRequired", "Authentication required.")
        return caller
    return Caller("anonymous caller")


def _check(
    world: GcsWorld, caller: Caller, bucket: StoredBucket, permission: str, name: str
) -> None:
    if not world.allows(caller, bucket.name, permission, name):
        raise RefusedError(
            403, "AccessDenied", "Access denied.", f"{caller.principal} lacks {permission}."
        )


def _get_object(
    world: GcsWorld, caller: Caller, bucket: StoredBucket, key: str, question: Question
) -> web.Response:
    parameters = question.parameters
    _check(world, caller, bucket, "storage.objects.get", key)
    stored = find_generation(bucket, key, parameters.get("generation"))
    if stored is None:
        _check(world, caller, bucket, "storage.objects.list", key)
        raise RefusedError(404, "NoSuchKey", "The specified key does not exist.")
    answer = send_bytes(stored, question.headers)
    answer.headers["ETag"] = f'"{_etag(stored)}"'
    answer.headers["Last-Modified"] = format_datetime(stored.created, usegmt=True)
    for name, header in _OVERRIDES.items():
        if name in parameters:
            answer.headers[header] = parameters[name]
    return answer


def _etag(stored: Stored) -> str:
    return f"-{etag_of(stored)}" if stored.md5 is None else stored.md5.hex()


def _list(bucket: StoredBucket, parameters: Mapping[str, str]) -> web.Response:
    """Answer as ListObjectsV2 does, for clients of S3 with an HMAC key."""
    after = parameters.get("start-after", "")
    resource = list_objects(
        bucket,
        {
            "prefix": parameters.get("prefix", ""),
            "delimiter": parameters.get("delimiter", ""),
            "maxResults": parameters.get("max-keys", "1000"),
            "pageToken": parameters.get("continuation-token", ""),
            "startOffset": f"{after}\0" if after else "",
        },
    )
    url_encoded = parameters.get("encoding-type") == "url"
    token = resource.get("nextPageToken")
    contents = "".join(
        _element(
            "Contents",
            _element("Key", _write(item["name"], url_encoded=url_encoded))
            + _element("Generation", item["generation"])
            + _element("MetaGeneration", item["metageneration"])
            + _element("LastModified", item["timeCreated"])
            + _element("ETag", escape(f'"{_etag(bucket.live[item["name"]])}"'))
            + _element("Size", item["size"]),
        )
        for item in resource.get("items", [])
    )
    folders = "".join(
        _element("CommonPrefixes", _element("Prefix", _write(each, url_encoded=url_encoded)))
        for each in resource.get("prefixes", [])
        if each > after
    )
    inside = (
        (_element("EncodingType", "url") if url_encoded else "")
        + _element("IsTruncated", "true" if token else "false")
        + (_element("NextContinuationToken", token) if token else "")
    )
    body = f"<ListBucketResult xmlns='{SPACE}'>{inside}{contents}{folders}</ListBucketResult>"
    return web.Response(body=f"<?xml version='1.0' encoding='UTF-8'?>{body}".encode())


def _write(name: str, *, url_encoded: bool) -> str:
    return quote(name) if url_encoded else escape(name)


def _element(name: str, inside: str) -> str:
    return f"<{name}>{inside}</{name}>"


def _refusal(error: RefusedError) -> web.Response:
    body = (
        "<?xml version='1.0' encoding='UTF-8'?><Error>"
        f"<Code>{error.code}</Code><Message>{escape(error.message)}</Message>"
        f"<Details>{escape(error.details)}</Details></Error>"
    )
    return web.Response(status=error.status, body=body.encode(), content_type="application/xml")


# --- CORS -------------------------------------------------------------------------------------


def _find_rule(rules: list[CorsRule], origin: str, method: str) -> CorsRule | None:
    return next(
        (
            rule
            for rule in rules
            if origin
            and ("*" in rule.origins or origin in rule.origins)
            and ("*" in rule.methods or method in rule.methods)
        ),
        None,
    )


def _shared_headers(rule: CorsRule, origin: str) -> dict[str, str]:
    exposed = {"Access-Control-Expose-Headers": ", ".join(rule.response_headers)}
    return {
        "Access-Control-Allow-Origin": "*" if "*" in rule.origins else origin,
        **(exposed if rule.response_headers else {}),
        "Vary": "Origin",
    }


def _preflight(bucket: StoredBucket, origin: str, asked: Mapping[str, str]) -> dict[str, str]:
    """Return no header at all where a rule does not allow all that is asked."""
    rule = _find_rule(bucket.cors, origin, asked.get("Access-Control-Request-Method", ""))
    if rule is None:
        return {}
    wanted = [
        name.strip().lower()
        for name in asked.get("Access-Control-Request-Headers", "").split(",")
        if name.strip()
    ]
    allowed = {name.lower() for name in rule.response_headers}
    if "*" not in allowed and not allowed.issuperset(wanted):
        return {}
    return {
        **_shared_headers(rule, origin),
        "Access-Control-Allow-Methods": ", ".join(rule.methods),
        "Access-Control-Allow-Headers": ", ".join(rule.response_headers),
        "Access-Control-Max-Age": str(rule.max_age),
    }
