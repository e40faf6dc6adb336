"""What clients send to write a note, and what they get back."""

from typing import Annotated

from pydantic import Field, with_config
from typing_extensions import TypedDict

from app.models.note import TITLE_MAX
from app.schemas.common import NO_NUL, STRICT, Input, Output

Title = Annotated[str, Field(min_length=1, max_length=TITLE_MAX, pattern=NO_NUL, examples=["Milk"])]
Content = Annotated[str, Field(max_length=20_000, pattern=NO_NUL, examples=["Two litres"])]


class NoteCreate(Input):
    """A new note."""

    title: Title
    content: Content


@with_config(STRICT)
class NotePatch(TypedDict, total=False):
    """The fields of a note that are to change: a dictionary of those that the client sent, and of no others."""

    title: Title
    content: Content


class NoteRead(Output):
    """A note, as its owner sees it."""

    id: int = Field(examples=[7])
    title: str = Field(examples=["Milk"])
    content: str = Field(examples=["Two litres"])
