"""The grain of all shapes: strict coming in, read from rows going out."""

from datetime import datetime
from typing import Annotated, Generic, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

Item = TypeVar("Item")


def check_storable(text: str) -> str:
    """Return the text. Raises a validation error for what PostgreSQL can't store: NUL, and half a surrogate pair."""
    if "\0" in text:
        raise PydanticCustomError("text_nul", "Text can't hold the character NUL")
    try:
        text.encode()
    except UnicodeEncodeError:
        # JSON can write it, as "\ud800", but it is not Unicode.
        raise PydanticCustomError("text_surrogate", "Text can't hold half a surrogate pair") from None
    return text


# The pattern is for the OpenAPI document alone; it says what the check does.
Text = Annotated[str, AfterValidator(check_storable), Field(json_schema_extra={"pattern": r"^[^\x00]*$"})]


# What answers are made of. The examples are for people: a tool that has none makes one up, and it is gibberish.
Id = Annotated[int, Field(examples=[17])]
Name = Annotated[str, Field(examples=["Ana"])]
Count = Annotated[int, Field(examples=[3])]
Moment = Annotated[datetime, Field(examples=["2026-11-28T20:15:00Z"])]


class Incoming(BaseModel):
    """What a client sends: unknown fields are refused, and no type is turned into another."""

    model_config = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)


class Outgoing(BaseModel):
    """What a client gets, read from the attributes of a row."""

    model_config = ConfigDict(from_attributes=True)


class Author(Outgoing):
    """Who wrote something, as much as everybody may know."""

    id: Id
    display_name: Name


class PageOf(BaseModel, Generic[Item]):
    """A page of a list. `next_cursor` goes into `?cursor=` for the next one, and is null on the last."""

    model_config = ConfigDict(from_attributes=True)

    items: list[Item]
    next_cursor: str | None = Field(examples=["MjAyNi0xMS0yOFQyMDoxNTowMFosMTc"])


class Health(BaseModel):
    """All is well."""

    ok: bool = Field(default=True, examples=[True])
