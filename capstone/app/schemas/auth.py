"""Registration and login."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr
from pydantic_core import PydanticCustomError

from app.emails import normalise_email
from app.limits import EMAIL_MAX, PASSWORD_BYTES_MAX, PASSWORD_MIN
from app.schemas.common import Incoming, Outgoing, check_storable


def _check_email(text: str) -> str:
    try:
        normalise_email(text)
    except ValueError:
        # The library's own message quotes what was sent.
        raise PydanticCustomError("email", "This is not an e-mail address") from None
    return text


def _check_secret(secret: SecretStr) -> SecretStr:
    check_storable(secret.get_secret_value())
    return secret


def _check_password(password: SecretStr) -> SecretStr:
    text = check_storable(password.get_secret_value())
    if len(text) < PASSWORD_MIN:
        raise PydanticCustomError(
            "password_short", "A password has at least {limit} characters", {"limit": PASSWORD_MIN}
        )
    if len(text.encode()) > PASSWORD_BYTES_MAX:
        raise PydanticCustomError(
            "password_bytes", "A password has at most {limit} bytes in UTF-8", {"limit": PASSWORD_BYTES_MAX}
        )
    return password


EMAIL_EXAMPLE, PASSWORD_EXAMPLE = "ana@example.com", "correct horse battery"
Email = Annotated[
    str,
    Field(max_length=EMAIL_MAX, json_schema_extra={"format": "email"}, examples=[EMAIL_EXAMPLE]),
    AfterValidator(_check_email),
]
# Its length is not Field's to check: that message would tell how long the password is.
Password = Annotated[
    SecretStr,
    Field(json_schema_extra={"minLength": PASSWORD_MIN}, examples=[PASSWORD_EXAMPLE]),
    AfterValidator(_check_password),
]


class Registration(Incoming):
    """A new account. The password has at least 8 characters and at most 72 bytes in UTF-8."""

    email: Email
    password: Password


class Owner(Incoming):
    """Whoever knows the current password: a token may be stolen, and shows too little for what can't be undone."""

    current_password: Annotated[SecretStr, Field(examples=[PASSWORD_EXAMPLE]), AfterValidator(_check_secret)]


class PasswordChange(Owner):
    """Another password, which is as long as at registration. The current one shows that the account is yours."""

    new_password: Annotated[Password, Field(examples=["staple a better battery"])]


class AccountDeletion(Owner):
    """The current password, which shows that the account is yours."""


class Login(BaseModel):
    """A login form (RFC 6749 section 4.3.2). The e-mail is called `username` there."""

    model_config = ConfigDict(hide_input_in_errors=True)

    username: Annotated[str, Field(examples=[EMAIL_EXAMPLE])]
    password: Annotated[SecretStr, Field(examples=[PASSWORD_EXAMPLE])]
    grant_type: Annotated[Literal["password"], Field(examples=["password"])] = "password"


class AccessToken(Outgoing):
    """The answer to a login (RFC 6749 section 5.1)."""

    access_token: str = Field(repr=False, examples=["eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"])
    token_type: Literal["bearer"] = Field(default="bearer", examples=["bearer"])
