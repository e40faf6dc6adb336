"""What clients may send, and what they get back. Everything else is refused before any of our code runs."""

from typing import Annotated, Any, Literal

from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, validate_email
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from models import TITLE_MAX

CONTENT_MAX = 20_000
PASSWORD_MIN = 8
PASSWORD_MAX_BYTES = 72  # bcrypt reads no further
NO_NUL: dict[str, Any] = {"pattern": r"^[^\x00]*$"}  # what no_nul checks, for the OpenAPI document

SPECIAL_USE_DOMAIN_NAMES.clear()  # .local and .test are no domains of the internet, but of a network of one's own


def normalise_email(email: str) -> str:
    """The one spelling under which an e-mail is stored and looked up. Raises ValueError if it is no e-mail."""
    try:
        return validate_email(email, check_deliverability=False).normalized.lower()
    except EmailNotValidError:
        raise ValueError("must be an e-mail address") from None


def no_nul(text: str) -> str:
    """The text, unless it holds the one character that PostgreSQL can't store."""
    if "\0" in text:
        raise ValueError("must not contain the NUL character")
    return text


def fits_bcrypt(password: str) -> str:
    """The password, unless it is longer than bcrypt can read. Bytes count, not characters: one emoji is four."""
    if len(password.encode()) > PASSWORD_MAX_BYTES:
        raise ValueError(f"must be at most {PASSWORD_MAX_BYTES} bytes long")
    return password


Email = Annotated[
    str, AfterValidator(normalise_email), Field(examples=["ana@example.com"], json_schema_extra={"format": "email"})
]
Password = Annotated[
    str,
    Field(min_length=PASSWORD_MIN, json_schema_extra={"format": "password"}),
    AfterValidator(no_nul),
    AfterValidator(fits_bcrypt),
]
Title = Annotated[str, Field(min_length=1, max_length=TITLE_MAX, json_schema_extra=NO_NUL), AfterValidator(no_nul)]
Content = Annotated[str, Field(max_length=CONTENT_MAX, json_schema_extra=NO_NUL), AfterValidator(no_nul)]


class Input(BaseModel):
    """A body that a client sends. An unknown field is an error, and 5 is not "5"."""

    model_config = ConfigDict(extra="forbid", strict=True)


class UserCreate(Input):
    """A new user."""

    email: Email
    password: Password


class Token(BaseModel):
    """What a client shows with each request, to say who it is."""

    access_token: str
    token_type: Literal["bearer"] = "bearer"  # noqa: S105 (a kind of token, not a secret)


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


class NoteRead(BaseModel):
    """A note, as its owner sees it."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    title: str
    content: str
