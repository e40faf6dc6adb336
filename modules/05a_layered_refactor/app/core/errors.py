"""What our own rules forbid, in the app's own words. Nothing here knows how an answer is written."""

# ruff: noqa: N818 (they are named for what happened: `raise NotFound` reads aloud)

from collections.abc import Mapping
from http import HTTPStatus
from typing import ClassVar


class DomainError(Exception):
    """Something that our own rules forbid. Its message is for the client; its status says which kind of no it is."""

    status: ClassVar[HTTPStatus] = HTTPStatus.BAD_REQUEST
    headers: ClassVar[Mapping[str, str] | None] = None

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class NotFound(DomainError):
    """It is not there, or not for this user."""

    status: ClassVar[HTTPStatus] = HTTPStatus.NOT_FOUND


class Conflict(DomainError):
    """It can't be there together with what is there already."""

    status: ClassVar[HTTPStatus] = HTTPStatus.CONFLICT


class WrongCredentials(DomainError):
    """The e-mail or the password is wrong. Which of them, we do not say."""

    def __init__(self) -> None:
        super().__init__("Wrong e-mail or password")


class InvalidToken(DomainError):
    """The token is no good, or no longer."""

    status: ClassVar[HTTPStatus] = HTTPStatus.UNAUTHORIZED
    headers: ClassVar[Mapping[str, str] | None] = {"WWW-Authenticate": "Bearer"}

    def __init__(self) -> None:
        super().__init__("Invalid or expired token")
