"""Scripts of setup kits, run with the real `aws` or with one that writes down what it is asked."""

import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from deploy.local.clouds.aws import ENVIRONMENT, AwsCloud

BASH = shutil.which("bash") or "/bin/bash"
SYSTEM_PATH = f"/usr/bin:/bin:{Path(sys.executable).parent}"

AWS = """\
#!/usr/bin/env bash
printf '%s\\0' "$@" >> "$CALLS"
for word in "$@"; do
  case "$word" in file://*) cat "${word#file://}" >> "$CALLS" ;; esac
done
printf '\\036' >> "$CALLS"
case "$*" in
  *--debug*) echo "received <Code>${CODE:-}</Code><Message></Message>" >&2; exit 254 ;;
  *get-caller-identity*) found="${ACCOUNT:-222222222222}" ;;
  *get-role*) found="${ROLE:-}" refusal="${REFUSAL:-NoSuchEntity}" ;;
  *get-bucket-policy*) found="${POLICY:-}" refusal="${REFUSAL:-NoSuchBucketPolicy}" ;;
  *get-bucket-cors*) found="${CORS:-}" refusal="${REFUSAL:-NoSuchCORSConfiguration}" ;;
  *get-key-policy*) found="${KEY:-}" refusal="${REFUSAL:-AccessDenied}" ;;
  *) exit ;;
esac
[ -n "$found" ] && { echo "$found"; echo "a warning" >&2; exit; }
echo "An error occurred ($refusal) when it was asked." >&2
exit 254
"""


@dataclass(frozen=True, slots=True)
class Run:
    """How a script ended, and what it asked `aws` for."""

    status: int
    output: str
    calls: list[list[str]]

    def changes(self) -> list[str]:
        """Return the names of the calls that change something."""
        words = [word for call in self.calls for word in call]
        return [word for word in words if word.startswith(("create-", "put-", "update-"))]

    def option(self, call: str, name: str) -> str:
        """Return the value of an option; of a file's name, what the file holds, is last."""
        words = next(words for words in self.calls if call in words)
        value = words[words.index(name) + 1]
        return words[-1] if value.startswith("file://") else value


def run(
    script: str, directory: Path, environment: Mapping[str, str] = {}, *, python: bool = True
) -> Run:
    """Run a script in an empty directory; without Python, with one that does not work."""
    programs = {"aws": AWS} if python else {"aws": AWS, "python3": "#!/bin/sh\nexit 127\n"}
    for name, text in programs.items():
        (directory / name).write_text(text)
        (directory / name).chmod(0o755)
    calls = directory / "calls"
    calls.touch()
    path = {"PATH": f"{directory}:{SYSTEM_PATH}", "CALLS": str(calls)}
    ended = subprocess.run(
        [BASH, "-c", script],
        env={**path, **environment},
        capture_output=True,
        check=False,
        text=True,
        cwd=directory,
    )
    asked = [call.split("\0") for call in calls.read_text().split("\036") if call]
    return Run(ended.returncode, ended.stdout + ended.stderr, asked)


def run_in_cloud(script: str, cloud: AwsCloud, region: str) -> tuple[int, str]:
    """Run a script with the real `aws` as the customer's root; return its status and output."""
    ended = subprocess.run(
        [BASH, "-s"],
        input=script,
        env={
            "PATH": f"{ENVIRONMENT / 'bin'}:{SYSTEM_PATH}",
            "HOME": str(ENVIRONMENT),  # no profile of ours
            "AWS_ENDPOINT_URL": cloud.endpoint,
            "AWS_ACCESS_KEY_ID": cloud.customer.access_key_id,
            "AWS_SECRET_ACCESS_KEY": cloud.customer.secret_access_key,
            "AWS_DEFAULT_REGION": region,
            "AWS_DEFAULT_OUTPUT": "text",  # the script must not depend on what the customer likes
        },
        capture_output=True,
        check=False,
        text=True,
    )
    return ended.returncode, ended.stdout + ended.stderr
