"""A class for the table, a session for each endpoint, the title embedded in the body, and an engine that is closed."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import Body, FastAPI, status
from sqlalchemy import String, make_url, select
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

url = make_url(os.environ["DATABASE_URL"]).set(drivername="postgresql+asyncpg")
engine = create_async_engine(url)
sessionmaker = async_sessionmaker(engine)


class Base(DeclarativeBase):
    pass


class Sketch(Base):
    __tablename__ = "sketch"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(200))


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    yield
    await engine.dispose()


app = FastAPI(lifespan=lifespan)


@app.get("/health")
def health() -> dict[str, bool]:
    return {"ok": True}


@app.post("/notes", status_code=status.HTTP_201_CREATED)
async def create_note(title: Annotated[str, Body(embed=True)]) -> dict[str, str]:
    async with sessionmaker() as session:
        session.add(Sketch(title=title))
        await session.commit()
    return {"title": title}


@app.get("/notes")
async def list_notes() -> list[str]:
    async with sessionmaker() as session:
        return list(await session.scalars(select(Sketch.title).order_by(Sketch.id)))
