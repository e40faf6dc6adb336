"""What is compared: the variants, what each of them is asked, and whether they all give the same answer."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from bench.load import exchange
from bench.servers import Server

RAW = "bench.variants.raw:app"
PLAIN = "bench.variants.plain:app"
CAPSTONE = "app.main:app"
FIRST = "bench.variants.first:app"
TITLES = {
    RAW: "(a) raw ASGI, JSON by the database",
    PLAIN: "(b) FastAPI, asyncpg, response model",
    CAPSTONE: "(c) the capstone",
    FIRST: "(d) the first version that comes to mind",
}
SPELT_DIFFERENTLY = ("created_at", "updated_at")  # the same moments: PostgreSQL writes +00:00, and pydantic Z


@dataclass(frozen=True)
class Candidate:
    """A line of a table: an app, and what it is asked."""

    title: str
    app: str
    request: bytes


def request(method: str, path: str, content: dict[str, str] | str | None = None, *, token: str = "") -> bytes:
    """The bytes of a request. A dict is sent as JSON, and text as a form."""
    body = b"" if content is None else (json.dumps(content) if isinstance(content, dict) else content).encode()
    kind = "application/json" if isinstance(content, dict) else "application/x-www-form-urlencoded"
    headers = [f"{method} {path} HTTP/1.1", "Host: localhost"]
    headers += [f"Content-Length: {len(body)}", f"Content-Type: {kind}"] if body else []
    headers += [f"Authorization: Bearer {token}"] if token else []
    return "\r\n".join(headers).encode() + b"\r\n\r\n" + body


async def once(server: Server, wanted: bytes, *, times: int) -> bytes:
    """Ask so many times, one after the other, and return the last answer's body."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    for _ in range(times):
        _, body = await exchange(reader, writer, wanted)
    writer.close()
    return body


async def token(server: Server, email: str, password: str) -> str:
    """Log in at the capstone."""
    form = urlencode({"username": email, "password": password})
    answer = json.loads(await once(server, request("POST", "/auth/login", form), times=1))
    return str(answer["access_token"])


async def check_same_answers(compared: Sequence[Candidate], servers: dict[str, Server]) -> None:
    """Raise RuntimeError unless all candidates say the same, so that none of them wins by doing less.

    What a POST has made differs each time: there only the keys are compared.
    """
    said = [read(await once(servers[each.app], each.request, times=1)) for each in compared]
    if compared[0].request.startswith(b"POST"):
        said = [sorted(answer) for answer in said]
    for each, answer in zip(compared, said, strict=True):
        if answer != said[0]:
            raise RuntimeError(f"{each.title} does not say what {compared[0].title} says: {answer} and {said[0]}")


def read(body: bytes) -> Any:
    """An answer's JSON, with its times as times."""

    def with_times(item: dict[str, Any]) -> dict[str, Any]:
        return {key: datetime.fromisoformat(item[key]) if key in SPELT_DIFFERENTLY else item[key] for key in item}

    return json.loads(body, object_hook=with_times)
