"""The lifespan is written, and nothing runs it: there is no table."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from pydantic import BaseModel
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine(os.environ["DATABASE_URL"].replace("postgresql://", "postgresql+asyncpg://"))


class NewNote(BaseModel):
    title: str


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    async with engine.begin() as connection:
        await connection.execute(text("CREATE TABLE IF NOT EXISTS sketch (title varchar(200) NOT NULL)"))
    yield


app = FastAPI(title="First version")


@app.get("/health")
async def health() -> dict[str, bool]:
    return {"ok": True}


@app.post("/notes", status_code=201)
async def create_note(new: NewNote) -> NewNote:
    async with engine.begin() as connection:
        await connection.execute(text("INSERT INTO sketch VALUES (:title)"), {"title": new.title})
    return new


@app.get("/notes")
async def list_notes() -> list[str]:
    async with engine.connect() as connection:
        return list(await connection.scalars(text("SELECT title FROM sketch")))
