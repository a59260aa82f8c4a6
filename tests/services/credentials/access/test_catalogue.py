"""The catalogue: it has every cause, and every check that reports of each method have."""

import pytest

from services.credentials.access.aws_grant import AwsGrant
from services.credentials.access.aws_remedies import AwsRemedies
from services.credentials.access.catalogue import ANYWHERE, CATALOGUE, MENDS
from services.credentials.access.causes import CauseKind
from services.credentials.access.origin_checks import ORIGIN_CHECKS
from services.credentials.access.seen_checks import REACH_CHECK
from services.credentials.arns import parse_role_arn
from services.credentials.issuers.base import CustomerRole
from shared.uris import Provider
from tests.services.credentials.connecting import ALL_PASSED

ROLE = CustomerRole(parse_role_arn("arn:aws:iam::222222222222:role/reader"), "the-id")


def test_every_cause_is_one_that_some_check_names() -> None:
    named = {kind for check in CATALOGUE for kind in check.causes} | set(ANYWHERE)
    assert named == set(CauseKind)


def test_codes_and_names_are_told_apart() -> None:
    codes = [kind.code for kind in CauseKind]
    names = [check.name for check in CATALOGUE]
    assert (len(set(codes)), len(set(names))) == (len(codes), len(names))


@pytest.mark.parametrize("kind", CauseKind, ids=lambda kind: str(kind.code))
def test_every_cause_has_a_remedy_in_one_place(kind: CauseKind) -> None:
    if kind in MENDS:
        return
    remedy = AwsRemedies(AwsGrant(ROLE, "acme-data", "photos/")).cause(kind).remedy
    assert remedy
    assert "{bucket}" not in remedy


def test_the_checks_of_a_role_are_all_described() -> None:
    asked = {name.split()[0] for name in ALL_PASSED}
    described = {check.name for check in CATALOGUE if Provider.S3 in check.clouds}
    assert described == asked | {"capabilities", REACH_CHECK}
    assert set(ORIGIN_CHECKS) < described
