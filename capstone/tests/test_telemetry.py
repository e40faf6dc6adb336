"""OpenTelemetry: what a collector gets, and that without one there is nothing."""

import json
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import anyio.to_thread
import pytest
from databases import Database, name_of_test_database
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status
from servers import FOLDER, end, environment, served
from sqlalchemy import text

from app.config.settings import Settings


class Collector:
    """A receiver of OTLP over HTTP on this machine. It keeps what it gets."""

    def __init__(self) -> None:
        self.bodies: dict[str, list[bytes]] = {"/v1/traces": [], "/v1/metrics": [], "/v1/logs": []}

    @contextmanager
    def running(self) -> Iterator[str]:
        """Listen on a free port; yields the address."""
        bodies = self.bodies

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                bodies[self.path].append(self.rfile.read(int(self.headers["Content-Length"])))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args: object) -> None:
                """Say nothing."""

        with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            yield f"http://127.0.0.1:{server.server_port}"
            server.shutdown()

    def spans(self) -> list[Span]:
        """All spans, and see that they come from the service that the variables name."""
        requests = [ExportTraceServiceRequest.FromString(body) for body in self.bodies["/v1/traces"]]
        resources = [each for request in requests for each in request.resource_spans]
        assert all(attributes(each.resource)["service.name"] == "blog" for each in resources)
        return [span for each in resources for scope in each.scope_spans for span in scope.spans]

    def metrics(self) -> set[str]:
        """The names of all metrics."""
        requests = [ExportMetricsServiceRequest.FromString(body) for body in self.bodies["/v1/metrics"]]
        resources = [each for request in requests for each in request.resource_metrics]
        return {metric.name for each in resources for scope in each.scope_metrics for metric in scope.metrics}

    def events(self) -> set[str]:
        """The names of all events that were logged."""
        requests = [ExportLogsServiceRequest.FromString(body) for body in self.bodies["/v1/logs"]]
        resources = [each for request in requests for each in request.resource_logs]
        return {record.event_name for each in resources for scope in each.scope_logs for record in scope.log_records}


def attributes(thing: Any) -> dict[str, Any]:
    """The attributes of a span or a resource."""
    return {each.key: getattr(each.value, str(each.value.WhichOneof("value"))) for each in thing.attributes}


def visit(settings: Settings, folder: Path, **variables: str) -> list[dict[str, Any]]:
    """Use a server that exports, end it, and return the lines of its log."""
    with served(settings, folder, OTEL_SERVICE_NAME="blog", **variables) as (client, process):
        credentials = {"email": "otel@example.com", "password": "hush hush hush"}
        token = client.post("/auth/register", json=credentials).json()["access_token"]
        post = {"title": "A title", "body": "A body"}
        written = client.post("/posts", json=post, headers={"Authorization": f"Bearer {token}"})
        assert client.get(written.headers["location"], headers={"X-Request-ID": "my-id"}).status_code == 200
        assert client.get("/comments/1").status_code == 500
        client.close()
        end(process)
        output, errors = process.communicate(timeout=60)
    assert errors == ""
    return [json.loads(line) for line in output.splitlines()]


@pytest.fixture
async def out_of_order(committed_database: Database) -> AsyncIterator[None]:
    """A database in which no comment can be read, and all else works."""
    rename = "ALTER TABLE comments RENAME COLUMN {} TO {}"
    async with committed_database.engine.begin() as connection:
        await connection.execute(text(rename.format("updated_at", "gone")))
    yield
    async with committed_database.engine.begin() as connection:
        await connection.execute(text(rename.format("gone", "updated_at")))


@pytest.mark.usefixtures("out_of_order")
async def test_a_collector_gets_each_request_with_the_databases_part_in_it(settings: Settings, tmp_path: Path) -> None:
    collector = Collector()
    with collector.running() as address:
        asked = partial(visit, settings, tmp_path, OTEL_EXPORTER_OTLP_ENDPOINT=address)
        lines = await anyio.to_thread.run_sync(asked)

    spans = {span.span_id: span for span in collector.spans()}
    (request,) = (span for span in spans.values() if span.name == "GET /posts/{post_id}")
    assert request.kind == Span.SPAN_KIND_SERVER
    assert attributes(request)["http.response.status_code"] == 200
    (line,) = (line for line in lines if line["request_id"] == "my-id")
    assert line["trace_id"] == request.trace_id.hex()  # from a line of the log to its trace

    (statement,) = (
        span for span in spans.values() if span.kind == Span.SPAN_KIND_CLIENT and span.trace_id == request.trace_id
    )
    assert statement.name == f"SELECT {name_of_test_database(settings)}"
    described = attributes(statement)
    assert described["db.system.name"] == "postgresql"
    assert "FROM posts" in described["db.query.text"]
    assert request.start_time_unix_nano <= statement.start_time_unix_nano
    assert statement.start_time_unix_nano < statement.end_time_unix_nano <= request.end_time_unix_nano
    ancestor = statement
    while ancestor.span_id != request.span_id:
        ancestor = spans[ancestor.parent_span_id]

    (failed,) = (span for span in spans.values() if attributes(span).get("error.type") == "42703")
    assert failed.status.code == Status.STATUS_CODE_ERROR
    assert "http.server.request.duration" in collector.metrics()
    assert "http.server.request.exception" in collector.events()
    sent = b"".join(body for bodies in collector.bodies.values() for body in bodies)
    assert b"hush" not in sent
    assert settings.jwt_secret.get_secret_value().encode() not in sent


async def test_a_collector_that_is_away_harms_nobody(settings: Settings, tmp_path: Path) -> None:
    with Collector().running() as address:
        pass
    variables = {"OTEL_EXPORTER_OTLP_ENDPOINT": address, "OTEL_EXPORTER_OTLP_TIMEOUT": "1"}
    await anyio.to_thread.run_sync(partial(use_and_end, settings, tmp_path, **variables))


def use_and_end(settings: Settings, folder: Path, **variables: str) -> None:
    """Use a server, and see that it ends by itself in good order."""
    with served(settings, folder, **variables) as (client, process):
        assert client.get("/health/ready").status_code == 200
        client.close()
        end(process)
        output, _ = process.communicate(timeout=60)
    assert "Application shutdown complete." in output


LOADED = """
import asyncio, sys
from app.main import app

async def start_and_end():
    received = asyncio.Queue()
    for kind in ("startup", "shutdown"):
        received.put_nowait({"type": f"lifespan.{kind}"})
    async def send(message):
        assert message["type"].endswith("complete"), message
    await app({"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}, received.get, send)

def loaded():
    return [name for name in sys.modules if name.startswith(("opentelemetry.sdk", "opentelemetry.exporter"))]

asyncio.run(start_and_end())
print(loaded())
import opentelemetry.sdk
print(loaded())
"""


async def test_without_the_variables_nothing_of_it_is_even_loaded(settings: Settings) -> None:
    result = await anyio.run_process([sys.executable, "-c", LOADED], cwd=FOLDER, env=environment(settings))
    loaded, known_when_it_is = result.stdout.decode().splitlines()[-2:]
    assert loaded == "[]"
    assert known_when_it_is == "['opentelemetry.sdk']"
