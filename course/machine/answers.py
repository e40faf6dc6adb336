"""How a server's answer is shown, in a terminal and in a notebook."""

import json
from collections.abc import Iterator

import httpx

SHOWN_HEADERS = ("Location", "WWW-Authenticate", "Retry-After", "Link")


def answer_lines(answer: httpx.Response) -> Iterator[str]:
    """An answer to be read: its status, the headers that matter, its body."""
    yield f"{answer.status_code} {answer.reason_phrase}"
    for name in SHOWN_HEADERS:
        if name in answer.headers:
            yield f"{name}: {answer.headers[name]}"
    if answer.content:
        yield _body_text(answer)


def _body_text(answer: httpx.Response) -> str:
    """An answer's body to be read: JSON in lines, anything else as it came."""
    try:
        return json.dumps(answer.json(), indent=2, ensure_ascii=False)
    except ValueError:
        return answer.text
