"""The tables. Importing this package makes all of them known to each other and to Alembic."""

from app.models.base import Base
from app.models.comment import Comment
from app.models.post import Post
from app.models.user import User

__all__ = ["Base", "Comment", "Post", "User"]
