"""The log: one JSON object a line."""

import json
import logging
import sys

from app.core.logs import JsonLines
from app.core.requests import request_id


def line_of(record: logging.LogRecord) -> dict[str, object]:
    text = JsonLines().format(record)
    assert "\n" not in text
    line: dict[str, object] = json.loads(text)
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
