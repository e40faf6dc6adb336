"""What all bodies have in common, coming in and going out."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

NO_NUL: dict[str, Any] = {"pattern": r"^[^\x00]*$"}  # what no_nul checks, for the OpenAPI document


def no_nul(text: str) -> str:
    """The text, unless it holds the one character that PostgreSQL can't store."""
    if "\0" in text:
        raise ValueError("must not contain the NUL character")
    return text


RowId = Annotated[int, Field(examples=[1])]


class Input(BaseModel):
    """A body that a client sends. An unknown field is an error, and 5 is not "5"."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Output(BaseModel):
    """A body that a client gets, read from a row."""

    model_config = ConfigDict(from_attributes=True)
