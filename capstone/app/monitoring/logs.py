"""The log: one JSON object a line on stdout, which is what hosts make searchable."""

import json
import logging
import sys
from collections.abc import Mapping
from datetime import UTC, datetime

from opentelemetry import trace

from app.config.settings import Settings
from app.web.request_log import request_id

FIELDS = ("method", "route", "status", "milliseconds", "user_id")


class JsonLines(logging.Formatter):
    """Writes a record as one line of JSON, with its place and the id of the request that it belongs to."""

    def __init__(self, place: Mapping[str, str]) -> None:
        super().__init__()
        self.place = place

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage().strip(),
            "request_id": request_id.get(),
            **self.place,
        }
        line |= {name: value for name in FIELDS if (value := getattr(record, name, None)) is not None}
        if (span := trace.get_current_span().get_span_context()).is_valid:
            line["trace_id"] = trace.format_trace_id(span.trace_id)
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return json.dumps(line)


def place_of(settings: Settings) -> dict[str, str]:
    """Where this process runs, as far as the host tells."""
    return {name.removeprefix("railway_"): value for name, value in settings if name.startswith("railway_") and value}


def configure_logs(settings: Settings) -> None:
    """Send everything to stdout in one format: ours, the libraries', and what uvicorn has already set up on stderr."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonLines(place_of(settings)))
    handler.addFilter(_leave_out_query)
    handler.addFilter(_leave_out_refusal)
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(settings.log_level)
    for name in ("uvicorn", "uvicorn.error"):
        logging.getLogger(name).handlers = []
        logging.getLogger(name).propagate = True
    # Below INFO it prints every header of a WebSocket, tokens and cookies among them.
    logging.getLogger("uvicorn.error").setLevel(max(root.level, logging.INFO))
    # Our own line about each request says more.
    logging.getLogger("uvicorn.access").handlers = []
    logging.getLogger("uvicorn.access").propagate = False


def _leave_out_query(record: logging.LogRecord) -> bool:
    """Cut the query off uvicorn's line about a WebSocket: some clients put a token there, though we ask for none."""
    if isinstance(record.args, tuple) and '"WebSocket %s"' in str(record.msg):
        record.args = tuple(str(each).partition("?")[0] if n == 1 else each for n, each in enumerate(record.args))
    return True


def _leave_out_refusal(record: logging.LogRecord) -> bool:
    """Drop what uvicorn calls an error, after its line with the status: that a WebSocket was refused and not opened."""
    return not str(record.msg).startswith("ASGI callable returned without completing handshake")
