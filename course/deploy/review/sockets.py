"""WebSockets: pages from elsewhere, frames that are none, and frames without an end."""

import asyncio
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from websockets.exceptions import ConnectionClosed, InvalidHandshake

from course import environment
from course.deploy.review.document import PARAMETER
from course.deploy.review.finding import Finding, NotJudgedError, probe
from course.deploy.review.target import Target
from course.deploy.verify.doors import ELSEWHERE

BAD_FRAMES: dict[str, str | bytes] = {
    "no JSON": "this is no JSON",
    "a list": "[1, 2]",
    "null": "null",
    "another object": '{"nickname": 5}',
    "half a character": b"\xff\xfe",
    "binary": b"\x00\x01",
}
FRAME_BYTES = 2_000_000
QUIET_SECONDS = 1.0
WAIT_SECONDS = 10
TOO_BIG, BROKEN = 1009, (1006, 1011)


@probe
def sockets(target: Target) -> list[Finding]:
    paths = target.told.get("sockets", target.served.inside["sockets"] if target.served else [])
    if not paths:
        raise NotJudgedError("no WebSocket is known: an OpenAPI document names none, review.toml may (sockets = [...])")
    found = []
    for each in paths:
        path = PARAMETER.sub(lambda name: _value(target, name[1]), each)
        if "?" not in path:
            path += "?name=review"
        found += asyncio.run(_ask(target, each, path))
    return found


def _value(target: Target, name: str) -> str:
    """A row's id, if a row is named so, or some name."""
    word = name.removesuffix("_id")
    for operation in target.creating():
        if word != name and operation.path.rstrip("/").endswith((f"/{word}s", f"/{word}")):
            return target.create(operation).id
    return "review"


async def _connect(url: str, **options: Any) -> Any:
    """A WebSocket; None if the server refuses it."""
    try:
        return await environment.websocket(url, open_timeout=WAIT_SECONDS, compression=None, **options)
    except (InvalidHandshake, OSError, TimeoutError):
        return None


async def knock(url: str) -> bool:
    """Is a WebSocket accepted there? It is closed at once."""
    if socket := await _connect(url):
        await socket.close()
    return socket is not None


async def _ask(target: Target, name: str, path: str) -> list[Finding]:
    url = f"ws{target.url.removeprefix('http')}{path}"
    host = urlsplit(target.url).netloc
    where = f"WebSocket {name}"
    found = []

    connect = partial(_connect, url)
    if not await knock(url):
        target.not_judged[where] = "it refuses whoever comes without more than its path"
        return []
    for origin in (ELSEWHERE, f"http://{host}.elsewhere.example"):
        if socket := await connect(origin=origin):
            await socket.close()
            found.append(
                Finding("any-origin", where, f"{_curl(url)} -H 'Origin: {origin}'", "the handshake is accepted")
            )
            break
    for what, frame in BAD_FRAMES.items():
        codes = [await _code_after(await connect(), frame) for _ in range(2)]
        if all(code in BROKEN for code in codes):
            found.append(
                Finding("frame-ends-connection", where, f"{_curl(url)}  # then {what}", f"closed with {codes[0]}")
            )
            break
    code = await _code_after(await connect(max_size=None), "x" * FRAME_BYTES)
    if code is None:
        came = f"a frame of {FRAME_BYTES:,} bytes, and the connection stays"
        found.append(Finding("frame-without-limit", where, _curl(url), came))
    return found


async def _code_after(socket: Any, frame: str | bytes) -> int | None:
    """With what code the server closes the connection after a frame; None if it stays."""
    if socket is None:
        return None
    try:
        async with asyncio.timeout(WAIT_SECONDS):
            await socket.send(frame, text=True) if isinstance(frame, bytes) and frame[0] == 0xFF else await socket.send(
                frame
            )
            while True:
                async with asyncio.timeout(QUIET_SECONDS):
                    await socket.recv()
    except ConnectionClosed:
        return int(socket.close_code or BROKEN[0])
    except TimeoutError:
        return None
    finally:
        await socket.close()


def _curl(url: str) -> str:
    upgrade = "-H 'Connection: Upgrade' -H 'Upgrade: websocket' -H 'Sec-WebSocket-Version: 13'"
    return (
        f"curl -i --http1.1 {upgrade} -H 'Sec-WebSocket-Key: cmV2aWV3LXJldmlldy0tLQ==' {url.replace('ws', 'http', 1)}"
    )
