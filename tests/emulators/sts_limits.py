"""An ASGI layer in front of MiniStack: the limits on the length of a session that AWS enforces.

MiniStack grants any DurationSeconds. AWS refuses, with a ValidationError,

* less than 900 s and more than 43,200 s ("AssumeRole", AWS STS API Reference),
* more than the role's MaxSessionDuration,
* more than an hour when the caller is itself a role session (role chaining).

Who may not assume the role at all is told so first, as on AWS, where the role's settings are none
of a stranger's business: the layer looks at what MiniStack granted. It runs in MiniStack's process
and environment, so it uses the standard library only (see deploy/local/clouds/aws_server.py).
"""

import re
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlencode
from xml.sax.saxutils import escape

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]

SHORTEST, LONGEST, CHAINED, USUAL = 900, 43_200, 3_600, 3_600
OUT_OF_RANGE = (
    "1 validation error detected: Value '{asked}' at 'durationSeconds' failed to satisfy "
    "constraint: Member must have value {bound}"
)
TOO_LONG_FOR_CHAIN = (
    "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role "
    "chaining."
)
TOO_LONG_FOR_ROLE = (
    "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
)


@dataclass(frozen=True)
class Answer:
    """A response, whole."""

    messages: tuple[Message, ...]

    @property
    def status(self) -> int:
        return int(self.messages[0]["status"])

    @property
    def text(self) -> str:
        return b"".join(one.get("body", b"") for one in self.messages[1:]).decode()


class StsLimits:
    def __init__(self, application: Application) -> None:
        self._application = application
        self._role_sessions: set[str] = set()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if not is_form(scope):
            await self._application(scope, receive, send)
            return
        body = await read_body(receive)
        answer = await self._ask(scope, body)
        form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        if form.get("Action") == "AssumeRole" and answer.status == 200:
            refusal = await self._refusal(scope, form)
            if refusal is not None:
                answer = validation_error(refusal)
            else:
                self._role_sessions.add(element(answer.text, "AccessKeyId"))
        for message in answer.messages:
            await send(message)

    async def _refusal(self, scope: Message, form: dict[str, str]) -> str | None:
        asked = int(form.get("DurationSeconds", USUAL))
        if asked < SHORTEST:
            bound = f"greater than or equal to {SHORTEST}"
            return OUT_OF_RANGE.format(asked=asked, bound=bound)
        if asked > LONGEST:
            return OUT_OF_RANGE.format(asked=asked, bound=f"less than or equal to {LONGEST}")
        if asked > CHAINED and access_key_id(scope) in self._role_sessions:
            return TOO_LONG_FOR_CHAIN
        if asked > await self._longest_session(scope, form["RoleArn"]):
            return TOO_LONG_FOR_ROLE
        return None

    async def _longest_session(self, scope: Message, role_arn: str) -> int:
        """Ask MiniStack, as the root user of the role's account, for MaxSessionDuration."""
        account, name = role_arn.split(":")[4], role_arn.rpartition("/")[2]
        credential = f"{account}/20260101/us-east-1/iam/aws4_request"
        signature = f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host, Signature=0"
        form = {"Action": "GetRole", "Version": "2010-05-08", "RoleName": name}
        body = urlencode(form).encode()
        headers = [(key, value) for key, value in scope["headers"] if key in {b"host", TYPE}]
        headers += [(b"authorization", signature.encode()), (b"x-amz-date", b"20260101T000000Z")]
        headers += [(b"content-length", str(len(body)).encode())]
        answer = await self._ask({**scope, "headers": headers}, body)
        return int(element(answer.text, "MaxSessionDuration"))

    async def _ask(self, scope: Message, body: bytes) -> Answer:
        unread = [{"type": "http.request", "body": body, "more_body": False}]
        messages: list[Message] = []

        async def receive() -> Message:
            return unread.pop() if unread else {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            messages.append(message)

        await self._application(scope, receive, send)
        return Answer(tuple(messages))


TYPE = b"content-type"


def is_form(scope: Message) -> bool:
    """Tell a call of a query API (STS, IAM) from everything else, which may be long."""
    if scope["type"] != "http" or scope["method"] != "POST" or scope["path"] != "/":
        return False
    return header(scope, TYPE).startswith(b"application/x-www-form-urlencoded")


def header(scope: Message, name: bytes) -> bytes:
    headers: dict[bytes, bytes] = dict(scope["headers"])  # ASGI: names in lower case
    return headers.get(name, b"")


def access_key_id(scope: Message) -> str:
    match = re.search(rb"Credential=([^/]+)/", header(scope, b"authorization"))
    return match[1].decode() if match else ""


async def read_body(receive: Receive) -> bytes:
    body = b""
    while True:
        message = await receive()
        body += bytes(message.get("body", b""))
        if not message.get("more_body"):
            return body


def element(xml: str, name: str) -> str:
    match = re.search(f"<{name}>([^<]*)</{name}>", xml)
    if match is None:
        raise ValueError(f"no {name} in {xml}")
    return match[1]


def validation_error(message: str) -> Answer:
    body = (
        '<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error>'
        f"<Type>Sender</Type><Code>ValidationError</Code><Message>{escape(message)}</Message>"
        "</Error><RequestId>00000000-0000-0000-0000-000000000000</RequestId></ErrorResponse>"
    ).encode()
    headers = [(TYPE, b"text/xml"), (b"content-length", str(len(body)).encode())]
    return Answer(
        (
            {"type": "http.response.start", "status": 400, "headers": headers},
            {"type": "http.response.body", "body": body},
        )
    )
