"""The async notes API. Start it with: uvicorn main_async:app --reload"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from fastapi import APIRouter, Depends, FastAPI, Request, Response
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import async_sessionmaker
from starlette.requests import ClientDisconnect

from core.db import create_tables, make_engine, why_no_database
from core.errors import install_error_handlers
from core.settings import Settings, load_settings, refuse_to_start
from routers import auth, notes

router = APIRouter(tags=["health"])


@router.head("/health", include_in_schema=False)
@router.get("/health")
async def health() -> dict[str, bool]:
    """Say that the process is up: {"ok": true}. It does not ask the database: a host restarts what is not healthy."""
    return {"ok": True}


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """What surrounds all requests: before the yield the app starts, after it the app ends."""
    engine = make_engine(app.state.settings)
    try:
        await create_tables(engine)
    except (OSError, ValueError, DBAPIError) as error:
        refuse_to_start(why_no_database(error))
    app.state.sessionmaker = async_sessionmaker(engine, expire_on_commit=False)
    yield
    await engine.dispose()


async def read_body(request: Request) -> None:
    """Read the body first, also where nobody asks for it: one that is too large is refused before anything is done."""
    with suppress(ClientDisconnect, RuntimeError):  # nobody is there any more; it was a form, and has been read
        await request.body()


async def no_store(response: Response) -> None:
    """Tell browsers and proxies to keep no copy of an answer, by the header Cache-Control: no-store."""
    response.headers["Cache-Control"] = "no-store"


def create_app(settings: Settings) -> FastAPI:
    """Return the app, put together. It connects to nothing until the server runs its lifespan."""
    app = FastAPI(
        title="Async Notes API",
        description="Register, log in, and keep notes that nobody else can read.",
        lifespan=lifespan,
        redirect_slashes=False,  # /notes/7/ is no address of ours, and no header repeats what was asked for
        dependencies=[Depends(read_body), Depends(no_store)],
        max_body_size=2_000_000,
        responses={413: {"description": "The body has more than 2,000,000 bytes"}},
        generate_unique_id_function=lambda route: route.name,  # the names of a generated client's functions
    )
    app.state.settings = settings
    install_error_handlers(app)
    app.include_router(router)
    app.include_router(auth.router)
    app.include_router(notes.router)
    return app


app = create_app(load_settings())
