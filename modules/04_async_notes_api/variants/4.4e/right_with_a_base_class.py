"""A common base for what comes in, and more fields in what goes out."""

from typing import NotRequired

from pydantic import BaseModel, ConfigDict, Field, with_config
from typing_extensions import TypedDict

from schemas import STRICT, Content, Email, Password, Title


class Strict(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")


class UserCreate(Strict):
    email: Email
    password: Password


class NoteCreate(Strict):
    content: Content
    title: Title


@with_config(STRICT)
class NotePatch(TypedDict, total=False):
    title: NotRequired[Title]
    content: NotRequired[Content]


class NoteRead(BaseModel):
    model_config = ConfigDict(from_attributes=True, frozen=True)

    id: int = Field(examples=[1])
    title: str = Field(examples=["Bread"])
    content: str = Field(examples=["One loaf"])
