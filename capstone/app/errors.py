"""What can go wrong in a blog, in the blog's own words. How that looks over HTTP is in `problems.py`."""

# ruff: noqa: N818 (they are named for what happened: `raise NotFound` reads aloud)

from collections.abc import Mapping
from http import HTTPStatus
from typing import ClassVar


class DomainError(Exception):
    """Base of everything that the app refuses: `status` for the client, `detail` for its reader."""

    status: ClassVar[HTTPStatus] = HTTPStatus.BAD_REQUEST

    def __init__(self, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.headers = headers


class NotFound(DomainError):
    """There is no such thing, or none any more."""

    status = HTTPStatus.NOT_FOUND

    def __init__(self, thing: str, thing_id: int) -> None:
        super().__init__(f"There is no {thing} {thing_id}.")


class Forbidden(DomainError):
    """It is somebody else's."""

    status = HTTPStatus.FORBIDDEN


class EmailTaken(DomainError):
    """An account with this e-mail exists, in whatever letter case."""

    status = HTTPStatus.CONFLICT

    def __init__(self) -> None:
        super().__init__("An account with this e-mail exists already.")


class WrongCredentials(DomainError):
    """The pair is wrong. Which half is not said: that would tell who has an account. 400 as in RFC 6749 section 5.2."""

    def __init__(self) -> None:
        super().__init__("The e-mail or the password is wrong.")


class TooManyAttempts(DomainError):
    """Too many wrong passwords for one e-mail from one place. For so many seconds the right one is refused too."""

    status = HTTPStatus.TOO_MANY_REQUESTS

    def __init__(self, seconds: int) -> None:
        super().__init__("There were too many wrong passwords for this e-mail.", {"Retry-After": str(max(seconds, 1))})


class WrongPassword(DomainError):
    """Somebody logged in does not know the account's password, which is what shows whose account it is."""

    def __init__(self) -> None:
        super().__init__("The current password is wrong.")


class Unauthenticated(DomainError):
    """No token, or one that is worth nothing."""

    status = HTTPStatus.UNAUTHORIZED

    def __init__(self, detail: str) -> None:
        super().__init__(detail, {"WWW-Authenticate": "Bearer"})


class InvalidField(DomainError):
    """A value has the right type and still means nothing, such as a cursor that was cut short."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY

    def __init__(self, pointer: str, detail: str) -> None:
        super().__init__(detail)
        self.pointer = pointer


class Unavailable(DomainError):
    """The database is away, has no connection left, or is held up. It is worth trying again."""

    status = HTTPStatus.SERVICE_UNAVAILABLE

    def __init__(self, detail: str = "The database does not answer just now. Please try again.") -> None:
        super().__init__(detail, {"Retry-After": "1"})
