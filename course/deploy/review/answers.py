"""An answer, read as a client reads it: its row, its rows, its token, and what it tells of the inside."""

import re
from typing import Any

import httpx

from course.deploy.review.document import Schema, singular
from course.deploy.verify.caller import json_of

SHOWN_CHARACTERS = 300
TOKEN_NAMES = ("access_token", "accessToken", "token", "jwt", "id_token", "auth_token", "key")


def token_in(value: Any) -> str:
    """A token, wherever in an answer it stands; empty if there is none."""
    if isinstance(value, dict):
        for name in TOKEN_NAMES:
            if isinstance(value.get(name), str):
                return str(value[name])
        return next((token for each in value.values() if (token := token_in(each))), "")
    return ""


def cookies_of(response: httpx.Response) -> str:
    """The cookies that an answer sets, as a request sends them."""
    return "; ".join(each.partition(";")[0] for each in response.headers.get_list("set-cookie"))


def body_of(response: httpx.Response) -> Schema:
    """The JSON object of an answer; empty if it holds none."""
    read = json_of(response)
    return read if isinstance(read, dict) else {}


def row_of(response: httpx.Response) -> Schema:
    """The row of an answer, be it inside an envelope, or the first of a list."""
    body = body_of(response) or next((each for each in rows_of(response) if isinstance(each, dict)), {})
    inside = [each for each in body.values() if isinstance(each, dict)]
    named = [each for each in inside if id_of(each)] or (inside if len(body) == 1 else [])
    return body if id_of(body) or not named else named[0]


def id_of(row: Any, word: str = "") -> str:
    """What names a row, or one of what a word names; empty if nothing does."""
    names = ("id", "uuid", "slug", f"{singular(word)}_id")
    return str(next((row[name] for name in names if isinstance(row.get(name), str | int)), "")) if row else ""


def rows_of(response: httpx.Response) -> list[Any]:
    """The rows of a list's answer, bare or in a page; none if it holds no list."""
    read = json_of(response)
    if isinstance(read, dict):
        return next((each for each in read.values() if isinstance(each, list)), [])
    return read if isinstance(read, list) else []


def shown(response: httpx.Response) -> str:
    """An answer on one line, and not too long."""
    line = " ".join(response.text.split())
    return line if len(line) <= SHOWN_CHARACTERS else f"{line[:SHOWN_CHARACTERS]} ..."


def statuses(answers: list[httpx.Response]) -> str:
    """How often each status came."""
    codes = [each.status_code for each in answers]
    return ", ".join(f"{codes.count(code)} times {code}" for code in sorted(set(codes)))


def is_refused_for_now(response: httpx.Response) -> bool:
    """Does the server say that it has too much to do at this moment? That is no fault."""
    return response.status_code == httpx.codes.SERVICE_UNAVAILABLE and "retry-after" in response.headers


def tells(response: httpx.Response) -> bool:
    """Does an error tell what went wrong inside?"""
    words = ("Traceback", "sqlalchemy", "asyncpg", "psycopg", 'File "', "SELECT ", "INSERT INTO", "UPDATE ", "Error:")
    return any(word in response.text for word in words) or re.search(r"\w+\(\)|\[Errno", response.text) is not None
