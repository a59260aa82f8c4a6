"""The setup kit as one script: what scripts for `aws` and `gcloud` begin and end with."""

import json
from shlex import quote

from services.credentials.setup.policies import Document

# Every value goes through quote(), and none into a comment: a prefix may hold line breaks.
_HEAD = """\
#!/usr/bin/env bash
# Sets up the customer's side for Mooring. It adds, and overwrites nothing of others': what it may
# not change it leaves alone, and says what is left to do.
set -euo pipefail

bucket={bucket}
unfinished=0

# leave_alone WHAT WANTED FOUND TEXT...: FOUND will do when every TEXT is in it.
leave_alone() {{
  local what=$1 wanted=$2 found=$3 text
  shift 3
  for text in "$@"; do
    case "$found" in
      *"$text"*) ;;
      *)
        unfinished=1
        printf '\\n%s: not changed.\\nChange it by hand so that it holds this too:\\n%s\\n' \\
          "$what" "$wanted" >&2
        return ;;
    esac
  done
  printf '%s: it seems to hold what is needed.\\n' "$what"
}}
"""

_TAIL = """
if [ "$unfinished" -ne 0 ]; then
  printf '\\nSome of it is left to do by hand: see above.\\n' >&2
  exit 2
fi
printf 'Done. Now let Mooring verify the access.\\n'
"""


def write_script(bucket: str, *parts: str) -> str:
    """Put the parts that a method needs into one script."""
    return "".join((_HEAD.format(bucket=quote(bucket)), *parts, _TAIL))


def quote_document(document: Document) -> str:
    """Return JSON in ASCII, since IAM takes no characters beyond U+00FF, for the shell."""
    return quote(json.dumps(document, indent=2))
