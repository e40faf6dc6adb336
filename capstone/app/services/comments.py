"""Comments: written under a post, owned by their author."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ARRAY, BigInteger, any_, bindparam, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from app.database.pagination import Page, listing, read_page
from app.database.session import Database, violated_constraint
from app.errors import Forbidden, NotFound, Unauthenticated
from app.models import Comment, Post, User
from app.services.announcements import announce
from app.services.posts import POST_EXISTS

COMMENTS = select(
    Comment.id,
    Comment.post_id,
    Comment.body,
    Comment.author_id,
    User.display_name,
    Comment.created_at,
    Comment.updated_at,
).join(User, User.id == Comment.author_id)
COMMENT = COMMENTS.where(Comment.id == bindparam("id"))
COMMENTS_BY_ID = COMMENTS.where(Comment.id == any_(bindparam("ids", type_=ARRAY(BigInteger))))
COMMENTS_OF_POST = COMMENTS.where(Comment.post_id == bindparam("post_id"))
LOCK_POST_OF_COMMENT = (
    select(Post.id)
    .join(Comment, Comment.post_id == Post.id)
    .where(Comment.id == bindparam("id"))
    .with_for_update(of=Post, key_share=True)
)
NEW_COMMENT = insert(Comment).returning(Comment.id, Comment.created_at, Comment.updated_at)
THREAD = listing("comments", COMMENTS_OF_POST, (Comment.created_at, Comment.id))


async def list_comments(database: Database, *, post_id: int, limit: int, cursor: str | None) -> Page:
    """Return a page of a post's comments, the oldest first. Raises NotFound if there is no such post."""
    async with database.read() as connection:
        of_post = {"post_id": post_id}
        rows, next_cursor = await read_page(connection, THREAD, of_post, limit=limit, cursor=cursor)
        if not rows and not await connection.scalar(POST_EXISTS, of_post):
            raise NotFound("post", post_id)
    return Page([_comment(row) for row in rows], next_cursor)


async def read_comment(database: Database, *, comment_id: int) -> dict[str, Any]:
    """Return a comment. Raises NotFound."""
    async with database.read() as connection:
        row = (await connection.execute(COMMENT, {"id": comment_id})).one_or_none()
    if row is None:
        raise NotFound("comment", comment_id)
    return _comment(row)


async def read_comments(database: Database, *, comment_ids: list[int]) -> dict[int, dict[str, Any]]:
    """Return those of the comments that are there, by their ids."""
    async with database.read() as connection:
        rows = (await connection.execute(COMMENTS_BY_ID, {"ids": comment_ids})).all()
    return {row.id: _comment(row) for row in rows}


async def create_comment(session: AsyncSession, *, post_id: int, author: User, body: str) -> dict[str, Any]:
    """Write a comment under a post.

    Raises NotFound if there is no such post, also if it is deleted while this runs: the foreign key decides, so there
    is no moment between a check and the insert. Raises Unauthenticated if the author's account is gone likewise. The
    transaction is over then: nothing else was done in it, so a savepoint would cost two trips and save nothing.
    """
    written = {"post_id": post_id, "body": body, "author_id": author.id}
    try:
        comment_id, created_at, updated_at = (await session.execute(NEW_COMMENT, written)).one()
    except IntegrityError as error:
        match violated_constraint(error):
            case "fk_comments_post_id":
                raise NotFound("post", post_id) from error
            case "fk_comments_author_id":
                raise Unauthenticated("The account is gone.") from error
        raise
    await announce(session, "comment.created", post_id=post_id, comment_id=comment_id)
    return _comment((comment_id, post_id, body, author.id, author.display_name, created_at, updated_at))


async def get_own(session: AsyncSession, *, comment_id: int, user: User) -> Comment:
    """Return a comment for its author to change, locked until the end of the transaction.

    Raises NotFound, or Forbidden if it is another's.
    """
    comment = await _get_locked(session, comment_id)
    if comment.author_id != user.id:
        raise Forbidden("Only its author may change a comment.")
    return comment


async def get_deletable(session: AsyncSession, *, comment_id: int, user: User) -> Comment:
    """Return a comment for its author, or the author of the post that it stands under, to delete; locked likewise.

    Raises NotFound, or Forbidden to anybody else.
    """
    # The post first, which has the number of its comments, and which somebody else may be deleting.
    await session.execute(LOCK_POST_OF_COMMENT, {"id": comment_id})
    comment = await _get_locked(session, comment_id)
    if user.id not in (comment.author_id, comment.post.author_id):
        raise Forbidden("Only its author and the post's may delete a comment.")
    return comment


async def update_comment(session: AsyncSession, *, comment: Comment, **changes: str) -> Comment:
    """Change a comment's `body`."""
    for name, value in changes.items():
        setattr(comment, name, value)
    await session.flush()
    await announce(session, "comment.updated", post_id=comment.post_id, comment_id=comment.id)
    return comment


async def delete_comment(session: AsyncSession, *, comment: Comment) -> None:
    """Delete a comment."""
    await session.delete(comment)
    await session.flush()
    await announce(session, "comment.deleted", post_id=comment.post_id, comment_id=comment.id)


async def _get_locked(session: AsyncSession, comment_id: int) -> Comment:
    statement = (
        select(Comment)
        .where(Comment.id == comment_id)
        .options(joinedload(Comment.author, innerjoin=True), joinedload(Comment.post, innerjoin=True))
        .with_for_update(of=Comment, key_share=True)
    )
    comment = (await session.scalars(statement)).one_or_none()
    if comment is None:
        raise NotFound("comment", comment_id)
    return comment


def _comment(row: Sequence[Any]) -> dict[str, Any]:
    comment_id, post_id, body, author_id, display_name, created_at, updated_at = row
    return {
        "id": comment_id,
        "post_id": post_id,
        "body": body,
        "author": {"id": author_id, "display_name": display_name},
        "created_at": created_at,
        "updated_at": updated_at,
    }
