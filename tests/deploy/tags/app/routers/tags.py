"""The tags of a post."""

from typing import Annotated

from fastapi import APIRouter, Body

from app.database.session import ReaderDep, SessionDep
from app.routers.dependencies import OwnPost
from app.schemas.common import Id
from app.schemas.tags import TagName
from app.services import tags_service
from app.web.responses import problems

router = APIRouter(prefix="/posts/{post_id}/tags", tags=["tags"])


@router.get("", responses=problems(404, 422))
async def list_tags(post_id: Id, reader: ReaderDep) -> list[str]:
    """The tags of a post."""
    return await tags_service.list_tags(reader, post_id=post_id)


@router.put("", responses=problems(401, 403, 404, 413, 422))
async def set_tags(
    names: Annotated[list[TagName], Body(max_length=10, examples=[["river", "walk"]])],
    post: OwnPost,
    session: SessionDep,
) -> list[str]:
    """Give your own post these tags, and no others."""
    return await tags_service.set_tags(session, post=post, names=names)
