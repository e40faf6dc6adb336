"""What clients send to register and to log in, and what they get back."""

from typing import Annotated, Literal
from unicodedata import normalize

from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, validate_email
from pydantic import AfterValidator, BaseModel, Field

from app.models.user import EMAIL_MAX
from app.schemas.common import Input

PASSWORD_MAX_BYTES = 72  # bcrypt reads no further

SPECIAL_USE_DOMAIN_NAMES.clear()  # .local and .test are no domains of the internet, but of a network of one's own


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


Email = Annotated[
    str, AfterValidator(normalise_email), Field(examples=["ana@example.com"], json_schema_extra={"format": "email"})
]
Password = Annotated[
    str,
    Field(min_length=8, examples=["correct horse"], json_schema_extra={"format": "password"}),
    AfterValidator(fits_bcrypt),
]


class UserCreate(Input):
    """A new user."""

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
