"""A span for each statement that the database runs for a request. The request's own spans are FastAPI's."""

from typing import Any

from opentelemetry import trace
from opentelemetry.trace import SpanKind, StatusCode
from sqlalchemy import event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.ext.asyncio import AsyncEngine

TRACER = trace.get_tracer("app")


def trace_statements(engine: AsyncEngine) -> None:
    """Make the spans, by OpenTelemetry's conventions for databases: with a statement's text, never with its values."""
    # If the OTEL_ variables ask for traces, FastAPI has made a provider before the app starts.
    if isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider):
        return
    place: dict[str, str | int] = {
        "db.system.name": "postgresql",
        "db.namespace": engine.url.database or "",
        "server.address": engine.url.host or str(engine.url.query.get("host", "")),
        "server.port": engine.url.port or 5432,
    }

    def start(statement: str, context: Any, **others: object) -> None:
        if trace.get_current_span().is_recording():
            operation = statement.split(None, 1)[0].upper()
            described = place | {"db.operation.name": operation, "db.query.text": statement}
            name = f"{operation} {engine.url.database}"
            context.span = TRACER.start_span(name, kind=SpanKind.CLIENT, attributes=described)

    def end(context: Any, **others: object) -> None:
        if span := getattr(context, "span", None):
            span.end()

    def fail(failed: ExceptionContext) -> None:
        if span := getattr(failed.execution_context, "span", None):
            error = failed.original_exception
            kind = getattr(error, "sqlstate", None) or type(error).__name__  # the database's own code, if it has one
            span.set_status(StatusCode.ERROR)
            span.set_attribute("error.type", kind)
            span.end()

    event.listen(engine.sync_engine, "before_cursor_execute", start, named=True)
    event.listen(engine.sync_engine, "after_cursor_execute", end, named=True)
    event.listen(engine.sync_engine, "handle_error", fail)
