"""What all bodies have in common, coming in and going out."""

import re
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from app.models.base import MAX_ID

NO_NUL = r"^[^\x00]*$"  # any text without NUL, the one character that PostgreSQL can't store
STRICT = ConfigDict(extra="forbid", strict=True)  # an unknown field is an error, and 5 is not "5"


def row_id(text: str) -> int:
    """Return the number of an id. Raises ValueError unless it is digits, no zero first, and from 1 to MAX_ID."""
    if not re.fullmatch("[1-9][0-9]{0,18}", text) or int(text) > MAX_ID:
        raise ValueError(f"must be a whole number from 1 to {MAX_ID}")
    return int(text)


Id = Annotated[int, Field(ge=1, le=MAX_ID, examples=[7]), BeforeValidator(row_id)]


class Input(BaseModel):
    """A body that a client sends."""

    model_config = STRICT


class Output(BaseModel):
    """A body that a client gets, read from a row."""

    model_config = ConfigDict(from_attributes=True)
