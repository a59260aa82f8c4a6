"""The JSON API of the emulated Cloud Storage: listings, objects, and what a bucket tells of itself.

As documented in "Objects: list", "Objects: get", "Buckets: get", "Buckets: testIamPermissions"
and "HTTP status and error codes for JSON".
"""

import gzip
import json
import re
from base64 import b64encode, urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, unquote

from aiohttp import web

from deploy.local.clouds.gcs_questions import Question
from deploy.local.clouds.gcs_world import Caller, GcsWorld, Stored, StoredBucket

MOST = 1000
_RANGE = re.compile(r"bytes=(\d*)-(\d*)")
_ANY_ORIGIN = {"Access-Control-Allow-Origin": "*"}  # whatever the bucket says


class JsonError(Exception):
    """An error as the JSON API writes it."""

    def __init__(self, status: int, reason: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason
        self.message = message

    def answer(self) -> web.Response:
        error = {"message": self.message, "domain": "global", "reason": self.reason}
        document = {"code": self.status, "message": self.message, "errors": [error]}
        return _json({"error": document}, status=self.status)


def answer_json(world: GcsWorld, question: Question) -> web.Response:
    """Answer GET of /storage/v1/b/… or, for media, of /download/storage/v1/b/… ."""
    try:
        return _answer(world, question)
    except JsonError as error:
        return error.answer()


def _answer(world: GcsWorld, question: Question) -> web.Response:
    if question.method != "GET":
        raise JsonError(405, "methodNotAllowed", "This world is read-only.")
    name, _, rest = (
        question.path.removeprefix("/download").removeprefix("/storage/v1/b/").partition("/")
    )
    caller = _caller(world, question.authorization)
    bucket = world.buckets.get(unquote(name))
    if bucket is None:
        raise JsonError(404, "notFound", "The specified bucket does not exist.")
    if bucket.requester_pays:
        raise JsonError(
            400, "required", "Bucket is a requester pays bucket but no user project provided."
        )
    parameters = question.parameters
    if not rest:
        _check(world, caller, bucket, "storage.buckets.get")
        return _json(_bucket_resource(bucket))
    if rest == "iam/testPermissions":
        asked = parse_qs(question.query).get("permissions", [])
        held = [each for each in asked if world.allows(caller, bucket.name, each)]
        more = {"permissions": held} if held else {}
        return _json({"kind": "storage#testIamPermissionsResponse", **more})
    if rest == "o":
        _check(world, caller, bucket, "storage.objects.list", parameters.get("prefix", ""))
        return _json(_select(list_objects(bucket, parameters), parameters.get("fields", "")))
    if rest.startswith("o/"):
        return _get_object(world, caller, bucket, unquote(rest[2:]), question)
    raise JsonError(404, "notFound", "Not Found")


def _caller(world: GcsWorld, authorization: str) -> Caller:
    kind, _, token = authorization.partition(" ")
    if not token:
        raise JsonError(401, "required", "Anonymous caller does not have access.")
    caller = world.caller_of(token) if kind == "Bearer" else None
    if caller is None:
        raise JsonError(401, "authError", "Invalid Credentials")
    return caller


def _check(
    world: GcsWorld, caller: Caller, bucket: StoredBucket, permission: str, name: str = ""
) -> None:
    if not world.allows(caller, bucket.name, permission, name):
        raise JsonError(
            403,
            "forbidden",
            f"{caller.principal} does not have {permission} access to the Google Cloud Storage "
            f"bucket. Permission '{permission}' denied on resource (or it may not exist).",
        )


def _get_object(
    world: GcsWorld,
    caller: Caller,
    bucket: StoredBucket,
    name: str,
    question: Question,
) -> web.Response:
    parameters = question.parameters
    _check(world, caller, bucket, "storage.objects.get", name)
    stored = find_generation(bucket, name, parameters.get("generation"))
    if stored is None:
        # Who may not list is not told that an object is missing.
        _check(world, caller, bucket, "storage.objects.list", name)
        message = f"No such object: {bucket.name}/{name}"
        if parameters.get("alt") == "media":
            return web.Response(status=404, text=message)
        raise JsonError(404, "notFound", message)
    if parameters.get("alt") == "media":
        return send_bytes(stored, question.headers)
    return _json(_select(object_resource(bucket, stored), parameters.get("fields", "")))


def find_generation(bucket: StoredBucket, name: str, generation: str | None) -> Stored | None:
    live = bucket.live.get(name)
    if generation is None:
        return live
    known = [*([live] if live else []), *bucket.noncurrent.get(name, [])]
    return next((each for each in known if str(each.generation) == generation), None)


def send_bytes(stored: Stored, asked_headers: Mapping[str, str]) -> web.Response:
    """Answer with an object's bytes, or a range of them.

    What is stored as gzip is unpacked for who does not take it, whatever the range ("Transcoding").
    """
    headers = {"Accept-Ranges": "bytes", "x-goog-generation": str(stored.generation)}
    body = stored.body
    if stored.content_encoding == "gzip":
        if "gzip" not in asked_headers.get("Accept-Encoding", ""):
            return web.Response(body=gzip.decompress(body), content_type=stored.content_type)
        headers["Content-Encoding"] = "gzip"
    asked = _RANGE.fullmatch(asked_headers.get("Range", ""))
    if asked is None:
        return web.Response(body=body, headers=headers, content_type=stored.content_type)
    first, last = asked.groups()
    if not first:
        begin, end = max(len(body) - int(last), 0), len(body)
    else:
        begin, end = int(first), min(int(last) + 1 if last else len(body), len(body))
    if begin >= end:
        return web.Response(status=416, headers={"Content-Range": f"bytes */{len(body)}"})
    headers["Content-Range"] = f"bytes {begin}-{end - 1}/{len(body)}"
    return web.Response(
        status=206, body=body[begin:end], headers=headers, content_type=stored.content_type
    )


def list_objects(bucket: StoredBucket, query: Mapping[str, str]) -> dict[str, Any]:
    """Return the resource of one page. Names are in the order of their UTF-8 bytes."""
    most = min(int(query.get("maxResults", MOST)), MOST)
    behind = _read_token(query["pageToken"]) if query.get("pageToken") else ""
    items: list[dict[str, Any]] = []
    prefixes: list[str] = []
    last = ""
    document: dict[str, Any] = {"kind": "storage#objects"}
    for entry, found in _entries(bucket, query):
        if entry <= behind:
            continue
        if len(items) + len(prefixes) >= most:
            document["nextPageToken"] = urlsafe_b64encode(last.encode()).decode()
            break
        last = entry
        if found is None:
            prefixes.append(entry)
        else:
            items += [object_resource(bucket, each) for each in found]
    if items:
        document["items"] = items
    if prefixes:
        document["prefixes"] = prefixes
    return document


def _entries(
    bucket: StoredBucket, query: Mapping[str, str]
) -> Iterator[tuple[str, list[Stored] | None]]:
    """Iterate over names with their generations, and common prefixes with none, once each."""
    prefix, delimiter = query.get("prefix", ""), query.get("delimiter", "")
    start, end = query.get("startOffset", ""), query.get("endOffset", "")
    versions = query.get("versions", "").lower() == "true"
    names = bucket.live.keys() | (bucket.noncurrent.keys() if versions else set())
    folder = None
    for name in sorted(names, key=str.encode):
        if not name.startswith(prefix) or name < start or (end and name >= end):
            continue
        head, found, _ = name[len(prefix) :].partition(delimiter or "\0")
        if delimiter and found:
            if folder != prefix + head + delimiter:
                folder = prefix + head + delimiter
                yield folder, None
            continue
        live = [bucket.live[name]] if name in bucket.live else []
        yield name, [*live, *(bucket.noncurrent.get(name, []) if versions else [])]


def _read_token(token: str) -> str:
    try:
        return urlsafe_b64decode(token).decode()
    except ValueError as error:
        raise JsonError(400, "invalid", "Invalid argument.") from error


def object_resource(bucket: StoredBucket, stored: Stored) -> dict[str, Any]:
    digest = stored.md5
    composite: dict[str, Any] = {"componentCount": 2}
    return {
        "kind": "storage#object",
        "id": f"{bucket.name}/{stored.name}/{stored.generation}",
        "name": stored.name,
        "bucket": bucket.name,
        "generation": str(stored.generation),
        "metageneration": str(stored.metageneration),
        "contentType": stored.content_type,
        "storageClass": stored.storage_class,
        "size": str(len(stored.body)),
        "etag": etag_of(stored),
        "timeCreated": _time(stored.created),
        "updated": _time(stored.updated),
        "timeStorageClassUpdated": _time(stored.created),
        **(composite if digest is None else {"md5Hash": b64encode(digest).decode()}),
    }


def etag_of(stored: Stored) -> str:
    """Return an opaque text that changes with the object and with its metadata."""
    return b64encode(f"{stored.generation}/{stored.metageneration}".encode()).decode()


def _bucket_resource(bucket: StoredBucket) -> dict[str, Any]:
    cors = [
        {
            "origin": list(rule.origins),
            "method": list(rule.methods),
            "responseHeader": list(rule.response_headers),
            "maxAgeSeconds": rule.max_age,
        }
        for rule in bucket.cors
    ]
    return {
        "kind": "storage#bucket",
        "id": bucket.name,
        "name": bucket.name,
        "location": bucket.location,
        "storageClass": "STANDARD",
        "versioning": {"enabled": bucket.versioned},
        "iamConfiguration": {"uniformBucketLevelAccess": {"enabled": bucket.uniform_access}},
        "billing": {"requesterPays": bucket.requester_pays},
        **({"cors": cors} if cors else {}),
    }


def _select(document: dict[str, Any], fields: str) -> dict[str, Any]:
    """Return the fields that were asked for, like `kind,items(name,size)` ("Partial response")."""
    if not fields:
        return document
    chosen, rest = _read_fields(f"{fields})")
    if rest:
        raise JsonError(400, "invalidParameter", f"Invalid field selection {fields}")
    return _keep(document, chosen)


def _read_fields(text: str) -> tuple[dict[str, Any], str]:
    chosen: dict[str, Any] = {}
    while True:
        name = re.match(r"\w*", text)
        assert name is not None
        text = text[name.end() :]
        inner: dict[str, Any] = {}
        if text.startswith("("):
            inner, text = _read_fields(text[1:])
        chosen[name[0]] = inner
        if text.startswith(","):
            text = text[1:]
        elif text.startswith(")"):
            return chosen, text[1:]
        else:
            raise JsonError(400, "invalidParameter", f"Invalid field selection {text}")


def _keep(document: dict[str, Any], chosen: dict[str, Any]) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    for name, inner in chosen.items():
        value = document.get(name)
        if isinstance(value, list) and inner:
            kept[name] = [_keep(each, inner) for each in value]
        elif isinstance(value, dict) and inner:
            kept[name] = _keep(value, inner)
        elif name in document:
            kept[name] = value
    return kept


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03}Z"


def _json(document: Mapping[str, Any], status: int = 200) -> web.Response:
    return web.Response(
        status=status,
        body=json.dumps(document, ensure_ascii=False).encode(),
        content_type="application/json",
        headers=_ANY_ORIGIN,
    )
