"""What a store's capabilities mean to the customer: the check `capabilities`."""

from services.credentials.access.causes import CauseKind
from services.credentials.access.checks import Cause, Finding, failed, passed, warning
from shared.storage.capabilities import Capabilities

CONSEQUENCES = {
    "start_after": (
        "A listing cannot begin behind a given key, so an import lists with one request at a time"
        " and is not cut in ranges."
    ),
    "ordered": (
        "Keys are not listed in their order, so an import lists with one request at a time and is"
        " not cut in ranges."
    ),
    "encoded": (
        "Keys are not URL-encoded in listings on request, so a key with a control character can end"
        " a listing with an error."
    ),
    "versions": "Versions cannot be listed, so imports cannot pin them.",
    "overrides": (
        "A presigned URL cannot set the answer's headers, so files are shown and cached as the"
        " store has them."
    ),
}


def judge_capabilities(found: Capabilities) -> Finding:
    """Say what does not work, and what follows from it; what is not known yet is no fault."""
    if found.listing == "v1":
        finding = failed(
            "The store answers ListObjects and not ListObjectsV2, so nothing can be imported.",
            Cause(CauseKind.NOT_V2, "Update the store to a version with ListObjectsV2."),
        )
        return finding.learning(found)
    lacking = [text for name, text in CONSEQUENCES.items() if getattr(found, name) is False]
    if lacking:
        return warning(" ".join(lacking)).learning(found)
    if None in (found.start_after, found.overrides):
        sentence = "The store does what Mooring needs, as far as it can be tried without an object."
        return passed(sentence).learning(found)
    return passed("The store does what Mooring needs.").learning(found)
