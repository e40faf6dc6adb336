"""The tables. Importing this package makes all of them known to each other and to Alembic."""

from app.models.base import Base
from app.models.comment import Comment
from app.models.login_attempts import LOGIN_ATTEMPTS
from app.models.post import Post
from app.models.user import User

__all__ = ["LOGIN_ATTEMPTS", "Base", "Comment", "Post", "User"]
