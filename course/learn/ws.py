"""`course ws`: a small WebSocket client for the lessons, beside `course http`.

It connects, sends one frame after the other, and prints what comes back until it is quiet. Between them it can send an
HTTP request, to see what a socket hears of it.
"""

import asyncio
import contextlib
import json
import shlex
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

from course import environment
from course.errors import CourseError, UsageError
from course.learn import typed
from course.learn.http import ITEM, Request, base_url, characters, send, stage_at_hand, whole

GREETED = "/ws/rooms/"  # who joins a room is told so, before anything else
PATIENCE_SECONDS = 5.0  # for an answer that has to come
QUIET_SECONDS = 0.4  # without a frame: that was all
SHOWN_CHARACTERS = 110


@dataclass
class Conversation:
    """What is to be said, and where."""

    path: str
    frames: list[str | bytes] = field(default_factory=list)
    query: list[tuple[str, str]] = field(default_factory=list)
    headers: list[tuple[str, str]] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    @classmethod
    def parse(cls, words: Sequence[str], *, binary: Sequence[str] = (), requests: Sequence[str] = ()) -> "Conversation":
        """Read `PATH [name==value] [Header:value] [text=TEXT or TEXT ...]`. Raises UsageError."""
        for typed_word in (*words, *binary, *requests):
            whole(typed_word, typed_word)
        word, *rest = words or [""]
        path = typed.path(word)
        if not path.startswith("/"):
            raise UsageError("`course ws` needs a path that starts with /, such as: course ws /ws/notify hello")
        conversation = cls(path)
        for word in rest:
            conversation._add(word)
        conversation.frames += [text.encode() for text in binary]
        conversation.requests += requests
        return conversation

    def _add(self, word: str) -> None:
        match = None if word.startswith("{") else ITEM.fullmatch(word)  # JSON is no header, for all its colons
        kind = match["kind"] if match else ""
        if not match or kind == ":=":
            self.frames.append(word)
            return
        value = characters(typed.value(match["value"])) * int(match["times"] or 1)
        if kind == "==":
            self.query.append((match["name"], whole(value, word)))
        elif kind == ":":
            self.headers.append((match["name"], whole(value, word)))
        else:
            self.frames.append(json.dumps({match["name"]: value}))

    def url(self) -> str:
        """The address on the server that the student started last."""
        query = f"?{urlencode(self.query)}" if self.query else ""
        return f"{base_url().replace('http', 'ws', 1)}{self.path}{query}"


async def talk(conversation: Conversation) -> AsyncIterator[str]:
    """Hold a conversation; yields each line to print. Raises CourseError if there is no server."""
    from websockets.exceptions import ConnectionClosed, InvalidStatus

    url = conversation.url()
    try:
        async with environment.websocket(url, additional_headers=conversation.headers) as socket:

            async def answers(wait: float) -> AsyncIterator[str]:
                with contextlib.suppress(TimeoutError):
                    while True:
                        frame = await asyncio.wait_for(socket.recv(), wait)
                        yield shown("<", frame)
                        wait = QUIET_SECONDS

            try:
                async for line in answers(PATIENCE_SECONDS if conversation.path.startswith(GREETED) else 0):
                    yield line
                for frame in conversation.frames:
                    yield shown(">", frame)
                    await socket.send(frame)
                    async for line in answers(PATIENCE_SECONDS):
                        yield line
                for request in conversation.requests:
                    answer = await send(Request.parse(shlex.split(request)))
                    yield f"{request}: {answer.splitlines()[0]}"
                    async for line in answers(PATIENCE_SECONDS):
                        yield line
            except ConnectionClosed as closed:
                code = closed.rcvd.code if closed.rcvd else 1006
                yield f"The server closed the connection with {code}."
    except InvalidStatus as refused:
        yield f"{refused.response.status_code} {refused.response.reason_phrase}"
    except OSError as error:
        raise CourseError(
            f"No server answered at {url} ({error or type(error).__name__}). "
            f"Start one in another terminal: course run {stage_at_hand()}"
        ) from error


def shown(arrow: str, frame: str | bytes) -> str:
    """A frame as one line, cut where it gets long."""
    text = f"{len(frame)} bytes" if isinstance(frame, bytes) else frame
    return f"{arrow} {text if len(text) <= SHOWN_CHARACTERS else text[:SHOWN_CHARACTERS] + ' ...'}"
