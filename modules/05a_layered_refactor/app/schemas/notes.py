"""What clients send to write a note, and what they get back."""

from typing import Annotated

from pydantic import AfterValidator, Field

from app.models.note import TITLE_MAX
from app.schemas.common import NO_NUL, Input, Output, no_nul

CONTENT_MAX = 20_000

Title = Annotated[str, Field(min_length=1, max_length=TITLE_MAX, json_schema_extra=NO_NUL), AfterValidator(no_nul)]
Content = Annotated[str, Field(max_length=CONTENT_MAX, json_schema_extra=NO_NUL), AfterValidator(no_nul)]


class NoteCreate(Input):
    """A new note."""

    title: Title
    content: Content


class NotePatch(Input):
    """The fields of a note that are to change. A field that is left out stays as it is; null is an error.

    The defaults are never used: `model_dump(exclude_unset=True)` gives only what the client sent.
    """

    title: Title = ""
    content: Content = ""


class NoteRead(Output):
    """A note, as its owner sees it."""

    id: int
    title: str
    content: str
