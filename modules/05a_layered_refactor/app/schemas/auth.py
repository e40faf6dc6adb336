"""What clients send to register, and what they get back."""

from typing import Annotated, Literal

from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, validate_email
from pydantic import AfterValidator, BaseModel, Field

from app.schemas.common import Input, no_nul

PASSWORD_MIN = 8
PASSWORD_MAX_BYTES = 72  # bcrypt reads no further

SPECIAL_USE_DOMAIN_NAMES.clear()  # .local and .test are no domains of the internet, but of a network of one's own


def normalise_email(email: str) -> str:
    """The one spelling under which an e-mail is stored and looked up. Raises ValueError if it is no e-mail.

    `casefold` is made for comparing: unlike `lower` it gives the two small sigmas of Greek one spelling.
    """
    try:
        return validate_email(email, check_deliverability=False).normalized.casefold()
    except EmailNotValidError:
        raise ValueError("must be an e-mail address") from None


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
    Field(min_length=PASSWORD_MIN, examples=["correct horse battery staple"], json_schema_extra={"format": "password"}),
    AfterValidator(no_nul),
    AfterValidator(fits_bcrypt),
]


class UserCreate(Input):
    """A new user."""

    email: Email
    password: Password


class Token(BaseModel):
    """What a client shows with each request, to say who it is."""

    access_token: Annotated[str, Field(examples=["eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"])]
    token_type: Literal["bearer"] = "bearer"  # noqa: S105 (a kind of token, not a secret)
