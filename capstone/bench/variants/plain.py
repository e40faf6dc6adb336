"""(b) Plain FastAPI: asyncpg's rows, and a response model."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
from fastapi import FastAPI, Request

from app.schemas.comments import CommentCreate, CommentRead
from app.schemas.common import PageOf
from app.schemas.posts import PostItem, PostRead
from bench.variants import sql
from bench.variants.raw import leave_as_it_is


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Keep a pool of connections for as long as the app runs."""
    url = os.environ["DATABASE_URL"]
    async with asyncpg.create_pool(url, min_size=20, max_size=20, reset=leave_as_it_is) as app.state.pool:
        yield


app = FastAPI(lifespan=lifespan)


def post(row: asyncpg.Record) -> dict[str, Any]:
    """A row, with its author as an object."""
    return {**row, "author": {"id": row["author_id"], "display_name": row["display_name"]}}


@app.get("/posts")
async def list_posts(request: Request) -> PageOf[PostItem]:
    """A page of posts."""
    rows = await request.app.state.pool.fetch(sql.PAGE)
    return PageOf[PostItem].model_validate({"items": [post(row) for row in rows], "next_cursor": None})


@app.get("/posts/{post_id}")
async def read_post(post_id: int, request: Request) -> PostRead:
    """One post in full."""
    return PostRead.model_validate(post(await request.app.state.pool.fetchrow(sql.POST, post_id)))


@app.post("/posts/{post_id}/comments", status_code=201)
async def create_comment(post_id: int, new: CommentCreate, request: Request) -> CommentRead:
    """Say something to a post. Nobody is asked who he is."""
    row = await request.app.state.pool.fetchrow(sql.INSERT, post_id, 1, new.body)
    return CommentRead.model_validate({**row, "author": {"id": 1, "display_name": "ana"}})
