"""Without STRICT: an unknown field is dropped in silence, a misspelt one too."""

from pydantic import BaseModel

from schemas import Content, Email, Password, Title


class UserCreate(BaseModel):
    email: Email
    password: Password


class NoteCreate(BaseModel):
    title: Title
    content: Content
