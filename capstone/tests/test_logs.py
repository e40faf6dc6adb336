"""The log: one JSON object a line."""

import json
import logging
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import redirect_stdout
from io import StringIO
from typing import Any

import pytest
from databases import Database
from fastapi import FastAPI
from visitors import Visitor, client_of

from app.config.settings import Settings
from app.monitoring.logs import JsonLines, configure_logs, place_of
from app.services import posts_service
from app.web.request_log import request_id

Log = Callable[[], dict[str, Any]]


@pytest.fixture
async def log(settings: Settings) -> AsyncIterator[Log]:
    """Logging set up as in a server; returns the last line."""
    loggers = [logging.getLogger(name) for name in (None, "uvicorn", "uvicorn.error", "uvicorn.access", "httpx")]
    before = [(each.handlers, each.level, each.propagate) for each in loggers]
    with redirect_stdout(StringIO()) as out:
        configure_logs(settings)
    logging.getLogger("httpx").setLevel("WARNING")

    def last_line() -> dict[str, Any]:
        line: dict[str, Any] = json.loads(out.getvalue().splitlines()[-1])
        return line

    yield last_line
    for logger, (handlers, level, propagate) in zip(loggers, before, strict=True):
        logger.handlers, logger.propagate = handlers, propagate
        logger.setLevel(level)


def line_of(record: logging.LogRecord, place: dict[str, str] | None = None) -> dict[str, Any]:
    text = JsonLines(place or {}).format(record)
    assert "\n" not in text
    line: dict[str, Any] = json.loads(text)
    return line


def test_a_line_has_message_level_and_the_id_of_its_request() -> None:
    token = request_id.set("my-id")
    line = line_of(logging.LogRecord("app", logging.WARNING, "x.py", 1, 'two "words"\nand %s', ("more",), None))
    request_id.reset(token)
    assert line["message"] == 'two "words"\nand more'
    assert line["level"] == "warning"
    assert line["request_id"] == "my-id"


def test_an_error_comes_with_its_trace_in_the_same_line() -> None:
    try:
        raise RuntimeError("no good")
    except RuntimeError:
        line = line_of(logging.LogRecord("app", logging.ERROR, "x.py", 1, "It failed", (), sys.exc_info()))
    assert line["message"] == "It failed"
    assert "RuntimeError: no good" in str(line["trace"])


async def test_a_line_says_where_it_comes_from_as_far_as_the_host_tells(settings: Settings) -> None:
    assert place_of(settings) == {}
    told = settings.model_copy(update={"railway_replica_id": "r-1", "railway_environment_name": "production"})
    line = line_of(logging.LogRecord("app", logging.INFO, "x.py", 1, "Hello", (), None), place_of(told))
    assert (line["replica_id"], line["environment_name"]) == ("r-1", "production")
    assert "deployment_id" not in line


async def test_a_request_is_one_line_with_its_route_and_who_asked(log: Log, ana: Visitor) -> None:
    post = await ana.write()
    await ana.client.delete(f"/posts/{post}", headers=ana.headers | {"X-Request-ID": "my-id"})
    line = log()
    assert line["message"] == "DELETE /posts/{post_id} 204"
    assert line["milliseconds"] > 0
    del line["milliseconds"], line["time"], line["message"]
    assert line == {
        "level": "info",
        "logger": "app.requests",
        "request_id": "my-id",
        "method": "DELETE",
        "route": "/posts/{post_id}",
        "status": 204,
        "user_id": ana.id,
    }


async def test_a_mistake_of_ours_is_logged_as_the_500_that_the_client_gets(
    log: Log, app: FastAPI, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*args: object, **kwargs: object) -> None:
        raise RuntimeError("no good")

    monkeypatch.setattr(posts_service, "list_posts", fail)
    async with client_of(app, raise_app_exceptions=False) as client:
        assert (await client.get("/posts")).status_code == 500
    assert log()["status"] == 500


async def test_a_client_that_went_away_before_it_was_answered_is_no_500(log: Log, app: FastAPI) -> None:
    headers = [(b"content-length", b"2")]
    scope = {"type": "http", "method": "POST", "path": "/posts", "query_string": b"", "headers": headers}

    async def gone() -> dict[str, str]:
        return {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        raise AssertionError(message)

    await app(scope, gone, send)
    line = log()
    assert line["message"] == "POST (no route) (no answer)"
    assert "status" not in line


async def test_uvicorns_lines_are_ours_too_and_leave_out_a_websockets_query(log: Log) -> None:
    logger = logging.getLogger("uvicorn.error")
    logger.info('%s - "WebSocket %s" [accepted]', "127.0.0.1:1", "/ws/posts/1?token=hush")
    line = log()
    assert line["message"] == '127.0.0.1:1 - "WebSocket /ws/posts/1" [accepted]'
    assert line["logger"] == "uvicorn.error"
