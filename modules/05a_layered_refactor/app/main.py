"""The notes API in layers. Start it with: uvicorn app.main:app --reload"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from fastapi import Depends, FastAPI, Request, Response
from sqlalchemy.ext.asyncio import async_sessionmaker
from starlette.requests import ClientDisconnect

from app.core.db import NoDatabase, make_engine
from app.core.error_handlers import install_error_handlers
from app.core.migrations import connect, migrate
from app.core.settings import Settings, load_settings, refuse_to_start
from app.routers import auth, health, notes, products


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """What surrounds all requests: before the yield the app starts, after it the app ends."""
    engine = make_engine(app.state.settings)
    try:
        await migrate(app.state.settings)
        await (await connect(engine)).close()  # migrations may have gone another way, to DATABASE_DIRECT_URL
    except NoDatabase as error:
        refuse_to_start(str(error))
    app.state.sessionmaker = async_sessionmaker(engine, expire_on_commit=False)
    try:
        yield
    finally:
        await engine.dispose()


async def read_body(request: Request) -> None:
    """Read the body first, also where nobody asks for it: one that is too large is refused before anything is done."""
    with suppress(ClientDisconnect, RuntimeError):  # nobody is there any more; it was a form, and has been read
        await request.body()


async def no_store(response: Response) -> None:
    """Tell browsers and proxies to keep no copy of an answer, by the header Cache-Control: no-store."""
    response.headers["Cache-Control"] = "no-store"


def create_app(settings: Settings) -> FastAPI:
    """The app, put together. It connects to nothing until the server runs its lifespan."""
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
    for module in (auth, notes, products, health):
        app.include_router(module.router)
    return app


app = create_app(load_settings())
