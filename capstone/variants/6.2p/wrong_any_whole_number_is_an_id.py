"""An id is any whole number: one that no row can have is an error of the database's."""

from fastapi import APIRouter, Request, Response, status

from app.database.session import ReaderDep, SessionDep, WriterDep
from app.routers.dependencies import CurrentUser, DeletableComment, OwnComment, PageParamsDep
from app.schemas.comments import CommentCreate, CommentPatch, CommentRead
from app.schemas.common import Id, PageOf
from app.services import comments_service
from app.web.responses import CREATED, PAGE, page_of, problems, url_path

router = APIRouter(tags=["comments"])


@router.get("/posts/{post_id}/comments", responses=problems(404, 422) | PAGE)
async def list_comments(
    post_id: Id, reader: ReaderDep, params: PageParamsDep, request: Request, response: Response
) -> PageOf[CommentRead]:
    """What was said to a post, the oldest first."""
    page = await comments_service.list_comments(reader, post_id=post_id, params=params)
    return page_of(PageOf[CommentRead], page, request, response)


@router.post(
    "/posts/{post_id}/comments",
    status_code=status.HTTP_201_CREATED,
    responses=problems(401, 404, 413, 422) | CREATED,
)
async def create_comment(
    post_id: int, new: CommentCreate, user: CurrentUser, writer: WriterDep, request: Request, response: Response
) -> CommentRead:
    """Say something to a post."""
    comment = await comments_service.create_comment(writer, post_id=post_id, author=user, body=new.body)
    response.headers["Location"] = url_path(request, f"/comments/{comment.id}")
    return CommentRead.model_validate(comment)


@router.get("/comments/{comment_id}", responses=problems(404, 422))
async def read_comment(comment_id: Id, reader: ReaderDep) -> CommentRead:
    """One comment."""
    return CommentRead.model_validate(await comments_service.read_comment(reader, comment_id=comment_id))


@router.patch("/comments/{comment_id}", responses=problems(401, 403, 404, 413, 422))
async def change_comment(changes: CommentPatch, comment: OwnComment, session: SessionDep) -> CommentRead:
    """Change your own comment."""
    changed = await comments_service.change_comment(session, comment=comment, **changes)
    return CommentRead.model_validate(changed)


@router.delete("/comments/{comment_id}", status_code=status.HTTP_204_NO_CONTENT, responses=problems(401, 403, 404, 422))
async def delete_comment(comment: DeletableComment, session: SessionDep) -> None:
    """Delete a comment: your own, or any under your own post."""
    await comments_service.delete_comment(session, comment=comment)
