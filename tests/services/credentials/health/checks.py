"""Checks as reports keep them, made up for tests."""

from typing import Any

Check = dict[str, Any]

ORIGIN = "https://app.example"


def check(
    name: str,
    status: str = "passed",
    *,
    subject: str | None = None,
    finding: str = "As found.",
    cause: str | None = None,
    who: str = "customer",
    **measured: object,
) -> Check:
    """Return one check; what fails has a cause, as has a warning with one."""
    if status == "failed":
        cause = cause or "unknown"
    remedy = {"who": who, "text": "Mend it.", "documents": {}}
    return {
        "name": name,
        "subject": subject,
        "status": status,
        "duration_ms": 1.5,
        "finding": finding,
        "measured": measured,
        "causes": [] if cause is None else [{"code": cause, "who": who}],
        "remedy": None if cause is None else remedy,
    }


def warn(name: str, **fields: Any) -> Check:
    """Return a check that warns of what can be mended."""
    return check(name, "warning", **{"cause": "archived", **fields})


def report(**changed: Check) -> list[Check]:
    """Return the checks of a report in which all is well but what is `changed`, by name."""
    well = {
        "identity": check("identity"),
        "external_id_enforced": check("external_id_enforced"),
        "session_duration": check("session_duration", seconds=43_200),
        "region": check("region", region="eu-central-1"),
        "list": check("list"),
        "read": check("read", read=5, asked=5),
        "sign": check("sign"),
        "browser_get": check("browser_get", subject=ORIGIN),
    }
    return list({**well, **changed}.values())
