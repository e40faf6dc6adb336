"""Posts."""

from typing import Any

from fastapi import APIRouter, Request, Response, status
from pydantic import TypeAdapter

from app.http.openapi import CREATED, PAGE, problems
from app.http.responses import json_response, page_response, url_path
from app.limits import PAGE_LIMIT_DEFAULT
from app.routers.dependencies import (
    AuthorFilter,
    CurrentUser,
    Cursor,
    DatabaseDep,
    Id,
    Limit,
    OwnedPost,
    Search,
    SessionDep,
)
from app.schemas.common import PageOf
from app.schemas.posts import PostCreate, PostItem, PostRead, PostUpdate
from app.services import posts

router = APIRouter(prefix="/posts", tags=["posts"])

POST = TypeAdapter(PostRead)
POST_PAGE = TypeAdapter(PageOf[PostItem])


@router.get("", response_model=PageOf[PostItem], responses=problems(422) | PAGE)
async def list_posts(
    request: Request,
    database: DatabaseDep,
    author_id: AuthorFilter = None,
    q: Search = None,
    limit: Limit = PAGE_LIMIT_DEFAULT,
    cursor: Cursor = None,
) -> Response:
    """Posts, the newest first; all of them, one author's, or those that a search finds."""
    found = await posts.list_posts(database, author_id=author_id, q=q, limit=limit, cursor=cursor)
    return page_response(request, POST_PAGE, found)


@router.post(
    "", response_model=PostRead, status_code=status.HTTP_201_CREATED, responses=problems(401, 413, 422) | CREATED
)
async def create_post(
    request: Request, new: PostCreate, session: SessionDep, user: CurrentUser, response: Response
) -> dict[str, Any]:
    """Write a post."""
    post = await posts.create_post(session, author=user, title=new.title, body=new.body)
    response.headers["Location"] = url_path(request, f"/posts/{post['id']}")
    return post


@router.get("/{post_id}", response_model=PostRead, responses=problems(404, 422))
async def read_post(post_id: Id, database: DatabaseDep) -> Response:
    """One post in full."""
    return json_response(POST, await posts.read_post(database, post_id=post_id))


@router.patch("/{post_id}", response_model=PostRead, responses=problems(401, 403, 404, 413, 422))
async def update_post(update: PostUpdate, session: SessionDep, post: OwnedPost) -> dict[str, Any]:
    """Change your own post: its title, its body or both."""
    return await posts.update_post(session, post=post, **update.model_dump(exclude_unset=True))


@router.delete(
    "/{post_id}",
    status_code=status.HTTP_204_NO_CONTENT,
    response_class=Response,
    responses=problems(401, 403, 404, 422),
)
async def delete_post(session: SessionDep, post: OwnedPost) -> None:
    """Delete your own post, and with it all its comments."""
    await posts.delete_post(session, post=post)
