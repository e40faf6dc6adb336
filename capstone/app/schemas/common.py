"""What all bodies have in common, coming in and going out."""

import re
from datetime import datetime
from typing import Annotated, Generic, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from app.models.base import MAX_ID

NO_NUL = r"^[^\x00]*$"  # any text without NUL, the one character that PostgreSQL can't store
# An unknown field is an error, and 5 is not "5". What is wrong with a value is said without the value.
STRICT = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)
Item = TypeVar("Item")


def row_id(text: str) -> int:
    """Return the number of an id. Raises ValueError unless it is digits, no zero first, and from 1 to MAX_ID."""
    if not re.fullmatch("[1-9][0-9]{0,18}", text) or int(text) > MAX_ID:
        raise ValueError(f"must be a whole number from 1 to {MAX_ID}")
    return int(text)


Id = Annotated[int, Field(ge=1, le=MAX_ID, examples=[17]), BeforeValidator(row_id)]
# What answers are made of.
RowId = Annotated[int, Field(examples=[17])]
Name = Annotated[str, Field(examples=["Ana"])]
Count = Annotated[int, Field(examples=[3])]
Moment = Annotated[datetime, Field(examples=["2026-11-28T20:15:00Z"])]


class Input(BaseModel):
    """A body that a client sends."""

    model_config = STRICT


class Output(BaseModel):
    """A body that a client gets, read from a row."""

    model_config = ConfigDict(from_attributes=True)


class Author(Output):
    """Who wrote something, as much as everybody may know."""

    id: RowId
    display_name: Name


class PageOf(BaseModel, Generic[Item]):
    """A page of a list. `next_cursor` goes into `?cursor=` for the next one, and is null on the last."""

    items: list[Item]
    next_cursor: str | None = Field(examples=["MjAyNi0xMS0yOFQyMDoxNTowMCswMDowMCwxNw"])
