"""What a client may make the server hold: large bodies and headers, half a body, and texts without an end."""

import socket
import time
from collections.abc import Iterator
from functools import partial
from urllib.parse import urlsplit

import httpx

from course import environment
from course.deploy.review.asking import ANSWER_SECONDS
from course.deploy.review.document import Operation
from course.deploy.review.finding import Finding, NotJudgedError, Probe, for_each, probe
from course.deploy.review.target import Target

BODY_MB = 20
TEXT_CHARACTERS = 1_000_000
MB = b"x" * 1_000_000
HELD_SECONDS = 35
HALF = 'POST {} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{{"text": '


@probe
def bodies_without_a_limit(target: Target) -> list[Finding]:
    operation = target.register or next(iter(target.creating()), None)
    if operation is None:
        raise NotJudgedError("no operation takes a body")
    guest = target.ana if operation.is_protected else None
    values = target.values_for(operation, guest)
    sent = 0

    def body() -> Iterator[bytes]:
        nonlocal sent
        yield b'{"text": "'
        for sent in range(1, BODY_MB + 1):  # noqa: B007 (counted outside)
            yield MB
        yield b'"}'

    headers = {"content-type": "application/json"}
    answer = None
    for _ in range(2):
        try:
            answer = target.http.request(
                "POST",
                operation.path_with(values),
                content=body(),
                headers={**headers, **(guest.headers if guest else {})},
            )
        except httpx.TransportError:
            return []  # the connection is closed: so there is a limit
        if answer.status_code == httpx.codes.REQUEST_ENTITY_TOO_LARGE or sent < BODY_MB:
            return []
    assert answer is not None
    zeros = f"<(head -c {BODY_MB}000000 /dev/zero)"
    curl = f"curl -i -H 'Content-Type: application/json' -H 'Transfer-Encoding: chunked' --data-binary @{zeros}"
    came = f"{answer.status_code}, once {BODY_MB} MB were read"
    return [Finding("body-without-limit", operation.name, f'{curl} "$URL{answer.request.url.path}"', came)]


@probe
def texts_without_a_limit(target: Target) -> list[Finding]:
    return for_each(target, target.creating(), _long_texts)


def _long_texts(target: Target, operation: Operation) -> list[Finding]:
    found = []
    for name, schema in operation.fields.items():
        if schema.get("type") == "string" and not {"maxLength", "format", "enum", "pattern"} & set(schema):
            guest = target.who_makes(operation)
            body = {**target.body_for(operation), name: "x" * TEXT_CHARACTERS}
            answer = target.send(operation, target.values_for(operation, guest), body=body, guest=guest)
            if answer.is_success:
                found.append(target.seen("text-without-limit", answer, f"{answer.status_code}, for 1 MB of {name}"))
    target.errors.clear()  # a text that is too long for its column is another probe's
    return found


def _hold(target: Target) -> None:
    parts = urlsplit(target.url)
    operation = target.register or next(iter(target.creating()), None)
    if operation and not operation.parameters and parts.scheme == "http":
        connection = socket.create_connection((parts.hostname, parts.port or 80), ANSWER_SECONDS)
        connection.sendall(HALF.format(operation.path, parts.netloc).encode())
        target.held = time.monotonic(), connection


@partial(Probe, begin=_hold)
def half_a_body(target: Target) -> list[Finding]:
    """A request that is never finished: how long is it waited for?"""
    if target.held is None:
        raise NotJudgedError("a request is left unfinished only over plain HTTP, where something takes a body")
    since, connection = target.held
    with connection:
        connection.settimeout(max(0.1, since + HELD_SECONDS - time.monotonic()))
        try:
            connection.recv(1)
        except TimeoutError:
            path = (target.register or target.creating()[0]).path
            sent = f"(printf '{{'; sleep 600) | curl -i -X POST -H 'Content-Type: application/json' -T - \"$URL{path}\""
            came = f"after {time.monotonic() - since:.0f} s the rest of the body is still waited for"
            return [Finding("half-a-body", f"POST {path}", sent, came)]
        except OSError:
            pass  # the connection was cut, which is a limit too
    return []


@probe
def headers_without_a_limit(target: Target) -> list[Finding]:
    if target.served and "start" not in target.told:
        raise NotJudgedError("a server and its host limit headers, not an app: ask where it is deployed")
    for what, headers in {"2 MB": {"X-Review": "x" * 2_000_000}, "5,000": _many(5_000)}.items():
        try:
            answer = environment.request("GET", target.url + target.health, timeout=ANSWER_SECONDS, headers=headers)
        except httpx.TransportError:
            continue  # the connection is closed: so there is a limit
        if answer.is_success:
            big = "head -c 2000000 /dev/zero | tr '\\0' x"
            sent = f'curl -i -H "X-Review: $({big})" "$URL{target.health}"'
            return [Finding("headers-without-limit", f"GET {target.health}", sent, f"200, for {what} of headers")]
    return []


def _many(count: int) -> dict[str, str]:
    return {f"X-{number}": "x" * 400 for number in range(count)}
