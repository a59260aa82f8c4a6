"""The route of previews: whole answers, near misses, refusals, and what the bucket answers."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from services.ingest.main import create_app
from services.ingest.previews import PreviewRequest, Previews
from services.ingest.settings import Settings
from shared.clock import FrozenClock
from shared.database.session import Database
from shared.errors import (
    AppError,
    BucketNotFoundError,
    CredentialRetiredError,
    StorageDeniedError,
    StorageError,
    StorageThrottledError,
    StorageUnavailableError,
    VaultUnavailableError,
)
from shared.lease_cache import LeaseCache
from shared.leases import Lease, LeaseBody, LeaseRequestBody
from shared.problems import problem_of
from shared.storage.base import ObjectStore
from shared.storage.memory import MemoryStore
from shared.vault import VaultClient
from tests.conftest import SERVICE_KEY, Tenant
from tests.services.ingest.api.asking import narrowed, selection_of
from tests.services.ingest.bench import FakeLeases
from tests.services.ingest.conftest import BUCKET, FakeVault, Ground, client_of
from tests.services.ingest.paged_stores import StuckStore

NOBODY = str(uuid4())


@dataclass
class Bucket:
    """A bucket that a test fills, and that refuses the first leases when it is told to."""

    store: ObjectStore = field(default_factory=MemoryStore)
    refuses: StorageError | None = None
    refusals: int = 0
    opened: list[Lease] = field(default_factory=list)

    def put(self, *keys: str, body: bytes = b"image", storage_class: str = "STANDARD") -> None:
        assert isinstance(self.store, MemoryStore)
        for key in keys:
            self.store.put(key, body, storage_class=storage_class)

    @asynccontextmanager
    async def open(self, lease: Lease) -> AsyncIterator[ObjectStore]:
        self.opened.append(lease)
        if self.refuses is not None and len(self.opened) <= self.refusals:
            raise self.refuses
        yield self.store


@dataclass
class LendingVault(FakeVault):
    """A vault that vends leases, too, to one organization."""

    org_id: UUID = field(default_factory=uuid4)
    leases: FakeLeases = field(init=False)

    def __post_init__(self) -> None:
        self.leases = FakeLeases(self.clock)

    async def lend(self, request: httpx.Request) -> httpx.Response:
        if request.url.path != "/internal/leases":
            return self.answer(request)
        asked = LeaseRequestBody.model_validate_json(request.content)
        try:
            lease = await self.leases.fetch(
                self.org_id, asked.location_id, asked.operation, refused=asked.refused_issued_at
            )
        except AppError as error:
            problem = problem_of(error)
            return httpx.Response(problem.status_code, content=bytes(problem.body))
        return httpx.Response(200, content=LeaseBody.of(lease).model_dump_json())


@pytest.fixture
def bucket() -> Bucket:
    return Bucket()


@pytest.fixture
def vault(clock: FrozenClock, tenant: Tenant) -> LendingVault:
    return LendingVault(clock, org_id=tenant.org_id)


@pytest.fixture
async def ingest(
    database_url: SecretStr, clock: FrozenClock, vault: LendingVault, bucket: Bucket
) -> AsyncIterator[FastAPI]:
    settings = Settings(database_url=database_url, service_key=SERVICE_KEY)
    http = httpx.AsyncClient(transport=httpx.MockTransport(vault.lend), base_url="http://vault")
    app = create_app(settings, clock=clock, http=http, open_store=bucket.open)
    async with app.router.lifespan_context(app):
        yield app


async def preview(caller: httpx.AsyncClient, ground: Ground, **more: object) -> httpx.Response:
    # Through json.dumps, since httpx refuses to send what is no text.
    return await caller.post(
        "/v1/imports/preview",
        content=json.dumps(selection_of(ground, **more)),
        headers={"Content-Type": "application/json"},
    )


async def test_a_preview_says_what_an_import_would_take_and_why_not_the_rest(
    caller: httpx.AsyncClient, ground: Ground, vault: LendingVault, bucket: Bucket
) -> None:
    bucket.put("photos/a.JPG", "photos/b.jpg", "photos/sub/c.jpg", "photos/d.png", "photos/e")
    bucket.put("photos/f.jpg", storage_class="GLACIER")
    bucket.put("photos/", body=b"")
    bucket.put("elsewhere/g.jpg")
    assert isinstance(bucket.store, MemoryStore)
    bucket.store.put(b"photos/\xff.jpg", b"image")
    filters = {"extensions": ["jpg"], "exclude": ["sub/"], "skip_folder_markers": True}
    answer = await preview(caller, ground, filters=filters)
    assert answer.status_code == 200, answer.text
    assert answer.json() == {
        "prefix": "photos/",
        "looked_at": 8,
        "complete": True,
        "matched": 3,
        "bytes": 15,
        "archived": 1,
        "sample_keys": ["photos/a.JPG", "photos/b.jpg", "photos/f.jpg"],
        "by_extension": {"jpg": 3},
        "by_storage_class": {"STANDARD": 2, "GLACIER": 1},
        "skipped": [
            {"reason": "folder-marker", "count": 1, "examples": ["photos/"]},
            {
                "reason": "filtered-by-extension",
                "count": 2,
                "examples": ["photos/d.png", "photos/e"],
            },
            {"reason": "filtered-by-exclude", "count": 1, "examples": ["photos/sub/c.jpg"]},
        ],
        "rejected": [{"reason": "key-not-storable", "count": 1, "examples": ["photos/\\xff.jpg"]}],
        "near_misses": [],
        "warning": None,
    }
    assert vault.asked == [
        (f"/internal/locations/{ground.location_id}/verdict", {"max_age": "PT15M"})
    ]


async def test_a_preview_looks_at_the_first_page_alone(
    caller: httpx.AsyncClient, place: Ground, bucket: Bucket
) -> None:
    bucket.put(*(f"{number:05}.{number % 30}" for number in range(1_500)))
    body = (await preview(caller, place)).json()
    assert (body["looked_at"], body["matched"], body["complete"]) == (1_000, 1_000, False)
    assert body["sample_keys"] == [f"{number:05}.{number}" for number in range(20)]
    assert list(body["by_extension"].items()) == [(str(number), 34) for number in range(10)] + [
        (str(number), 33) for number in range(10, 20)
    ]
    body = (await preview(caller, place, filters={"include": ["01*"]})).json()
    assert (body["matched"], body["complete"]) == (0, False)
    assert body["skipped"] == [
        {
            "reason": "filtered-by-include",
            "count": 1_000,
            "examples": ["00000.0", "00001.1", "00002.2"],
        }
    ]
    assert body["warning"]["detail"].startswith(
        "None of the 1,000 keys matches: 1,000 match no glob of include."
        " There are more than were looked at."
    )


async def test_source_files_are_looked_up_each(
    caller: httpx.AsyncClient, ground: Ground, bucket: Bucket
) -> None:
    bucket.put("photos/a.jpg", "photos/b.png")
    entries = [
        "photos/a.jpg",
        f"s3://{BUCKET}/photos/b.png",
        "photos/no.jpg",
        "elsewhere/c.jpg",
        f"s3://{BUCKET}/photos/a.jpg",
    ]
    answer = await preview(caller, ground, source_files=entries, filters={"include": ["/*.jpg"]})
    body = answer.json()
    assert answer.status_code == 200, answer.text
    assert {name: body[name] for name in ("looked_at", "matched", "complete", "sample_keys")} == {
        "looked_at": 4,
        "matched": 1,
        "complete": True,
        "sample_keys": ["photos/a.jpg"],
    }
    assert body["skipped"] == [
        {"reason": "filtered-by-include", "count": 1, "examples": ["photos/b.png"]}
    ]
    assert body["rejected"] == [
        {"reason": "outside-location", "count": 1, "examples": ["elsewhere/c.jpg"]},
        {"reason": "source-file-missing", "count": 1, "examples": ["photos/no.jpg"]},
    ]
    many = [f"photos/{number}" for number in range(101)]
    body = (await preview(caller, ground, source_files=many)).json()
    assert (body["looked_at"], body["complete"]) == (100, False)
    assert body["warning"] == {
        "code": "everything-rejected",
        "detail": "None of the 100 source files can be taken: see the rejected keys."
        " There are more than were looked at.",
    }


async def test_a_prefix_without_keys_is_a_warning_with_what_is_near(
    caller: httpx.AsyncClient, ground: Ground, bucket: Bucket
) -> None:
    bucket.put("photos/Train/a.jpg")
    answer = await preview(caller, ground, prefix="photos/train/")
    assert answer.status_code == 200, answer.text
    assert answer.json() == {
        "prefix": "photos/train/",
        "looked_at": 0,
        "complete": True,
        "matched": 0,
        "bytes": 0,
        "archived": 0,
        "sample_keys": [],
        "by_extension": {},
        "by_storage_class": {},
        "skipped": [],
        "rejected": [],
        "near_misses": [
            {
                "detail": "There is 'photos/Train/'.",
                "field": "prefix",
                "value": "photos/Train/",
            }
        ],
        "warning": {
            "code": "nothing-listed",
            "detail": "No key begins with the prefix. There is 'photos/Train/'.",
        },
    }


async def test_an_empty_location_is_a_warning_and_nothing_outside_is_listed(
    caller: httpx.AsyncClient, ground: Ground, bucket: Bucket
) -> None:
    bucket.put("Photos/a.jpg")
    body = (await preview(caller, ground)).json()
    assert (body["near_misses"], body["warning"]["code"]) == ([], "nothing-listed")


async def test_filters_that_nothing_passes_are_a_warning_with_what_would(
    caller: httpx.AsyncClient, ground: Ground, bucket: Bucket
) -> None:
    bucket.put("photos/a.JPEG", "photos/b.JPEG")
    body = (await preview(caller, ground, filters={"extensions": ["jpg"]})).json()
    assert body["near_misses"] == [
        {
            "detail": "The extensions are: .jpeg (2).",
            "field": "filters.extensions",
            "value": "jpeg",
        }
    ]
    assert body["warning"] == {
        "code": "everything-skipped",
        "detail": "None of the 2 keys matches: 2 have another extension."
        " The extensions are: .jpeg (2).",
    }


async def test_a_bucket_without_order_can_be_previewed(
    caller: httpx.AsyncClient, place: Ground, bucket: Bucket
) -> None:
    bucket.store = MemoryStore(unordered=True)
    bucket.put("a.jpg", "b.jpg", "c.png")
    body = (await preview(caller, place, filters={"extensions": ["jpg"]})).json()
    assert (body["matched"], body["complete"]) == (2, True)
    assert (await preview(caller, place, prefix="A")).json()["near_misses"] == []


async def test_a_dataset_need_not_be_named_but_must_exist(
    caller: httpx.AsyncClient, stranger: httpx.AsyncClient, ground: Ground, bucket: Bucket
) -> None:
    bucket.put("photos/a.jpg")
    location = {"location_id": str(ground.location_id)}
    answer = await caller.post("/v1/imports/preview", json=location)
    assert (answer.status_code, answer.json()["matched"]) == (200, 1)
    for wrong in ({"dataset_id": NOBODY}, {"location_id": NOBODY}):
        assert (await preview(caller, ground, **wrong)).status_code == 404
    assert (await preview(stranger, ground)).status_code == 404
    assert (await stranger.post("/v1/imports/preview", json=location)).status_code == 404


@pytest.mark.parametrize(
    ("selection", "named"),
    [
        ({"prefix": "photos/", "source_files": ["photos/a"]}, "source_files"),
        ({"prefix": "other/"}, "prefix"),
        ({"prefix": "photos/\0"}, "prefix"),
        ({"source_files": []}, "source_files"),
        ({"source_files": ["photos/a", "s3://Not A Bucket/photos/b"]}, "source_files.1"),
        ({"source_files": ["\ud800"]}, "source_files.0"),
        ({"filters": {"include": ["a", "["]}}, "filters.include.1"),
        ({"filters": {"exclude": ["\ud800"]}}, "filters.exclude.0"),
        ({"filters": {"include": ["a"] * 51}}, "filters.include"),
        ({"filters": {"extensions": ["*.jpg"]}}, "filters.extensions.0"),
        ({"filters": {"min_size": 2, "max_size": 1}}, "filters.max_size"),
        ({"filters": {"modified_since": "yesterday"}}, "filters.modified_since"),
        ({"filters": {"surprise": 1}}, "filters"),
        ({"mode": "copy"}, "mode"),
        ({"surprise": 1}, "body"),
    ],
)
async def test_a_malformed_preview_names_the_field_and_asks_nobody(
    caller: httpx.AsyncClient,
    ground: Ground,
    bucket: Bucket,
    selection: dict[str, object],
    named: str,
) -> None:
    answer = await preview(caller, ground, **selection)
    assert (answer.status_code, answer.json()["field"]) == (422, named)
    assert "Not A Bucket" not in answer.text
    assert bucket.opened == []


async def test_a_location_without_valid_access_is_not_looked_at(
    caller: httpx.AsyncClient, ground: Ground, vault: LendingVault, bucket: Bucket
) -> None:
    vault.valid, vault.failed_checks = False, [{"name": "list", "status": "failed"}]
    answer = await preview(caller, ground)
    assert (answer.status_code, answer.json()["code"]) == (409, "location-not-verified")
    assert answer.json()["failed_checks"] == vault.failed_checks
    assert bucket.opened == []


@pytest.mark.parametrize(
    "error",
    [
        StorageDeniedError("no"),
        BucketNotFoundError("gone"),
        StorageThrottledError("slow"),
        StorageUnavailableError("away"),
    ],
)
async def test_what_the_bucket_answers_is_answered(
    caller: httpx.AsyncClient, ground: Ground, bucket: Bucket, error: StorageError
) -> None:
    assert isinstance(bucket.store, MemoryStore)
    bucket.put("photos/a.jpg")
    bucket.store.fail(error)
    for selection in ({}, {"source_files": ["photos/a.jpg"]}):
        answer = await preview(caller, ground, **selection)
        assert (answer.status_code, answer.json()["code"]) == (error.status, error.code)


@pytest.mark.parametrize(
    "error", [VaultUnavailableError("away"), CredentialRetiredError("retired")]
)
async def test_what_the_vault_answers_is_answered(
    caller: httpx.AsyncClient, ground: Ground, vault: LendingVault, error: AppError
) -> None:
    vault.leases.failure = error
    answer = await preview(caller, ground)
    assert (answer.status_code, answer.json()["code"]) == (error.status, error.code)


async def test_a_lease_that_the_cloud_refuses_is_replaced_once(
    caller: httpx.AsyncClient, ground: Ground, vault: LendingVault, bucket: Bucket
) -> None:
    bucket.put("photos/a.jpg")
    bucket.refuses, bucket.refusals = StorageDeniedError("expired"), 1
    assert (await preview(caller, ground)).json()["matched"] == 1
    first, second = bucket.opened
    assert vault.leases.refused == [first.issued_at]
    assert second.issued_at > first.issued_at
    bucket.opened.clear()
    bucket.refusals, vault.leases.replaces = 9, False
    assert (await preview(caller, ground)).status_code == 424
    assert len(bucket.opened) == 1


async def test_a_bucket_that_does_not_answer_is_not_waited_for(
    database: Database,
    clock: FrozenClock,
    tenant: Tenant,
    ground: Ground,
    vault: LendingVault,
) -> None:
    http = httpx.AsyncClient(transport=httpx.MockTransport(vault.lend), base_url="http://vault")
    client = VaultClient(http, service="ingest", service_key=SERVICE_KEY, clock=clock)
    previews = Previews(
        database,
        client,
        LeaseCache(client.request_lease, clock),
        Bucket(StuckStore(1, answers=0)).open,
        access_max_age=timedelta(minutes=15),
        patience=timedelta(milliseconds=10),
    )
    with pytest.raises(StorageUnavailableError):
        await previews.preview(
            tenant.org_id,
            PreviewRequest(ground.location_id, source_files=["photos/a.jpg"]),
        )


async def test_a_preview_needs_the_right_to_import(
    ingest: FastAPI, database: Database, tenant: Tenant, ground: Ground, bucket: Bucket
) -> None:
    reader = await narrowed(database, tenant, ["datasets:read"])
    async with client_of(ingest, reader) as client:
        assert (await preview(client, ground)).status_code == 403
    assert bucket.opened == []
