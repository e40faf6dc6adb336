"""The posts: everybody reads them, and their author writes, changes and deletes them."""

from fastapi import APIRouter, Request, Response, status

from app.database.session import ReaderDep, SessionDep
from app.routers.dependencies import CurrentUser, OwnPost, PageParamsDep, Search
from app.schemas.common import Id, PageOf
from app.schemas.posts import PostCreate, PostItem, PostPatch, PostRead
from app.services import posts_service
from app.web.responses import CREATED, PAGE, page_of, problems, url_path

router = APIRouter(prefix="/posts", tags=["posts"])


@router.get("", responses=problems(422) | PAGE)
async def list_posts(
    reader: ReaderDep,
    params: PageParamsDep,
    request: Request,
    response: Response,
    author_id: Id | None = None,
    q: Search = None,
) -> PageOf[PostItem]:
    """Posts, the newest first; all of them, one author's, or those that a search finds."""
    page = await posts_service.list_posts(reader, author_id=author_id, q=q, params=params)
    return page_of(PageOf[PostItem], page, request, response)


@router.post("", status_code=status.HTTP_201_CREATED, responses=problems(401, 413, 422) | CREATED)
async def create_post(
    new: PostCreate, user: CurrentUser, session: SessionDep, request: Request, response: Response
) -> PostRead:
    """Write a post."""
    post = await posts_service.create_post(session, author=user, title=new.title, body=new.body)
    response.headers["Location"] = url_path(request, f"/posts/{post.id}")
    return PostRead.model_validate(post)


@router.get("/{post_id}", responses=problems(404, 422))
async def read_post(post_id: Id, reader: ReaderDep) -> PostRead:
    """One post in full."""
    return PostRead.model_validate(await posts_service.read_post(reader, post_id=post_id))


@router.patch("/{post_id}", responses=problems(401, 403, 404, 413, 422))
async def change_post(changes: PostPatch, post: OwnPost, session: SessionDep) -> PostRead:
    """Change your own post: its title, its body or both."""
    return PostRead.model_validate(await posts_service.change_post(session, post=post, **changes))


@router.delete("/{post_id}", status_code=status.HTTP_204_NO_CONTENT, responses=problems(401, 403, 404, 422))
async def delete_post(post: OwnPost, session: SessionDep) -> None:
    """Delete your own post, and with it all its comments."""
    await posts_service.delete_post(session, post=post)
