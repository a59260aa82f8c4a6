"""Whatever happens to a bucket and to its imports, the assets are what a plain model says."""

import asyncio
import os
from collections import Counter
from collections.abc import Awaitable
from datetime import timedelta
from typing import TypeVar
from uuid import UUID

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test
from pydantic import SecretStr

from shared.clock import FrozenClock
from shared.database.session import Database
from shared.errors import StorageUnavailableError
from tests.conftest import NOW, add_tenant
from tests.services.ingest.bucket_model import ARCHIVED, Model, Thing
from tests.services.ingest.grounds import lay_ground
from tests.services.ingest.paged_stores import SmallPages
from tests.services.ingest.scenes import Scene

EXAMPLES = int(os.environ.get("MOORING_TEST_EXAMPLES", "10"))
KEYS = st.sampled_from(
    [f"{folder}{name}" for folder in ("", "a/", "a/b/") for name in ("1", "2", "\u00e9")]
)
BODIES = st.sampled_from([b"", b"small", b"one".ljust(2_000, b"."), b"two".ljust(2_000, b".")])
PREFIXES = st.sampled_from(["", "", "", "a/", "a", "z"])
WHATS = st.sampled_from(
    [
        "put",
        "put",
        "put",
        "touch",
        "copy",
        "delete",
        "delete",
        "rename",
        "rename",
        "archive",
        "empty",
    ]
)
CHANGES = st.lists(st.tuples(WHATS, KEYS, KEYS, BODIES), max_size=8)
COUNTS = ("listed", "added", "changed", "moved", "restored", "missing", "unchanged")

Result = TypeVar("Result")


class Bucket(RuleBasedStateMachine):
    """A bucket that is changed and imported."""

    database_url: SecretStr

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.database = Database(self.database_url)
        self.clock = FrozenClock(NOW)
        self.things: dict[str, Thing] = {}
        self.model = Model()
        self.ids: dict[int, UUID] = {}
        self.scene = self.do(self.set_the_scene())

    async def set_the_scene(self) -> Scene:
        tenant = await add_tenant(self.database)
        ground = await lay_ground(self.database, tenant.org_id)
        return Scene(self.database, tenant.org_id, ground, self.clock)

    def do(self, work: Awaitable[Result]) -> Result:
        async def wait() -> Result:
            return await work

        return self.runner.run(wait())

    def teardown(self) -> None:
        self.do(self.database.close())
        self.runner.close()

    def put(self, key: str, body: bytes) -> None:
        self.clock.advance(timedelta(seconds=1))
        self.things[key] = Thing(body, self.clock.now())

    def change(self, what: str, key: str, other: str, body: bytes) -> None:
        """Do one thing to the bucket, as far as it holds the key."""
        thing = self.things.get(key)
        match what, thing:
            case "put", _:
                self.put(key, body)
            case "empty", _:
                self.things = {k: v for k, v in self.things.items() if not k.startswith(key[:2])}
            case "touch", Thing():
                self.put(key, thing.body)
            case "copy", Thing():
                self.put(other, thing.body)
            case "delete", Thing():
                del self.things[key]
            case "rename", Thing() if key != other:
                self.put(other, self.things.pop(key).body)
            case "archive", Thing():
                self.things[key] = Thing(thing.body, thing.changed_at, ARCHIVED)

    @rule(
        changes=CHANGES,
        prefix=PREFIXES,
        plan=st.sampled_from(["none", "none", "apply", "dry_run"]),
        agree=st.booleans(),
        page_size=st.sampled_from([1, 3, 100]),
        unordered=st.sampled_from([False, False, False, True]),
        ranges=st.sampled_from([1, 4]),
        failures=st.lists(st.integers(0, 8), max_size=2),
    )
    def change_and_import(  # noqa: PLR0917 (Hypothesis gives them by name)
        self,
        changes: list[tuple[str, str, str, bytes]],
        prefix: str,
        plan: str,
        agree: bool,  # noqa: FBT001
        page_size: int,
        unordered: bool,  # noqa: FBT001
        ranges: int,
        failures: list[int],
    ) -> None:
        for each in changes:
            self.change(*each)
        store = self.shelve(page_size, unordered=unordered)
        expected = self.model.take(self.things, prefix, dry_run=plan == "dry_run", agree=agree)
        found = self.do(self.run_import(store, prefix, plan, ranges, failures, agree=agree))
        assert found == expected
        self.compare()

    def shelve(self, page_size: int, *, unordered: bool) -> SmallPages:
        store = SmallPages(page_size, unordered=unordered)
        for key, thing in self.things.items():
            store.put(
                key, thing.body, storage_class=thing.storage_class, last_modified=thing.changed_at
            )
        return store

    async def run_import(
        self,
        store: SmallPages,
        prefix: str,
        plan: str,
        ranges: int,
        failures: list[int],
        *,
        agree: bool,
    ) -> tuple[str, Counter[str]]:
        """Import as workers do whose slices are short, and whose store fails at times."""
        scene = self.scene
        scene.use(store)
        scene.bench.splitter._most_ranges = ranges
        job = await scene.begin(prefix=prefix, plan=plan)
        for pages in failures:
            store.fail(StorageUnavailableError("away"), after_pages=pages)
            await scene.step(job)
        store.recover()
        imported = await scene.finish(job, agree=agree)
        if imported.state == "awaiting_decision":
            await scene.imports.decide(scene.org_id, job.import_id, "discard")
            imported = await scene.look(job)
        counts = Counter({name: getattr(imported, name) for name in COUNTS})
        return imported.state, counts

    def compare(self) -> None:
        """Hold the assets against the model: contents, states, versions, and ids that last."""
        assets = self.do(self.scene.assets())
        shown = {
            key: (each.size, each.last_modified, each.storage_class, each.state, each.version)
            for key, each in assets.items()
        }
        assert shown == {
            key: (
                len(known.thing.body),
                known.thing.changed_at,
                known.thing.storage_class,
                known.state,
                known.version,
            )
            for key, known in self.model.assets.items()
        }
        for key, known in self.model.assets.items():
            assert self.ids.setdefault(known.number, assets[key].asset_id) == assets[key].asset_id
        assert len(set(self.ids.values())) == len(self.ids)


def test_assets_are_what_the_model_says_whatever_happens(database_url: SecretStr) -> None:
    class OnDatabase(Bucket):
        pass

    OnDatabase.database_url = database_url
    run_state_machine_as_test(
        OnDatabase,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=8,
            deadline=None,
            suppress_health_check=[*HealthCheck],
        ),
    )
