"""What a client may make the server hold: large bodies, and texts without an end."""

from collections.abc import Iterator
from functools import partial

import httpx

from course.deploy.review.finding import Finding, NotJudgedError, probe
from course.deploy.review.target import Target

BODY_MB = 20
TEXT_CHARACTERS = 1_000_000
MB = b"x" * 1_000_000


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
    found = []
    for operation in target.creating():
        guest = target.ana if operation.is_protected else None
        for name, schema in operation.fields.items():
            if schema.get("type") != "string" or {"maxLength", "format", "enum", "pattern"} & set(schema):
                continue
            try:
                values = target.values_for(operation, guest)
            except NotJudgedError:
                break
            body = {**target.body_for(operation), name: "x" * TEXT_CHARACTERS}
            call = partial(target.send, operation, values, body=body, guest=guest)
            if (answer := call()).is_success:
                found.append(target.seen("text-without-limit", answer, f"{answer.status_code}, for 1 MB of {name}"))
    target.errors.clear()  # a text that is too long for its column is another probe's
    return found
