"""The blog: an API with users, posts and comments."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from app.config.settings import Settings, load_settings
from app.database.engine import create_engine
from app.database.migrations import read_revisions
from app.database.session import Database
from app.http.body_limit import BodyLimit
from app.http.error_handlers import install_problem_handlers
from app.http.openapi import complete_openapi, problems
from app.http.request_log import RequestLog
from app.http.retry import RetryStalePlans
from app.http.server import configure_server, warn_of_untrusted_proxy
from app.monitoring.logs import configure_logs
from app.monitoring.tracing import trace_statements
from app.routers import auth, comments, health, live, posts, reader, users
from app.security.passwords import create_passwords
from app.security.tokens import create_tokens
from app.services.live import Live


def create_app(settings: Settings) -> FastAPI:
    """Put the app together. It connects to nothing before it is started, and starts without a database too."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        configure_server(app)
        warn_of_untrusted_proxy(settings)
        engine = create_engine(settings)
        trace_statements(engine)
        app.state.database = Database(
            engine, request_seconds=settings.database_request_seconds, behind_pooler=settings.behind_pooler
        )
        app.state.passwords = create_passwords(settings)
        app.state.tokens = create_tokens(settings)
        app.state.trusted_proxies = settings.trusted_proxies
        app.state.revisions = read_revisions()
        app.state.allowed_origins = settings.allowed_origins
        app.state.live = Live(settings, app.state.database)
        async with app.state.live.running():
            yield
        await engine.dispose()

    app = FastAPI(
        title="Blog",
        version=f"0.1.0+{settings.railway_git_commit_sha}".rstrip("+"),  # which commit it is, where the host tells
        description=__doc__,
        lifespan=lifespan,
        redirect_slashes=False,
        docs_url=None,  # they are among the reader's files: FastAPI's own load scripts from another host
        redoc_url=None,
        generate_unique_id_function=lambda route: route.name,  # a generated client's function is named as ours
        telemetry={"auto_configure": True},  # once OTEL_EXPORTER_OTLP_ENDPOINT says where to send it
    )
    install_problem_handlers(app)
    complete_openapi(app)
    app.add_middleware(RetryStalePlans)
    app.add_middleware(BodyLimit, limit_bytes=settings.body_limit_bytes, seconds=settings.body_seconds)
    app.add_middleware(RequestLog)  # added last, so it is outermost: it sees what the others answer too
    # Each request tries them in this order, so the busiest come first.
    for router in (posts.router, comments.router, users.router, auth.router):
        app.include_router(router, responses=problems(503))
    app.include_router(live.router)
    app.include_router(health.router)
    app.include_router(reader.router)
    return app


settings = load_settings()
configure_logs(settings)  # here, because a server has things to say before it starts the app
app = create_app(settings)
