"""Intruders: organizations that try to reach a bucket which another one reaches."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx

from tests.journeys.conftest import Organization
from tests.journeys.places import Reach, counts, keys_of
from tests.journeys.rows import rows_of
from tests.journeys.running import Running

Json = dict[str, Any]

KEPT_KEY = "team/ledger-of-alice.csv"


@dataclass(frozen=True, slots=True)
class Intruder:
    """Bob, who tries to reach what is at `uri`."""

    organization: Organization
    uri: str

    def refused(self, body: Json) -> Json:
        """Send a credential that is refused, and return the problem."""
        answer = self._post("/v1/credentials", {"name": "not mine", **body})
        assert answer.is_client_error, answer.text
        found: Json = answer.json()
        return found

    def failed(self, body: Json) -> set[str]:
        """Send a credential, and return which checks of the bucket fail with it.

        A location with it is refused, or nothing is imported from it.
        """
        answer = self._post("/v1/credentials", {"name": "not mine", **body})
        assert answer.status_code == httpx.codes.CREATED, answer.text
        location = {
            "credential_id": answer.json()["credential_id"],
            "uri": self.uri,
            "name": f"not mine {uuid4()}",
        }
        report = self._post("/v1/verify-access", location)
        assert (report.status_code, report.json()["valid"]) == (200, False)
        self._fail_to_import(location)
        statuses = {check["name"]: check["status"] for check in report.json()["checks"]}
        assert {statuses[name] for name in ("list", "read", "sign")} <= {"failed", "skipped"}
        return {name for name, status in statuses.items() if status == "failed"}

    def _fail_to_import(self, location: Json) -> None:
        made = self._post("/v1/locations", location)
        if made.is_client_error:
            return
        dataset = self._post("/v1/datasets", {"name": f"dataset {uuid4()}"})
        body = {
            "dataset_id": dataset.json()["dataset_id"],
            "location_id": made.json()["location_id"],
        }
        for path in ("/v1/imports", "/v1/imports/preview"):
            refused = self._post(path, body)
            assert refused.is_client_error, refused.text

    def _post(self, path: str, body: Json) -> httpx.Response:
        api = self.organization.api
        ours = path.startswith(("/v1/imports", "/v1/datasets"))
        client = api.ingest if ours else api.vault
        answer = client.get_httpx_client().post(path, json=body)
        assert "ledger" not in answer.text
        return answer


@contextmanager
def unchanged(running: Running, reach: Reach, owner: Organization) -> Iterator[None]:
    """Watch over what an organization has; its own access goes on working."""
    assert reach.verify().valid
    reach.run_import()
    before = rows_of(running.database.postgres, owner.org_id)
    yield
    assert rows_of(running.database.postgres, owner.org_id) == before
    assert reach.verify().valid
    assert counts(reach.run_import()) == {"listed": 1, "unchanged": 1}
    assert keys_of(reach.list_assets()) == [KEPT_KEY]
