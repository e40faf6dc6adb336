"""What clients send to write a note, and what they get back."""

from typing import Annotated

from pydantic import AfterValidator, Field

from app.models.note import TITLE_MAX
from app.schemas.common import NO_NUL, Input, Output, RowId, no_nul

CONTENT_MAX = 20_000

Title = Annotated[
    str,
    Field(min_length=1, max_length=TITLE_MAX, examples=["Milk"], json_schema_extra=NO_NUL),
    AfterValidator(no_nul),
]
Content = Annotated[
    str, Field(max_length=CONTENT_MAX, examples=["Two litres"], json_schema_extra=NO_NUL), AfterValidator(no_nul)
]


class NoteCreate(Input):
    """A new note."""

    title: Title
    content: Content


class NotePatch(Input):
    """The fields of a note that are to change. A field that is left out stays as it is; null is an error.

    What the factories make is never used: `model_dump(exclude_unset=True)` gives only what the client sent. A default
    would stand in the OpenAPI document, and a client generated from it would send it along.
    """

    title: Title = Field(default_factory=str)
    content: Content = Field(default_factory=str)


class NoteRead(Output):
    """A note, as its owner sees it."""

    id: RowId
    title: Annotated[str, Field(examples=["Milk"])]
    content: Annotated[str, Field(examples=["Two litres"])]
