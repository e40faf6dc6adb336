"""The limits stand in the classes, and the row's types are those of the page."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from schemas import NO_NUL, Email, Password


class UserCreate(BaseModel, extra="forbid", strict=True):
    email: Email
    password: Password


class NoteCreate(BaseModel, extra="forbid", strict=True):
    title: str = Field(min_length=1, max_length=200, pattern=NO_NUL, examples=["Milk"])
    content: Annotated[str, Field(max_length=20_000, pattern=NO_NUL, examples=["Two litres"])]


class NoteRead(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: Annotated[int, Field(examples=[7])]
    title: Annotated[str, Field(examples=["Milk"])]
    content: Annotated[str, Field(examples=["Two litres"])]
