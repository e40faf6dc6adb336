"""From the first version to the fastest, a rung at a time: each path changes one thing of the one before."""

from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Response
from sqlalchemy import Row, Select, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import joinedload
from sqlalchemy.util import greenlet_spawn

from app.config.settings import load_settings
from app.models import Comment, Post, User
from app.models.post import EXCERPT_LENGTH
from app.schemas.common import PageOf
from app.schemas.posts import PostItem
from bench.variants import sql
from bench.variants.first import with_count

engine = create_async_engine(load_settings().database_url.get_secret_value(), pool_size=20, max_overflow=0)
autocommit = engine.execution_options(isolation_level="AUTOCOMMIT")
sessions = async_sessionmaker(engine, expire_on_commit=False)
read_sessions = async_sessionmaker(autocommit, expire_on_commit=False)
app = FastAPI()


async def get_session() -> AsyncIterator[AsyncSession]:
    """A session in a transaction, which begins with its first statement."""
    async with sessions() as session:
        yield session


async def get_read_session() -> AsyncIterator[AsyncSession]:
    """A session of which each statement stands for itself."""
    async with read_sessions() as session:
        yield session


async def get_connection() -> AsyncIterator[AsyncConnection]:
    """A connection on which each statement stands for itself, and of which no object is made."""
    async with autocommit.connect() as connection:
        yield connection


Session = Annotated[AsyncSession, Depends(get_session)]
ReadSession = Annotated[AsyncSession, Depends(get_read_session)]
Connection = Annotated[AsyncConnection, Depends(get_connection)]


def comment_count() -> Any:
    """How much was said to a post."""
    return select(func.count()).where(Comment.post_id == Post.id).scalar_subquery()


def newest(query: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    """The newest twenty of a query."""
    return query.order_by(Post.created_at.desc(), Post.id.desc()).limit(20)


def columns() -> Select[*tuple[Any, ...]]:
    """The page as columns, in one SELECT."""
    excerpt = func.left(Post.body, EXCERPT_LENGTH).label("excerpt")
    count = comment_count().label("comment_count")
    query = select(Post.id, Post.title, excerpt, Post.author_id, User.display_name, count)
    return newest(query.add_columns(Post.created_at, Post.updated_at).join(User, User.id == Post.author_id))


BUILT_ONCE = columns()


def page(rows: Iterable[Row[*tuple[Any, ...]]]) -> dict[str, Any]:
    """Rows as a page."""
    items = [{**row._mapping, "author": {"id": row.author_id, "display_name": row.display_name}} for row in rows]
    return {"items": items, "next_cursor": None}


async def page_of_entities(session: AsyncSession) -> PageOf[PostItem]:
    """Entities, with their authors by a join."""
    query = newest(select(Post, comment_count()).options(joinedload(Post.author)))
    items = [with_count(*row) for row in (await session.execute(query)).all()]
    return PageOf[PostItem].model_validate({"items": items, "next_cursor": None})


@app.get("/one-query")
async def one_query(session: Session) -> PageOf[PostItem]:
    """One SELECT for posts and authors, and no ping before it."""
    return await page_of_entities(session)


@app.get("/autocommit")
async def without_transaction(session: ReadSession) -> PageOf[PostItem]:
    """One round trip instead of three: BEGIN and ROLLBACK go."""
    return await page_of_entities(session)


@app.get("/rows")
async def rows(connection: Connection) -> PageOf[PostItem]:
    """Columns: no object is made of each row, and none is tracked."""
    return PageOf[PostItem].model_validate(page(await connection.execute(columns())))


@app.get("/built-once")
async def built_once(connection: Connection) -> PageOf[PostItem]:
    """The same object each time is found in SQLAlchemy's cache at once."""
    return PageOf[PostItem].model_validate(page(await connection.execute(BUILT_ONCE)))


@app.get("/no-dependency")
async def no_dependency() -> PageOf[PostItem]:
    """The connection is opened where it is used."""
    async with autocommit.connect() as connection:
        return PageOf[PostItem].model_validate(page(await connection.execute(BUILT_ONCE)))


def read() -> Sequence[Row[*tuple[Any, ...]]]:
    """The rows, as synchronous code reads them."""
    with autocommit.sync_engine.connect() as connection:
        return connection.execute(BUILT_ONCE).all()


@app.get("/one-greenlet")
async def one_greenlet() -> PageOf[PostItem]:
    """SQLAlchemy leaves its synchronous code when it waits, and not at each step of it."""
    return PageOf[PostItem].model_validate(page(await greenlet_spawn(read)))


PAGE_JSON = text(sql.PAGE_JSON.replace(":", r"\:"))


@app.get("/by-database")
async def by_database() -> Response:
    """PostgreSQL writes the JSON."""
    async with autocommit.connect() as connection:
        items = await connection.scalar(PAGE_JSON)
    return Response(f'{{"items":{items},"next_cursor":null}}', media_type="application/json")
