"""Names of regions: those that the SDK takes, whoever sends them."""

import re
from typing import Annotated

from pydantic import StringConstraints

LONGEST = 63

# A label of a host's name that is not only digits, as botocore's validate_region_name has it;
# Pydantic knows no look-ahead, with which that is shorter.
PATTERN = r"^([0-9]*[A-Za-z]([A-Za-z0-9-]*[A-Za-z0-9])?|[0-9]+-[A-Za-z0-9-]*[A-Za-z0-9])$"

Region = Annotated[str, StringConstraints(pattern=PATTERN, max_length=LONGEST)]

_REGION = re.compile(PATTERN)


def is_region(text: str) -> bool:
    """Say whether a text can name a region."""
    return len(text) <= LONGEST and _REGION.fullmatch(text) is not None
