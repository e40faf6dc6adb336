"""Null stands for what is left out, and is stored by whoever forgets to look."""

from pydantic import with_config
from typing_extensions import TypedDict

from schemas import STRICT, Content, Title


@with_config(STRICT)
class NotePatch(TypedDict, total=False):
    title: Title | None
    content: Content | None
