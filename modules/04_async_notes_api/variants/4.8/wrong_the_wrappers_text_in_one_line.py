"""SQLAlchemy's own text in one line: the statement and a link stand around what PostgreSQL said."""

from sqlalchemy.exc import DBAPIError

from core.db import FIXES


def why_no_database(error: Exception) -> str:
    cause = error.orig.__cause__ if isinstance(error, DBAPIError) and error.orig else error
    text = " ".join(str(error).split()) or type(error).__name__
    return f"DATABASE_URL: {text}. {FIXES.get(getattr(cause, 'sqlstate', ''), 'Is its server up?')}"
