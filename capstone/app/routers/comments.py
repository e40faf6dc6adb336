"""Comments."""

from typing import Any

from fastapi import APIRouter, Request, Response, status
from pydantic import TypeAdapter

from app.http.openapi import CREATED, PAGE, problems
from app.http.responses import page_response, url_path
from app.limits import PAGE_LIMIT_DEFAULT
from app.routers.dependencies import (
    CurrentUser,
    Cursor,
    DatabaseDep,
    DeletableComment,
    Id,
    Limit,
    OwnComment,
    SessionDep,
)
from app.schemas.comments import CommentCreate, CommentRead, CommentUpdate
from app.schemas.common import PageOf
from app.services import comments

router = APIRouter(tags=["comments"])

COMMENT_PAGE = TypeAdapter(PageOf[CommentRead])


@router.get("/posts/{post_id}/comments", response_model=PageOf[CommentRead], responses=problems(404, 422) | PAGE)
async def list_comments(
    request: Request, post_id: Id, database: DatabaseDep, limit: Limit = PAGE_LIMIT_DEFAULT, cursor: Cursor = None
) -> Response:
    """What was said to a post, the oldest first."""
    thread = await comments.list_comments(database, post_id=post_id, limit=limit, cursor=cursor)
    return page_response(request, COMMENT_PAGE, thread)


@router.post(
    "/posts/{post_id}/comments",
    response_model=CommentRead,
    status_code=status.HTTP_201_CREATED,
    responses=problems(401, 404, 413, 422) | CREATED,
)
async def create_comment(
    request: Request, post_id: Id, new: CommentCreate, session: SessionDep, user: CurrentUser, response: Response
) -> dict[str, Any]:
    """Say something to a post."""
    comment = await comments.create_comment(session, post_id=post_id, author=user, body=new.body)
    response.headers["Location"] = url_path(request, f"/comments/{comment['id']}")
    return comment


@router.get("/comments/{comment_id}", response_model=CommentRead, responses=problems(404, 422))
async def read_comment(comment_id: Id, database: DatabaseDep) -> dict[str, Any]:
    """One comment."""
    return await comments.read_comment(database, comment_id=comment_id)


@router.patch("/comments/{comment_id}", responses=problems(401, 403, 404, 413, 422))
async def update_comment(update: CommentUpdate, session: SessionDep, comment: OwnComment) -> CommentRead:
    """Change your own comment."""
    changed = await comments.update_comment(session, comment=comment, **update.model_dump(exclude_unset=True))
    return CommentRead.model_validate(changed)


@router.delete(
    "/comments/{comment_id}",
    status_code=status.HTTP_204_NO_CONTENT,
    response_class=Response,
    responses=problems(401, 403, 404, 422),
)
async def delete_comment(session: SessionDep, comment: DeletableComment) -> None:
    """Delete a comment: your own, or any under your own post."""
    await comments.delete_comment(session, comment=comment)
