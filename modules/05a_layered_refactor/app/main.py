"""The notes API in layers. Start it with: uvicorn app.main:app --reload"""

import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from sqlalchemy.ext.asyncio import async_sessionmaker

from app.core.db import NoDatabase, make_engine
from app.core.error_handlers import install_error_handlers
from app.core.migrations import connect, migrate
from app.core.settings import START_FAILED, Settings, load_settings
from app.routers import auth, health, notes, products

MAX_BODY_SIZE = 2_000_000  # bytes; more is a 413 before it is in memory


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """What surrounds all requests: before the yield the app starts, after it the app ends."""
    engine = make_engine(app.state.settings)
    try:
        await migrate(app.state.settings)
        await (await connect(engine)).close()  # migrations may have gone another way, to DATABASE_DIRECT_URL
    except NoDatabase as error:
        sys.stderr.write(f"{error}\n")
        sys.stderr.flush()
        os._exit(START_FAILED)  # at once: the server would print the traceback of an exception
    app.state.sessionmaker = async_sessionmaker(engine, expire_on_commit=False)
    try:
        yield
    finally:
        await engine.dispose()


def create_app(settings: Settings) -> FastAPI:
    """The app, put together. It connects to nothing until the server runs its lifespan."""
    app = FastAPI(
        title="Async Notes API",
        lifespan=lifespan,
        max_body_size=MAX_BODY_SIZE,
        generate_unique_id_function=lambda route: route.name,  # clients are generated from the document: short names
    )
    app.state.settings = settings
    install_error_handlers(app)
    for module in (auth, notes, products, health):
        app.include_router(module.router)
    return app


app = create_app(load_settings())
