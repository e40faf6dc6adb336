"""The first version of stage 04 that comes to mind, in one file: it works, and a review has much to say of it."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import bcrypt
import jwt
from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import OAuth2PasswordBearer, OAuth2PasswordRequestForm
from pydantic import BaseModel, EmailStr
from sqlalchemy import ForeignKey, String, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

engine = create_async_engine(os.environ["DATABASE_URL"])
new_session = async_sessionmaker(engine, expire_on_commit=False)
secret = os.environ["JWT_SECRET"]
bearer = OAuth2PasswordBearer(tokenUrl="/auth/login")


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(320), unique=True)
    hashed_password: Mapped[str]
    is_active: Mapped[bool] = mapped_column(default=True)


class Note(Base):
    __tablename__ = "notes"
    id: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    title: Mapped[str] = mapped_column(String(200))
    content: Mapped[str]


class Newcomer(BaseModel):
    email: EmailStr
    password: str


class Token(BaseModel):
    access_token: str
    token_type: str = "bearer"


class NewNote(BaseModel):
    title: str
    content: str


class NoteRead(NewNote):
    id: int


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    yield


async def get_session() -> AsyncIterator[AsyncSession]:
    async with new_session() as session:
        yield session


def token_for(email: str) -> Token:
    claims = {"sub": email, "exp": datetime.now(UTC) + timedelta(hours=1)}
    return Token(access_token=jwt.encode(claims, secret, "HS256"))


def email_of(token: Annotated[str, Depends(bearer)]) -> Any:
    try:
        return jwt.decode(token, secret, algorithms=["HS256"]).get("sub")
    except jwt.PyJWTError as error:
        raise HTTPException(401, "Invalid token") from error


app = FastAPI(title="First version", lifespan=lifespan)
Session = Annotated[AsyncSession, Depends(get_session)]
Email = Annotated[str, Depends(email_of)]


@app.get("/health")
async def health() -> dict[str, bool]:
    return {"ok": True}


@app.post("/auth/register", status_code=201)
async def register(new: Newcomer, session: Session) -> Token:
    if await session.scalar(select(User).where(User.email == new.email)):
        raise HTTPException(400, "Email already registered")
    hashed = bcrypt.hashpw(new.password.encode(), bcrypt.gensalt()).decode()
    session.add(User(email=new.email, hashed_password=hashed))
    await session.commit()
    return token_for(new.email)


@app.post("/auth/login")
async def login(form: Annotated[OAuth2PasswordRequestForm, Depends()], session: Session) -> Token:
    user = await session.scalar(select(User).where(User.email == form.username))
    if not user or not bcrypt.checkpw(form.password.encode(), user.hashed_password.encode()):
        raise HTTPException(400, "Invalid credentials")
    return token_for(user.email)


@app.post("/notes", status_code=201, response_model=NoteRead)
async def create_note(new: NewNote, email: Email, session: Session) -> Note:
    user = (await session.scalars(select(User).where(User.email == email))).one()
    note = Note(title=new.title, content=new.content, owner_id=user.id)
    session.add(note)
    await session.commit()
    return note


@app.get("/notes", response_model=list[NoteRead])
async def list_notes(email: Email, session: Session) -> list[Note]:
    user = (await session.scalars(select(User).where(User.email == email))).one()
    return list(await session.scalars(select(Note).where(Note.owner_id == user.id)))
