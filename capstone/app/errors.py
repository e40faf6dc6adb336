"""What our own rules forbid, in the blog's own words. How that looks over HTTP is in `web/error_handlers.py`."""

# ruff: noqa: N818 (they are named for what happened: `raise NotFound` reads aloud)

from collections.abc import Mapping
from http import HTTPStatus
from typing import ClassVar


class DomainError(Exception):
    """Something that our own rules forbid. Its message is for the client; its status says which kind of no it is."""

    status: ClassVar[HTTPStatus] = HTTPStatus.BAD_REQUEST
    headers: Mapping[str, str] | None = None
    message = ""

    def __init__(self, message: str | None = None) -> None:
        self.message = self.message if message is None else message
        super().__init__(self.message)


class NotFound(DomainError):
    """It is not there, or not any more."""

    status: ClassVar[HTTPStatus] = HTTPStatus.NOT_FOUND


class Forbidden(DomainError):
    """It is somebody else's."""

    status: ClassVar[HTTPStatus] = HTTPStatus.FORBIDDEN


class Conflict(DomainError):
    """It can't be there together with what is there already."""

    status: ClassVar[HTTPStatus] = HTTPStatus.CONFLICT


class WrongCredentials(DomainError):
    """The e-mail or the password is wrong. Which of them, we do not say."""

    message = "The e-mail or the password is wrong."


class WrongPassword(DomainError):
    """Somebody logged in does not know the account's password, which is what shows whose account it is."""

    message = "The current password is wrong."


class InvalidToken(DomainError):
    """The token is no good, or no longer."""

    status: ClassVar[HTTPStatus] = HTTPStatus.UNAUTHORIZED
    headers = {"WWW-Authenticate": "Bearer"}  # noqa: RUF012
    message = "The access token is not valid, or no longer."


class TooManyAttempts(DomainError):
    """Too many wrong passwords for one e-mail from one place. For so many seconds the right one is refused too."""

    status: ClassVar[HTTPStatus] = HTTPStatus.TOO_MANY_REQUESTS

    def __init__(self, seconds: int) -> None:
        super().__init__("There were too many wrong passwords for this e-mail.")
        self.headers = {"Retry-After": str(max(seconds, 1))}


class Unavailable(DomainError):
    """The database is away, has no connection left, or is held up. It is worth trying again."""

    status: ClassVar[HTTPStatus] = HTTPStatus.SERVICE_UNAVAILABLE
    headers = {"Retry-After": "1"}  # noqa: RUF012
    message = "The database does not answer just now. Please try again."
