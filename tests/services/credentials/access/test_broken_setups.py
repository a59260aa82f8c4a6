"""Every broken setup that we know of: a report names what is wrong, and its remedy mends it."""

import inspect
import re
from collections.abc import AsyncIterator

import httpx
import pytest

from services.credentials.access.catalogue import named_by
from services.credentials.settings import Settings
from services.credentials.vault import Vault
from tests.conftest import Tenant
from tests.services.credentials.access import (
    broken_buckets,
    broken_connections,
    broken_keys,
    broken_policies,
    broken_trust,
    broken_viewing,
)
from tests.services.credentials.access.broken_setups import Breaks, BrokenSetup, Reported
from tests.services.credentials.access.pasting import paste
from tests.services.credentials.access.scenes import Scene
from tests.services.credentials.connecting import ALL_PASSED, Json
from tests.services.credentials.customer import Customer

FAMILIES = (
    broken_trust.SETUPS,
    broken_policies.SETUPS,
    broken_buckets.SETUPS,
    broken_keys.SETUPS,
    broken_viewing.SETUPS,
    broken_connections.SETUPS,
)
BROKEN_SETUPS = [setup for family in FAMILIES for setup in family]

UNASKED = {
    "assume_role": set[str](),
    "organization_role": {"external_id_enforced", "bucket_owner"},
    "access_key": {"external_id_enforced", "bucket_owner"},
}
"""What is never asked with a method: it has no ExternalId, or tells no account."""

ELSEWHERE = re.compile(r"see the check `(\w+)`")


@pytest.fixture
async def scene(
    http: httpx.AsyncClient, tenant: Tenant, customer: Customer, settings: Settings, vault: Vault
) -> AsyncIterator[Scene]:
    made = Scene(http, tenant, customer, settings, vault)
    yield made
    for each in made.open:
        each.close()


def test_there_are_many_broken_setups_and_each_has_a_name_of_its_own() -> None:
    assert len(BROKEN_SETUPS) >= 40
    assert len({setup.name for setup in BROKEN_SETUPS}) == len(BROKEN_SETUPS)


@pytest.mark.parametrize("setup", BROKEN_SETUPS, ids=lambda setup: str(setup.name))
async def test_a_broken_setup_is_named_and_its_remedy_mends_it(
    setup: BrokenSetup, scene: Scene
) -> None:
    await scene.connect(setup.method)
    await do(setup.breaks, scene)
    expected = {name.format(**scene.names): found for name, found in setup.reports.items()}
    report = await scene.verify()
    require_catalogued(report)
    assert reported(report, expected) == expected
    assert report["valid"] == ("failed" not in {each.status for each in expected.values()})
    for check in report["checks"]:
        if name_of(check) not in expected and check["status"] != "passed":
            require_excuse(check, report, setup)
    await mend(setup, scene, report, expected)
    mended = await scene.verify()
    wrong = {name_of(check) for check in mended["checks"] if check["status"] != "passed"}
    assert wrong == UNASKED[setup.method]
    assert mended["valid"]
    assert len(mended["checks"]) >= len(ALL_PASSED) - 1  # a store without KMS has no encryption


def reported(report: Json, expected: dict[str, Reported]) -> dict[str, Reported]:
    """Return what failed or warns, by what causes; of several causes, by the expected one."""
    found = {}
    for check in report["checks"]:
        if check["status"] not in {"failed", "warning"}:
            continue
        name, codes = name_of(check), [cause["code"] for cause in check["causes"]]
        awaited = expected.get(name)
        if awaited is not None and awaited.among and awaited.code in codes[1:]:
            found[name] = Reported(check["status"], awaited.code, among=True)
        else:
            found[name] = Reported(check["status"], codes[0] if codes else None)
    return found


def require_catalogued(report: Json) -> None:
    """Raise unless the catalogue has every cause with the check that names it."""
    for check in report["checks"]:
        codes = {cause["code"] for cause in check["causes"]}
        assert codes <= {kind.code for kind in named_by(check["name"])}, check


def require_excuse(check: Json, report: Json, setup: BrokenSetup) -> None:
    """Raise unless a check was skipped because of another one that did not pass either."""
    assert check["status"] == "skipped", check
    if check["name"] in UNASKED[setup.method]:
        return
    statuses = {each["name"]: each["status"] for each in report["checks"]}
    (other,) = ELSEWHERE.findall(check["finding"]) or [None]
    assert statuses.get(other) in {"failed", "warning", "skipped"}, check


async def mend(
    setup: BrokenSetup, scene: Scene, report: Json, expected: dict[str, Reported]
) -> None:
    """Do what the report says, or what the setup says where no customer mends it by pasting."""
    if setup.mend is not None:
        await do(setup.mend.step, scene)
        return
    for round_ in range(setup.rounds):
        for check in report["checks"]:
            awaited = expected.get(name_of(check))
            if awaited is not None and awaited.among:
                (cause,) = (each for each in check["causes"] if each["code"] == awaited.code)
                remedy = {"text": cause["remedy"], "documents": cause["documents"]}
                paste(scene, check, remedy)
            elif check["remedy"] is not None:
                paste(scene, check, check["remedy"])
        if round_ + 1 < setup.rounds:
            report, expected = await scene.verify(), {}


async def do(step: Breaks, scene: Scene) -> None:
    done = step(scene)
    if inspect.isawaitable(done):
        await done


def name_of(check: Json) -> str:
    """Return a check's name, with what it is about where there are several."""
    return f"{check['name']} {check['subject']}" if check["subject"] else str(check["name"])
