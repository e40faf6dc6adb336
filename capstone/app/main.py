"""The blog: an API with users, posts and comments. Start it with: uvicorn app.main:app --reload"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from fastapi import FastAPI
from sqlalchemy.ext.asyncio import async_sessionmaker

from app.config.settings import Settings, load_settings
from app.database.engine import make_engine
from app.database.faults import report
from app.database.migrations import read_revisions
from app.database.reader import Writer
from app.monitoring.logs import configure_logs
from app.monitoring.tracing import trace_statements
from app.routers import auth, comments, health, live, posts, reader, users
from app.services.broadcaster import Broadcaster
from app.web.body_limit import BodyLimit
from app.web.error_handlers import install_error_handlers
from app.web.request_log import RequestLog
from app.web.responses import problems
from app.web.server import App, warn_of_untrusted_proxy


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """What surrounds all requests: before the yield the app starts, after it the app ends."""
    settings: Settings = app.state.settings
    warn_of_untrusted_proxy(settings)
    engine = app.state.engine = make_engine(settings)
    trace_statements(engine)
    app.state.sessionmaker = async_sessionmaker(engine, expire_on_commit=False)
    # Behind a pooler a single statement takes a transaction, too: without, the pooler may lend another connection of
    # the server between the two messages of which a statement consists.
    autocommit = engine.execution_options(isolation_level="AUTOCOMMIT").sync_engine.connect
    connect = engine.sync_engine.begin if settings.behind_pooler else autocommit
    app.state.writer = Writer(connect, settings.database_request_seconds)
    app.state.revisions = read_revisions()
    app.state.report = partial(report, url=engine.url, reported=set())
    app.state.broadcaster = Broadcaster(settings, app.state.writer, app.state.report)
    try:
        async with app.state.broadcaster.running():
            yield
    finally:
        await engine.dispose()


def create_app(settings: Settings) -> FastAPI:
    """The app, put together. It connects to nothing until the server runs its lifespan."""
    app = App(
        title="Blog",
        version=f"0.1.0+{settings.railway_git_commit_sha}".rstrip("+"),  # which commit it is, where the host tells
        description="An API with users, posts and comments.",
        lifespan=lifespan,
        redirect_slashes=False,
        docs_url=None,  # they are among the reader's files: FastAPI's own load scripts from another host
        redoc_url=None,
        generate_unique_id_function=lambda route: route.name,  # the names of a generated client's functions
        telemetry={"auto_configure": True},  # once OTEL_EXPORTER_OTLP_ENDPOINT says where to send it
    )
    app.state.settings = settings
    install_error_handlers(app)
    app.add_middleware(BodyLimit, limit_bytes=settings.body_limit_bytes, seconds=settings.body_seconds)
    app.add_middleware(RequestLog)  # added last, so it is outermost: it sees what the others answer too
    for module in (posts, comments, users, auth):  # each request tries them in this order: the busiest come first
        app.include_router(module.router, responses=problems(503))
    for module in (live, health, reader):
        app.include_router(module.router)
    return app


settings = load_settings()
configure_logs(settings)  # here, because a server has things to say before it starts the app
app = create_app(settings)
