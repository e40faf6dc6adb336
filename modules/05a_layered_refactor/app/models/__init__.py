"""The tables. Whoever imports one of them has all of them, so that no migration forgets one."""

from app.models.base import Base
from app.models.note import Note
from app.models.product import Product
from app.models.user import User

__all__ = ["Base", "Note", "Product", "User"]
