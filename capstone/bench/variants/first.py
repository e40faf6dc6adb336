"""(d) The first version: two queries for a page, pre-ping, a commit and a refresh, and bcrypt on the loop."""

from collections.abc import AsyncIterator
from typing import Annotated, Any

import bcrypt
import jwt
from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import OAuth2PasswordBearer, OAuth2PasswordRequestForm
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import selectinload

from app.config.settings import load_settings
from app.models import Comment, Post, User
from app.models.post import EXCERPT_LENGTH
from app.schemas.comments import CommentCreate, CommentRead
from app.schemas.common import PageOf
from app.schemas.posts import PostItem, PostRead

settings = load_settings()
engine = create_async_engine(settings.database_url.get_secret_value(), pool_size=20, pool_pre_ping=True)
SessionLocal = async_sessionmaker(engine, expire_on_commit=False)
app = FastAPI()


async def get_db() -> AsyncIterator[AsyncSession]:
    """A session for a request."""
    async with SessionLocal() as session:
        yield session


Db = Annotated[AsyncSession, Depends(get_db)]


async def get_current_user(token: Annotated[str, Depends(OAuth2PasswordBearer("/auth/login"))], db: Db) -> User:
    """The user whom a token names."""
    secret = settings.jwt_secret.get_secret_value()
    claims = jwt.decode(token, secret, algorithms=["HS256"], options={"verify_aud": False})
    user = (await db.execute(select(User).where(User.id == int(claims["sub"])))).scalar_one_or_none()
    if user is None:
        raise HTTPException(401)
    return user


COUNT = select(func.count()).where(Comment.post_id == Post.id).scalar_subquery()
POSTS = select(Post, COUNT).options(selectinload(Post.author))


def with_count(post: Post, count: int) -> dict[str, Any]:
    """A post's attributes, and what is no attribute of it."""
    return {
        **{name: getattr(post, name) for name in ("id", "title", "body", "author", "created_at", "updated_at")},
        "excerpt": post.body[:EXCERPT_LENGTH],
        "comment_count": count,
    }


@app.get("/posts")
async def list_posts(db: Db) -> PageOf[PostItem]:
    """A page of posts."""
    query = POSTS.order_by(Post.created_at.desc(), Post.id.desc()).limit(20)
    rows = (await db.execute(query)).all()
    return PageOf[PostItem].model_validate({"items": [with_count(*row) for row in rows], "next_cursor": None})


@app.get("/posts/{post_id}")
async def read_post(post_id: int, db: Db) -> PostRead:
    """One post in full."""
    row = (await db.execute(POSTS.where(Post.id == post_id))).one()
    return PostRead.model_validate(with_count(*row))


@app.post("/posts/{post_id}/comments", status_code=201)
async def create_comment(
    post_id: int, new: CommentCreate, db: Db, user: Annotated[User, Depends(get_current_user)]
) -> CommentRead:
    """Say something to a post."""
    if await db.get(Post, post_id) is None:
        raise HTTPException(404)
    comment = Comment(post_id=post_id, author_id=user.id, body=new.body)
    db.add(comment)
    await db.commit()
    await db.refresh(comment, attribute_names=["id", "created_at", "updated_at", "author"])
    return CommentRead.model_validate(comment)


@app.post("/auth/login")
async def login(form: Annotated[OAuth2PasswordRequestForm, Depends()], db: Db) -> dict[str, str]:
    """Exchange a password for a token; bcrypt runs on the event loop."""
    user = (await db.execute(select(User).where(User.email == form.username))).scalar_one_or_none()
    if user is None or not bcrypt.checkpw(form.password.encode(), user.hashed_password.encode()):
        raise HTTPException(400)
    token = jwt.encode({"sub": str(user.id)}, settings.jwt_secret.get_secret_value(), "HS256")
    return {"access_token": token, "token_type": "bearer"}


@app.get("/health")
async def health() -> dict[str, bool]:
    """The process is up."""
    return {"ok": True}
