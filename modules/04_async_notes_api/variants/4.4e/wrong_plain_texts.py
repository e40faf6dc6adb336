"""The first version's schema: any text will do, the character NUL and 300 letters as well."""

from pydantic import BaseModel


class NoteCreate(BaseModel):
    title: str
    content: str
