"""Posts: written, read page by page, changed and deleted by their author."""

import re
from typing import Any, Literal

from sqlalchemy import ColumnElement, Row, Text, bindparam, exists, func, literal_column, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from app.database.pagination import Listing, Page, listing, read_page
from app.database.session import Database, violated_constraint
from app.errors import Forbidden, NotFound, Unauthenticated
from app.limits import EXCERPT_LENGTH
from app.models import Post, User
from app.models.post import SEARCH_VECTOR
from app.services.announcements import announce

EXCERPT = func.left(Post.body, EXCERPT_LENGTH).label("excerpt")  # cut by the database: the rest stays there

# What readers see of a post, with its author, in one statement. Its text is added last.
POSTS = select(
    Post.id,
    Post.title,
    Post.author_id,
    User.display_name,
    Post.comment_count,
    Post.created_at,
    Post.updated_at,
).join(User, User.id == Post.author_id)

POST_EXISTS = select(exists().where(Post.id == bindparam("post_id")))
POST = POSTS.add_columns(Post.body).where(Post.id == bindparam("id"))
ITEMS = POSTS.add_columns(EXCERPT)
QUERY = func.websearch_to_tsquery(literal_column("'english'"), bindparam("q", type_=Text))
FOUND = SEARCH_VECTOR.bool_op("@@")(QUERY)

# Marks in a query become spaces, as in the index, but for the - that excludes a word and the " around a phrase. Words
# with marks between them would be looked for as a phrase, which the index alone can't find: each post that has all the
# words would be read.
MARKS_IN_QUERY = re.compile(r"(?<=\S)-|[!#$%&'()*+,./:;<=>?@\[\\\]^_`{|}~]")


def _posts_where(*conditions: ColumnElement[bool]) -> Listing:
    return listing("posts", ITEMS.where(*conditions), (Post.created_at, Post.id), newest_first=True)


def _search(*, of_author: bool = False) -> Listing:
    """List what the search index finds, newest first.

    MATERIALIZED: the index answers first, and then it is sorted. A planner that is free to choose may walk back through
    time, or through an author's posts, and look for the words in each of them, which takes for ever if they are rare.
    """
    found = select(Post.id, Post.created_at, Post.author_id).where(FOUND).cte("found").prefix_with("MATERIALIZED")
    ids = select(found.c.id).where(*[found.c.author_id == bindparam("author_id")] * of_author)
    page = listing("posts", ids, (found.c.created_at, found.c.id), newest_first=True)
    order = (Post.created_at.desc(), Post.id.desc())
    return Listing(page.name, *(ITEMS.where(Post.id.in_(ids)).order_by(*order) for ids in (page.first, page.after)))


LISTINGS = {
    frozenset[str](): _posts_where(),
    frozenset({"author_id"}): _posts_where(Post.author_id == bindparam("author_id")),
    frozenset({"q"}): _search(),
    frozenset({"author_id", "q"}): _search(of_author=True),
}


async def list_posts(
    database: Database, *, author_id: int | None, q: str | None, limit: int, cursor: str | None
) -> Page:
    """Return a page of posts, the newest first; of one author's, if one is named; that `q` finds, if it is not blank.

    `q` is as in PostgreSQL's websearch_to_tsquery: words that must all be there, "a phrase", or, -without.
    """
    parameters: dict[str, Any] = {}
    if author_id is not None:
        parameters["author_id"] = author_id
    if q and not q.isspace():
        parameters["q"] = MARKS_IN_QUERY.sub(" ", q)
    async with database.read() as connection:
        rows, next_cursor = await read_page(
            connection, LISTINGS[frozenset(parameters)], parameters, limit=limit, cursor=cursor
        )
    return Page([_post(row, "excerpt") for row in rows], next_cursor)


async def read_post(database: Database, *, post_id: int) -> dict[str, Any]:
    """Return a post in full. Raises NotFound."""
    async with database.read() as connection:
        return await _read(connection, post_id)


async def check_exists(database: Database, *, post_id: int) -> None:
    """Raise NotFound if there is no such post."""
    async with database.read() as connection:
        if not await connection.scalar(POST_EXISTS, {"post_id": post_id}):
            raise NotFound("post", post_id)


async def create_post(session: AsyncSession, *, author: User, title: str, body: str) -> dict[str, Any]:
    """Write a post. Raises Unauthenticated if the author's account was deleted meanwhile."""
    post = Post(author_id=author.id, title=title, body=body)
    try:
        async with session.begin_nested():
            session.add(post)
            await session.flush()  # here, where it can be interrupted: the end of the block can't
    except IntegrityError as error:
        if violated_constraint(error) == "fk_posts_author_id":
            raise Unauthenticated("The account is gone.") from error
        raise
    return await _read(session, post.id)


async def get_owned(session: AsyncSession, *, post_id: int, user: User) -> Post:
    """Return a post for its author to change, locked until the end of the transaction: nobody deletes it meanwhile.

    Raises NotFound, or Forbidden if it is another's. The lock is of the kind that lets comments in.
    """
    post = await session.get(Post, post_id, with_for_update={"key_share": True})
    if post is None:
        raise NotFound("post", post_id)
    if post.author_id != user.id:
        raise Forbidden("Only its author may change a post.")
    return post


async def update_post(session: AsyncSession, *, post: Post, **changes: str) -> dict[str, Any]:
    """Change a post's `title`, `body` or both."""
    for name, value in changes.items():
        setattr(post, name, value)
    await session.flush()
    return await _read(session, post.id)


async def delete_post(session: AsyncSession, *, post: Post) -> None:
    """Delete a post. The database deletes its comments with it."""
    await session.delete(post)
    await session.flush()
    await announce(session, "post.deleted", post_id=post.id)


async def _read(connection: AsyncConnection | AsyncSession, post_id: int) -> dict[str, Any]:
    row = (await connection.execute(POST, {"id": post_id})).one_or_none()
    if row is None:
        raise NotFound("post", post_id)
    return _post(row, "body")


def _post(row: Row[*tuple[Any, ...]], text: Literal["excerpt", "body"]) -> dict[str, Any]:
    # Taken by place: by name, twenty rows take ten times as long, which is a tenth of the whole request.
    post_id, title, author_id, display_name, comment_count, created_at, updated_at, content = row
    return {
        "id": post_id,
        "title": title,
        text: content,
        "author": {"id": author_id, "display_name": display_name},
        "comment_count": comment_count,
        "created_at": created_at,
        "updated_at": updated_at,
    }
