"""What clients send to register and to log in, and what they get back."""

from typing import Annotated, Literal
from unicodedata import normalize

from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, validate_email
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from app.models.user import EMAIL_MAX
from app.schemas.common import NO_NUL, Input

PASSWORD_MAX_BYTES = 72  # bcrypt reads no further

SPECIAL_USE_DOMAIN_NAMES.clear()  # .local and .test are no domains of the internet, but of a network of one's own


def normalise_email(email: str) -> str:
    """Return an e-mail's one spelling: folded by Unicode's case folding, then NFC. Raises ValueError if it is none."""
    if len(email) > EMAIL_MAX:  # before it is read: the time that takes grows with the square of its length
        raise ValueError(f"must have at most {EMAIL_MAX} characters")
    try:
        folded = normalize("NFD", email).casefold()  # in letters and accents, or two spellings of one would stay apart
        return validate_email(folded, check_deliverability=False).normalized
    except EmailNotValidError:
        raise ValueError("must be an e-mail address") from None


def is_email(email: str) -> str:
    """Return the e-mail as it is written: a new user's name begins with it. Raises ValueError if it is none."""
    normalise_email(email)
    return email


def fits_bcrypt(password: str) -> str:
    """Return the password as it is. Raises ValueError if it holds NUL, or has over PASSWORD_MAX_BYTES in UTF-8."""
    if "\0" in password or len(password.encode()) > PASSWORD_MAX_BYTES:
        raise ValueError(f"must be at most {PASSWORD_MAX_BYTES} bytes long, without the character NUL")
    return password


Email = Annotated[
    str,
    Field(max_length=EMAIL_MAX, examples=["ana@example.com"], json_schema_extra={"format": "email"}),
    AfterValidator(is_email),
]
Secret = Annotated[str, Field(repr=False, examples=["correct horse"], json_schema_extra={"format": "password"})]
Password = Annotated[Secret, Field(min_length=8), AfterValidator(fits_bcrypt)]


class UserCreate(Input):
    """A new user. The password has at least 8 characters and at most 72 bytes in UTF-8."""

    email: Email
    password: Password


class AccountDeletion(Input):
    """The current password, which shows that the account is yours: a token may be stolen."""

    current_password: Annotated[Secret, Field(pattern=NO_NUL)]


class PasswordChange(AccountDeletion):
    """Another password, which is as long as at registration. The current one shows that the account is yours."""

    new_password: Annotated[Password, Field(examples=["staple a better battery"])]


class LoginForm(BaseModel):
    """An e-mail and a password. The names of the fields are those of OAuth2's password flow."""

    model_config = ConfigDict(hide_input_in_errors=True)

    username: str = Field(examples=["ana@example.com"])
    password: Secret


class Token(BaseModel):
    """What a client shows with each request, to say who it is."""

    access_token: str = Field(repr=False, examples=["eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI3In0.c2lnbmF0dXJl"])
    token_type: Literal["bearer"] = Field(default="bearer", examples=["bearer"])
