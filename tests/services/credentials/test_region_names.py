"""Names of regions: exactly those with which the SDK opens a client."""

from botocore.exceptions import InvalidRegionError
from botocore.utils import validate_region_name
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from services.credentials.region_names import Region, is_region

REGION = TypeAdapter(Region)


def sdk_takes(text: str) -> bool:
    try:
        validate_region_name(text)
    except InvalidRegionError:
        return False
    # Its `$` lets a line break through, which no host's name can have; empty means none is given.
    return bool(text) and not text.endswith("\n")


def schema_takes(text: str) -> bool:
    try:
        REGION.validate_python(text)
    except ValidationError:
        return False
    return True


@given(text=st.text(alphabet="aZ09-_.\n", max_size=8) | st.text(alphabet="a1-", max_size=70))
@example(text="eu-central-1")
@example(text="default")
@example(text="US")
@example(text="1")
@example(text="zone_a")
@example(text="a" * 63)
@example(text="a" * 64)
@example(text="é")
def test_a_region_is_what_the_sdk_takes_for_one(text: str) -> None:
    assert is_region(text) == schema_takes(text) == sdk_takes(text)
