"""No SQLAlchemy: asyncpg alone, a new connection for each request, the rows newest first."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
from fastapi import FastAPI
from pydantic import BaseModel

URL = os.environ["DATABASE_URL"]


class NewNote(BaseModel):
    title: str


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    connection = await asyncpg.connect(URL)
    await connection.execute("CREATE TABLE IF NOT EXISTS sketch (id serial PRIMARY KEY, title varchar(200) NOT NULL)")
    await connection.close()
    yield


app = FastAPI(lifespan=lifespan)


@app.get("/health")
async def health() -> dict[str, bool]:
    return {"ok": True}


@app.post("/notes", status_code=201)
async def create_note(new: NewNote) -> NewNote:
    connection = await asyncpg.connect(URL)
    await connection.execute("INSERT INTO sketch (title) VALUES ($1)", new.title)
    await connection.close()
    return new


@app.get("/notes")
async def list_notes() -> list[str]:
    connection = await asyncpg.connect(URL)
    rows = await connection.fetch("SELECT title FROM sketch ORDER BY id DESC")
    await connection.close()
    return [row["title"] for row in rows]
