"""What a story expects of an answer."""

from http import HTTPStatus
from typing import Any, Protocol, TypeVar

Body = TypeVar("Body")


class Answer(Protocol):
    """What each call of a generated client returns."""

    status_code: HTTPStatus
    content: bytes
    parsed: Any


def body_of(answer: Answer, status: int, kind: type[Body]) -> Body:
    """The body, which has to be of the class that the document names for this status."""
    assert answer.status_code == status, (answer.status_code, answer.content)
    assert isinstance(answer.parsed, kind), (answer.parsed, answer.content)
    return answer.parsed
