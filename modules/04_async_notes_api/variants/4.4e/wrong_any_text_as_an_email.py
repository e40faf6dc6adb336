"""The e-mail is any text."""

from pydantic import BaseModel

from schemas import STRICT, Password


class UserCreate(BaseModel):
    model_config = STRICT

    email: str
    password: Password
