"""The async notes API. Start it with: uvicorn main_async:app --reload"""

import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import APIRouter, FastAPI
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import async_sessionmaker

from core.db import create_tables, make_engine, why_no_database
from core.errors import install_error_handlers
from core.settings import START_FAILED, Settings, load_settings
from routers import auth, notes


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """What surrounds all requests: before the yield the app starts, after it the app ends."""
    engine = make_engine(app.state.settings)
    try:
        await create_tables(engine)
    except (OSError, DBAPIError) as error:
        sys.stderr.write(why_no_database(error) + "\n")
        sys.stderr.flush()
        os._exit(START_FAILED)  # at once: the server would print the traceback of an exception
    app.state.sessionmaker = async_sessionmaker(engine, expire_on_commit=False)
    try:
        yield
    finally:
        await engine.dispose()


router = APIRouter()


@router.head("/health", include_in_schema=False)
@router.get("/health")
async def health() -> dict[str, bool]:
    """Whether the process is up. It does not ask the database: a host restarts what is not healthy."""
    return {"ok": True}


def create_app(settings: Settings) -> FastAPI:
    """The app, put together. It connects to nothing until the server runs its lifespan."""
    app = FastAPI(title="Async Notes API", lifespan=lifespan)
    app.state.settings = settings
    install_error_handlers(app)
    app.include_router(auth.router)
    app.include_router(notes.router)
    app.include_router(router)
    return app


app = create_app(load_settings())
