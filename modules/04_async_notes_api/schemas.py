"""What clients may send, and what they get back. Everything else is refused before any of our code runs."""

import re
from typing import Annotated, Literal
from unicodedata import normalize

from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, validate_email
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, with_config
from typing_extensions import TypedDict

from models import EMAIL_MAX, MAX_ID, TITLE_MAX

PASSWORD_MAX_BYTES = 72  # bcrypt reads no further
NO_NUL = r"^[^\x00]*$"  # any text without NUL, the one character that PostgreSQL can't store

SPECIAL_USE_DOMAIN_NAMES.clear()  # .local and .test are no domains of the internet, but of a network of one's own


def row_id(text: str) -> int:
    """Return the number of an id. Raises ValueError unless it is digits, no zero first, and from 1 to MAX_ID."""
    if not re.fullmatch("[1-9][0-9]{0,18}", text) or int(text) > MAX_ID:
        raise ValueError(f"must be a whole number from 1 to {MAX_ID}")
    return int(text)


def normalise_email(email: str) -> str:
    """Return an e-mail's one spelling: folded by Unicode's case folding, then NFC. Raises ValueError if it is none."""
    if len(email) > EMAIL_MAX:  # before it is read: the time that takes grows with the square of its length
        raise ValueError(f"must have at most {EMAIL_MAX} characters")
    try:
        valid = validate_email(email, check_deliverability=False).normalized
    except EmailNotValidError:
        raise ValueError("must be an e-mail address") from None
    return normalize("NFC", normalize("NFD", valid).casefold())


def fits_bcrypt(password: str) -> str:
    """Return the password as it is. Raises ValueError if it holds NUL, or has over PASSWORD_MAX_BYTES in UTF-8."""
    if "\0" in password or len(password.encode()) > PASSWORD_MAX_BYTES:
        raise ValueError(f"must be at most {PASSWORD_MAX_BYTES} bytes long, without the character NUL")
    return password


Id = Annotated[int, Field(ge=1, le=MAX_ID, examples=[7]), BeforeValidator(row_id)]
Email = Annotated[
    str, AfterValidator(normalise_email), Field(examples=["ana@example.com"], json_schema_extra={"format": "email"})
]
Password = Annotated[
    str,
    Field(min_length=8, examples=["correct horse"], json_schema_extra={"format": "password"}),
    AfterValidator(fits_bcrypt),
]
Title = Annotated[str, Field(min_length=1, max_length=TITLE_MAX, pattern=NO_NUL, examples=["Milk"])]
Content = Annotated[str, Field(max_length=20_000, pattern=NO_NUL, examples=["Two litres"])]

STRICT = ConfigDict(extra="forbid", strict=True)  # an unknown field is an error, and 5 is not "5"


class UserCreate(BaseModel):
    """A new user."""

    model_config = STRICT

    email: Email
    password: Password


class LoginForm(BaseModel):
    """An e-mail and a password. The names of the fields are those of OAuth2's password flow."""

    username: str = Field(examples=["ana@example.com"])
    password: str = Field(examples=["correct horse"], json_schema_extra={"format": "password"})


class Token(BaseModel):
    """What a client shows with each request, to say who it is."""

    access_token: str = Field(examples=["eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI3In0.c2lnbmF0dXJl"])
    token_type: Literal["bearer"] = Field(default="bearer", examples=["bearer"])


class NoteCreate(BaseModel):
    """A new note."""

    model_config = STRICT

    title: Title
    content: Content


@with_config(STRICT)
class NotePatch(TypedDict, total=False):
    """The fields of a note that are to change: a dictionary of those that the client sent, and of no others."""

    title: Title
    content: Content


class NoteRead(BaseModel):
    """A note, as its owner sees it."""

    model_config = ConfigDict(from_attributes=True)

    id: int = Field(examples=[7])
    title: str = Field(examples=["Milk"])
    content: str = Field(examples=["Two litres"])
