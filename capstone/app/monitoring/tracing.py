"""A span for each statement that the database runs for a request. The request's own spans are FastAPI's."""

from typing import Any

from opentelemetry import trace
from opentelemetry.trace import Span, SpanKind, StatusCode
from sqlalchemy import event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.ext.asyncio import AsyncEngine

TRACER = trace.get_tracer("app")


def trace_statements(engine: AsyncEngine) -> None:
    """Make the spans, named and described by OpenTelemetry's conventions for databases.

    A span holds the statement's text, in which placeholders stand for all values, and never the values.
    """
    # If the OTEL_ variables ask for traces, FastAPI has made a provider before the app starts.
    if isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider):
        return
    place: dict[str, str | int] = {
        "db.system.name": "postgresql",
        "db.namespace": engine.url.database or "",
        "server.address": engine.url.host or str(engine.url.query.get("host", "")),
        "server.port": engine.url.port or 5432,
    }

    def start(connection: object, cursor: object, statement: str, parameters: object, context: Any, many: bool) -> None:
        if trace.get_current_span().is_recording():
            operation = statement.split(None, 1)[0].upper()
            described = place | {"db.operation.name": operation, "db.query.text": statement}
            name = f"{operation} {engine.url.database}"
            context.span = TRACER.start_span(name, kind=SpanKind.CLIENT, attributes=described)

    def end(connection: object, cursor: object, statement: str, parameters: object, context: Any, many: bool) -> None:
        if span := _span_of(context):
            span.end()

    def fail(error: ExceptionContext) -> None:
        if span := _span_of(error.execution_context):
            span.set_status(StatusCode.ERROR)
            span.set_attribute("error.type", _kind_of(error.original_exception))
            span.end()

    event.listen(engine.sync_engine, "before_cursor_execute", start)
    event.listen(engine.sync_engine, "after_cursor_execute", end)
    event.listen(engine.sync_engine, "handle_error", fail)


def _span_of(context: Any) -> Span | None:
    span: Span | None = getattr(context, "span", None)
    return span


def _kind_of(error: BaseException) -> str:
    """Return the database's own code for what went wrong, as 40001 or 57014, or else the exception's name."""
    return getattr(error, "sqlstate", None) or type(error).__name__
